/// What becomes of a delivery once its event is claimed.
extension Worker where Kernel: ~Copyable {
    /// Goes on with a delivery whose claim Redis has answered, or has not in time.
    ///
    /// Called once for each claim that was asked, in a later turn, unless the exchange has ended.
    mutating func deliveryAnswered(_ x: UInt32, _ answer: ReplayAnswer) {}
}
