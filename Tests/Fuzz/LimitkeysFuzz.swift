@testable import Policy

/// Any bytes as a request that a limit asks for its key: see ``LimitKeyInvariants``.
@c(LLVMFuzzerTestOneInput)
public func fuzzLimitKeys(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = LimitKeyInvariants.check(bytes) { fatalError(fault) }
    return 0
}
