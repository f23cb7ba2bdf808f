/// Where in the tree of keys something stands: `routes[2].match.path`.
struct Path: Sendable {
    enum Step: Sendable {
        case key(String)
        case index(Int)
    }

    /// From the root inwards.
    private var steps: [Step]

    static let root = Path(steps: [])
    /// What is wrong with the text before it has keys.
    static let yaml = Path(steps: [.key("yaml")])
    static let file = Path(steps: [.key("file")])

    func appending(_ key: String) -> Path { Path(steps: steps + [.key(key)]) }
    func appending(_ index: Int) -> Path { Path(steps: steps + [.index(index)]) }

    /// Keys that are not plain words are quoted, so that the path stays one line that can be read
    /// back.
    var text: String {
        var text = ""
        for step in steps {
            switch step {
            case .index(let index): text += "[\(index)]"
            case .key(let key):
                if !text.isEmpty { text += "." }
                text += Path.isWord(key) ? key : quoted(key)
            }
        }
        return text.isEmpty ? "configuration" : text
    }

    /// Whether a key can stand in a path without quotes.
    private static func isWord(_ key: String) -> Bool {
        !key.isEmpty && key.utf8.count <= 64
            && key.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
