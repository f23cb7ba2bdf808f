/// Shares as configurations write them: `0`, `0.25`, `1.0`, at most six decimals.
enum ShareText {
    /// The share in millionths.
    static func parse(_ text: String) throws(Objection) -> UInt32 {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, parts.count <= 2,
            parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) })
        else { throw Objection("is not a share", advice: "write a number from 0 to 1") }
        let decimals = parts.count == 2 ? parts[1] : whole.prefix(0)
        guard decimals.count <= 6 else { throw Objection("has more than six decimals") }
        var millionths: UInt32 = 0
        for index in 0..<6 {
            let digit = decimals.dropFirst(index).first.map { $0 - UInt8(ascii: "0") } ?? 0
            millionths = millionths * 10 + UInt32(digit)
        }
        // More digits than one before the point are more than 1, or zeros that nobody writes.
        let isOne = whole.elementsEqual("1".utf8) && millionths == 0
        guard isOne || whole.elementsEqual("0".utf8) else {
            throw Objection("is not from 0 to 1", advice: "0.5 is one half")
        }
        return isOne ? 1_000_000 : millionths
    }

    /// The shortest form that says the same, with one decimal at least.
    static func format(_ millionths: UInt32) -> String {
        guard millionths < 1_000_000 else { return "1.0" }
        var digits = String(1_000_000 + millionths).dropFirst()
        while digits.count > 1, digits.hasSuffix("0") { digits = digits.dropLast() }
        return "0.\(digits)"
    }
}
