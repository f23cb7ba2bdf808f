package import Bytes
package import HTTP

package final class LimitKeyPlan: Sendable {
    package let isClientIP: Bool
    package let hasExemptions: Bool
    package init(_ settings: LimitSettings) {
        isClientIP = settings.key == [.clientIP]
        hasExemptions = settings.exemptions != .none
    }
    package func isExempt(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, client: IPAddress?
    ) -> Bool { false }
    package func read(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, _ verdict: Verdict,
        scratch: inout PolicyScratch, into material: inout Buffer
    ) -> LimitKeyFinding { .skipped }
}
package enum LimitKeyFinding { case found, skipped, rejected }
