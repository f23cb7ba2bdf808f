extension LogClock {
    /// The time by itself, such as `2026-01-31T23:59:59.123Z`.
    package var text: String {
        var bytes: [UInt8] = []
        for word in [date, hour, second] {
            for place in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * place)))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
