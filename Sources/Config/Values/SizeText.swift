/// Sizes as configurations write them: `512B 64KiB 10MiB`, in powers of 1024 only.
package enum SizeText {
    /// From the smallest to the largest.
    private static let units: [(name: String, bytes: Int64)] = [
        ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]
    private static let example = "write a number and one of B, KiB, MiB, GiB, TiB, such as 64KiB"

    /// The size in bytes, which may be 0: bounds are the key's business.
    static func parse(_ text: String) throws(Objection) -> UInt64 {
        guard let parts = Quantity(text) else {
            throw Objection("is not a size", advice: example)
        }
        guard let unit = units.first(where: { $0.name == parts.unit }) else {
            throw Objection("is not a size", suggestion: suggestion(for: parts), advice: example)
        }
        let (bytes, overflows) = parts.count.multipliedReportingOverflow(by: unit.bytes)
        guard !overflows else { throw Objection("is more than a size can be") }
        return UInt64(bytes)
    }

    /// The shortest form that says the same.
    package static func format(_ bytes: UInt64) -> String {
        let unit = units.last { bytes % UInt64($0.bytes) == 0 && bytes >= UInt64($0.bytes) }
        guard let unit else { return "\(bytes)B" }
        return "\(bytes / UInt64(unit.bytes))\(unit.name)"
    }

    /// The same number in the binary unit that was probably meant.
    ///
    /// `10MB` means two things to different people, and is refused rather than read as either.
    private static func suggestion(for parts: Quantity) -> String? {
        guard parts.count != 0 else { return nil }
        let letter = parts.word.prefix(1).uppercased()
        let unit = letter.isEmpty ? "B" : letter == "B" ? "B" : "\(letter)iB"
        let isUsual = [
            "", "B", "K", "KB", "KIB", "M", "MB", "MIB", "G", "GB", "GIB", "T", "TB", "TIB",
        ]
        .contains(parts.word.uppercased())
        return isUsual ? "\(parts.digits)\(unit)" : nil
    }
}
