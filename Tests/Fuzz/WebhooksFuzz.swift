@testable import Policy

/// Any bytes as a delivery to a webhook: see ``WebhookInvariants``.
@c(LLVMFuzzerTestOneInput)
public func fuzzWebhooks(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = WebhookInvariants.check(bytes) { fatalError(fault) }
    return 0
}
