import Bytes
import Crypto

@testable import Policy

/// A slow reading of limits' keys, in plain code over arrays of bytes.
struct LimitKeyModel {
    enum Part: CaseIterable {
        case client, host, header, cookie, query, form
    }

    /// Name and value of each line, in their order.
    var fields: [(name: String, value: [UInt8])] = []
    var query: [UInt8] = []
    var host: [UInt8] = []
    var body: [UInt8] = []
    var client = SlowBytes.of("192.0.2.1")

    /// The material of a key; `nil` if a part is missing.
    func material(_ parts: [Part]) -> [UInt8]? {
        var values: [[UInt8]] = []
        for part in parts {
            guard let value = value(part) else { return nil }
            values.append(value)
        }
        if values.count == 1 {
            return values[0].count > 4096
                ? SlowBytes.of("#") + digest(values[0]) : SlowBytes.of("=") + values[0]
        }
        return values.reduce(SlowBytes.of("=")) { material, value in
            material
                + (value.count > 4096
                    ? SlowBytes.of("#") + digest(value)
                    : SlowBytes.of("\(value.count):") + value)
        }
    }

    private func value(_ part: Part) -> [UInt8]? {
        switch part {
        case .client: return client
        case .host: return host.isEmpty ? nil : SlowBytes.lowered(host)
        case .header:
            let values = lines(of: "x-k")
            guard let first = values.first else { return nil }
            return values.dropFirst().reduce(first) { $0 + SlowBytes.of(", ") + $1 }
        case .cookie: return cookie
        case .query: return parameter(of: query)
        case .form:
            let types = lines(of: "content-type")
            let isForm =
                types.count == 1
                && SlowBytes.lowered(types[0]) == SlowBytes.of("application/x-www-form-urlencoded")
            return isForm ? parameter(of: body) : nil
        }
    }

    private func lines(of name: String) -> [[UInt8]] {
        fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    private var cookie: [UInt8]? {
        for line in lines(of: "cookie") {
            for pair in SlowBytes.split(line, at: 0x3b).map(SlowBytes.trimmed) {
                let parts = SlowBytes.split(pair, at: 0x3d)
                guard parts.count > 1, parts[0] == [0x6b] else { continue }
                let value = Array(pair.dropFirst(2))
                let isQuoted = value.count >= 2 && value.first == 0x22 && value.last == 0x22
                return isQuoted ? Array(value.dropFirst().dropLast()) : value
            }
        }
        return nil
    }

    private func parameter(of text: [UInt8]) -> [UInt8]? {
        let values = SlowBytes.split(text, at: 0x26).compactMap { pair -> [UInt8]? in
            let name = pair.prefix { $0 != 0x3d }
            return decoded(Array(name)) == [0x6b] ? Array(pair.dropFirst(name.count + 1)) : nil
        }
        return values.count == 1 ? decoded(values[0]) : nil
    }

    private func decoded(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index] == 0x25 {
                let digits = text.dropFirst(index + 1).prefix(2).compactMap {
                    Character(UnicodeScalar($0)).hexDigitValue
                }
                guard digits.count == 2 else { return nil }
                bytes.append(UInt8(digits[0] * 16 + digits[1]))
                index += 3
            } else {
                bytes.append(text[index] == 0x2b ? 0x20 : text[index])
                index += 1
            }
        }
        return bytes
    }

    private func digest(_ bytes: [UInt8]) -> [UInt8] {
        var digester = Digester()
        let digest = digester.digest(of: bytes.span, .sha256)
        return (0..<digest.count).map { digest.bytes[$0] }
    }
}
