@testable import Policy

/// Any bytes as a token: see ``TokenInvariants``.
@c(LLVMFuzzerTestOneInput)
public func fuzzToken(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = TokenInvariants.check(bytes) { fatalError(fault) }
    return 0
}
