/// Names and values of header fields (RFC 9110 §5.1, §5.5).
enum FieldText {
    /// Whether the text is one or more `tchar` (RFC 9110 §5.6.2).
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "^")...UInt8(ascii: "z"), UInt8(ascii: "#")...UInt8(ascii: "'"),
                    UInt8(ascii: "!"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                    UInt8(ascii: "."), UInt8(ascii: "|"), UInt8(ascii: "~"):
                    true
                default: false
                }
            }
    }

    /// Refuses what is no name, or longer than any field in use.
    static func checkName(_ name: String) throws(Objection) {
        guard isToken(name), name.utf8.count <= 128 else {
            throw Objection("is not the name of a header field")
        }
    }

    /// Refuses control characters, and white space at either end, which no reader would keep.
    static func checkValue(_ value: String) throws(Objection) {
        guard value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7f) || $0 == 0x09 }) else {
            throw Objection("holds a control character, which a header field cannot")
        }
        let blank: [UInt8?] = [UInt8(ascii: " "), 0x09]
        guard !blank.contains(value.utf8.first), !blank.contains(value.utf8.last) else {
            throw Objection("begins or ends with a space, which a header field loses")
        }
        guard value.utf8.count <= 4096 else { throw Objection("is longer than 4096 bytes") }
    }
}

extension Kind where Value == String {
    static var fieldName: Kind {
        .text("the name of a header field") { text throws(Objection) in
            try FieldText.checkName(text)
        }
    }

    static var fieldValue: Kind {
        .text("the value of a header field") { text throws(Objection) in
            try FieldText.checkValue(text)
        }
    }
}

extension Place {
    /// Reports names that differ in nothing but case, in which the names of fields are alike.
    func refuseRepetitions<Value>(among fields: [Named<Value>]) {
        var seen: Set<String> = []
        for field in fields where !seen.insert(field.name.lowercased()).inserted {
            inside(field.name).error(
                at: field.position, "was already given in other letters: case does not matter")
        }
    }
}
