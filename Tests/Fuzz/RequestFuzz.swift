@testable import HTTP

/// The first byte says where the message is divided, the rest is the message.
@c(LLVMFuzzerTestOneInput)
public func fuzzRequest(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let division = Int(bytes[0])
    if let fault = WireInvariants.check(.request, Array(bytes.dropFirst()), division: division) {
        fatalError(fault)
    }
    return 0
}
