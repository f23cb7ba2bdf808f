/// Whose claim it is: chance bits, other ones for each claim of any gateway.
package struct ReplayTicket: Sendable, Equatable, BitwiseCopyable {
    /// 0 for nobody alone.
    package let number: UInt64

    /// - Parameter bits: Chance.
    package init(_ bits: UInt64) { number = max(1, bits) }

    /// Of no claim: what the store's script takes where nobody claims anything.
    package static let nobody = ReplayTicket()

    private init() { number = 0 }
}
