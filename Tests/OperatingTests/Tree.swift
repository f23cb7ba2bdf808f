import Foundation
import Testing
import Yams

/// The project's files, from this file's place among them.
enum Tree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).standardized.path)
    }

    static func yaml(_ path: String) throws -> Tangle {
        Tangle(try Yams.load(yaml: text(path)))
    }

    static func json(_ path: String) throws -> Tangle {
        Tangle(try JSONSerialization.jsonObject(with: Data(text(path).utf8)))
    }
}

/// A value of YAML or JSON; what is not there is empty.
struct Tangle {
    private let value: Any?

    init(_ value: Any?) { self.value = value }

    subscript(_ key: String) -> Tangle { Tangle((value as? [String: Any])?[key]) }

    var isThere: Bool { value != nil }
    var text: String { value as? String ?? value.map { "\($0)" } ?? "" }
    var number: Int { value as? Int ?? 0 }
    var flag: Bool { value as? Bool ?? false }
    var list: [Tangle] { (value as? [Any] ?? []).map(Tangle.init) }
    var texts: [String] { list.map(\.text) }
    var keys: [String] { (value as? [String: Any] ?? [:]).keys.sorted() }
    /// By key, in the order of the keys.
    var members: [(key: String, value: Tangle)] { keys.map { ($0, self[$0]) } }

    /// Every value of that key, however deep.
    func all(_ key: String) -> [Tangle] {
        if let list = value as? [Any] { return list.flatMap { Tangle($0).all(key) } }
        guard let members = value as? [String: Any] else { return [] }
        return members.sorted { $0.key < $1.key }.flatMap { name, value in
            (name == key ? [Tangle(value)] : []) + Tangle(value).all(key)
        }
    }
}
