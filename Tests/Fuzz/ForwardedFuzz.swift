@testable import Policy

/// Any bytes as what a peer says about the client: see ``ForwardedInvariants``.
@c(LLVMFuzzerTestOneInput)
public func fuzzForwarded(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = ForwardedInvariants.check(bytes) { fatalError(fault) }
    return 0
}
