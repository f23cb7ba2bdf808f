/// Whose claim it is: chance bits, other ones for each claim of any gateway.
package struct ReplayTicket: Sendable, Equatable, BitwiseCopyable {
    /// Not 0, which stands for nobody.
    package let number: UInt64

    /// - Parameter bits: Chance.
    package init(_ bits: UInt64) { number = max(1, bits) }
}
