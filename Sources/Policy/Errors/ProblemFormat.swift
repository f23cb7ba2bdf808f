import Bytes
package import HTTP

/// How an error is told.
package enum ProblemFormat: UInt8, CaseIterable, Sendable {
    case json, html, text

    /// Whether a browser makes a page of it.
    package var isHTML: Bool { if case .html = self { true } else { false } }

    package var contentType: StaticString {
        switch self {
        case .json: "application/problem+json"
        case .html: "text/html; charset=utf-8"
        case .text: "text/plain; charset=utf-8"
        }
    }

    /// What `Accept` prefers (RFC 9110 §12.5.1): JSON unless HTML or text weighs more, or as much
    /// and is named more closely, as in `text/html, */*`.
    ///
    /// - Complexity: One pass over the lines; no allocation.
    package static func preferred(
        by head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) -> ProblemFormat {
        var preference = AcceptPreference()
        for index in head.fields.indices where head.fields[index].id == .accept {
            preference.read(bytes, head.fields[index].value)
        }
        return preference.format
    }
}

/// The weight of each format over all media ranges read.
private struct AcceptPreference {
    private var json = Weight()
    private var html = Weight()
    private var text = Weight()

    /// The closest media range decides; the greater weight among equally close ones.
    private struct Weight {
        /// 0 for not accepted, 1 for `*/*`, 2 for `type/*`, 3 for the type itself.
        var closeness = 0
        /// 0 to 1,000.
        var thousandths = 0

        mutating func note(_ thousandths: Int, _ closeness: Int) {
            if closeness < self.closeness { return }
            if closeness == self.closeness, thousandths <= self.thousandths { return }
            self.closeness = closeness
            self.thousandths = thousandths
        }

        var rank: Int { thousandths == 0 ? 0 : thousandths * 4 + closeness }
    }

    var format: ProblemFormat {
        if json.rank >= max(html.rank, text.rank) { return .json }
        return html.rank >= text.rank ? .html : .text
    }

    /// Reads the media ranges of one line.
    mutating func read(_ bytes: borrowing Span<UInt8>, _ line: ByteRange) {
        var start = line.start
        while start < line.end {
            var end = start
            var typeEnd = line.end
            while end < line.end, bytes[end] != 0x2c {
                if bytes[end] == 0x3b { typeEnd = min(typeEnd, end) }
                end += 1
            }
            typeEnd = min(typeEnd, end)
            let type = bytes.trimmed(ByteRange(start, typeEnd))
            note(bytes, type, Self.weight(bytes, ByteRange(typeEnd, end)))
            start = end + 1
        }
    }

    private mutating func note(
        _ bytes: borrowing Span<UInt8>, _ type: ByteRange, _ weight: Int?
    ) {
        guard let weight else { return }
        switch MediaRange(bytes, type) {
        case .anything:
            json.note(weight, 1)
            html.note(weight, 1)
            text.note(weight, 1)
        case .anyApplication: json.note(weight, 2)
        case .anyText:
            html.note(weight, 2)
            text.note(weight, 2)
        case .json, .problem: json.note(weight, 3)
        case .html, .xhtml: html.note(weight, 3)
        case .text: text.note(weight, 3)
        case nil: break
        }
    }

    /// The `q` of a media range's parameters, 1,000 without one.
    ///
    /// - Parameter parameters: Empty, or from the first semicolon on.
    /// - Returns: `nil` if it is malformed, and the media range not to be counted.
    private static func weight(_ bytes: borrowing Span<UInt8>, _ parameters: ByteRange) -> Int? {
        var start = parameters.start
        while start < parameters.end {
            start += 1
            var end = start
            while end < parameters.end, bytes[end] != 0x3b { end += 1 }
            let parameter = bytes.trimmed(ByteRange(start, end))
            if parameter.count > 1, bytes[parameter.start] | 0x20 == 0x71,
                bytes[parameter.start + 1] == 0x3d
            {
                return thousandths(bytes, ByteRange(parameter.start + 2, parameter.end))
            }
            start = end
        }
        return 1000
    }

    /// A `qvalue` (RFC 9110 §12.4.2): 0 or 1 with up to three decimals, at most 1.
    private static func thousandths(_ bytes: borrowing Span<UInt8>, _ value: ByteRange) -> Int? {
        guard value.count > 0, value.count <= 5 else { return nil }
        var sum = 0
        var scale = 1000
        for (position, index) in value.indices.enumerated() {
            if position == 1 {
                guard bytes[index] == 0x2e else { return nil }
                continue
            }
            guard let digit = ASCIIByte.decimalDigit(bytes[index]) else { return nil }
            sum += Int(digit) * scale
            scale /= 10
        }
        return sum <= 1000 ? sum : nil
    }
}

/// The media ranges that bear on an error's format.
private enum MediaRange: CaseIterable {
    case anything, anyApplication, anyText, json, problem, html, xhtml, text

    init?(_ bytes: borrowing Span<UInt8>, _ type: ByteRange) {
        for (range, name) in Self.names where bytes.holdsFolded(name.span, at: type) {
            self = range
            return
        }
        return nil
    }

    private static let names: [(MediaRange, [UInt8])] = [
        (.anything, Array("*/*".utf8)), (.anyApplication, Array("application/*".utf8)),
        (.anyText, Array("text/*".utf8)), (.json, Array("application/json".utf8)),
        (.problem, Array("application/problem+json".utf8)), (.html, Array("text/html".utf8)),
        (.xhtml, Array("application/xhtml+xml".utf8)), (.text, Array("text/plain".utf8)),
    ]
}
