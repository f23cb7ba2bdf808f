@testable import HTTP

/// The first byte says where the message is divided, and with its lowest bit whether it answers
/// HEAD.
@c(LLVMFuzzerTestOneInput)
public func fuzzResponse(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let method: HTTP.Method = bytes[0] & 1 == 1 ? .head : .get
    let kind = WireInput.Kind.response(to: [method])
    if let fault = WireInvariants.check(
        kind, Array(bytes.dropFirst()), division: Int(bytes[0] >> 1))
    {
        fatalError(fault)
    }
    return 0
}
