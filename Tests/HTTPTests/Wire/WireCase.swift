import Foundation
import Testing

@testable import HTTP

/// One case of `Tests/WireCases`: bytes, and the transcript that reading them gives.
///
/// `README.md` there says how cases are written.
struct WireCase: Sendable, CustomTestStringConvertible {
    var input: WireInput
    var expected: [String]
    /// `FILE: HEADING`.
    var testDescription: String

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../WireCases").standardizedFileURL

    /// Every case of every file, in order.
    static let all: [WireCase] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.sorted().filter { $0.hasSuffix(".md") && $0 != "README.md" }.flatMap {
            name in
            let text = (try? String(contentsOf: folder.appending(path: name), encoding: .utf8))
            return WireCaseParser(file: name).cases(of: text ?? "")
        }
    }()
}

/// Reads a file of cases.
struct WireCaseParser {
    let file: String
    private var heading = ""
    private var input: (info: [Substring], lines: [Substring])?
    private var cases: [WireCase] = []

    init(file: String) { self.file = file }

    consuming func cases(of text: String) -> [WireCase] {
        var info: [Substring]?
        var lines: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let opened = info {
                    close(opened, lines)
                    info = nil
                } else {
                    info = line.dropFirst(3).split(separator: " ")
                }
                lines = []
            } else if info != nil {
                lines.append(line)
            } else if line.hasPrefix("### ") {
                heading = String(line.dropFirst(4))
            }
        }
        return cases
    }

    private mutating func close(_ info: [Substring], _ lines: [Substring]) {
        guard info.first == "expect" else {
            input = (info, lines)
            return
        }
        guard let input, let kind = Self.kind(input.info) else { return }
        cases.append(
            WireCase(
                input: WireInput(
                    kind: kind, limits: Self.limits(input.info),
                    bytes: Self.bytes(input.lines.joined())),
                expected: lines.map(String.init), testDescription: "\(file): \(heading)"))
        self.input = nil
    }

    private static func kind(_ info: [Substring]) -> WireInput.Kind? {
        switch info.first {
        case "request": return .request
        case "chunked": return .chunked
        case "response":
            let names = info.first { $0.hasPrefix("to=") }?.dropFirst(3).split(separator: ",")
            let methods = (names ?? ["GET"]).map { name in
                HTTP.Method.allCases.first { "\($0.name)" == name } ?? .other
            }
            return .response(to: methods)
        default: return nil
        }
    }

    private static func limits(_ info: [Substring]) -> HeadLimits {
        func value(_ key: String, _ standard: Int) -> Int {
            let word = info.first { $0.hasPrefix(key + "=") }
            return word.flatMap { Int($0.dropFirst(key.count + 1)) } ?? standard
        }
        return HeadLimits(
            startLineBytesMax: value("line", 8192), fieldBytesMax: value("fields", 32768),
            fieldCountMax: value("count", 100))
    }

    /// Turns the notation into bytes.
    static func bytes(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
                result.append(byte)
                continue
            }
            switch escape {
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "0"): result.append(0)
            case UInt8(ascii: "x"):
                result.append(UInt8(String(rest.prefix(2)) ?? "", radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            case UInt8(ascii: "{"):
                // `\{COUNT TEXT}`
                let inner = String(rest.prefix { $0 != UInt8(ascii: "}") }) ?? ""
                rest = rest.dropFirst(inner.utf8.count + 1)
                let parts = inner.split(separator: " ", maxSplits: 1)
                let unit = bytes(String(parts.last ?? ""))
                for _ in 0..<(Int(parts.first ?? "") ?? 0) { result += unit }
            default: result.append(escape)
            }
        }
        return result
    }
}
