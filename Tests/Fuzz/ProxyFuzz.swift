@testable import Policy

/// Any bytes as what a load balancer says first: see ``ProxyInvariants``.
@c(LLVMFuzzerTestOneInput)
public func fuzzProxy(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = ProxyInvariants.check(bytes) { fatalError(fault) }
    return 0
}
