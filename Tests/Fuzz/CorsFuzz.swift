@testable import Policy

/// Any bytes as a request under any CORS policy: see ``CORSInvariants``.
@c(LLVMFuzzerTestOneInput)
public func fuzzCORS(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = CORSInvariants.check(bytes) { fatalError(fault) }
    return 0
}
