@testable import Policy

/// Any bytes as a request body that is looked through: see ``BodyInvariants``.
@c(LLVMFuzzerTestOneInput)
public func fuzzBodies(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = BodyInvariants.check(bytes) { fatalError(fault) }
    return 0
}
