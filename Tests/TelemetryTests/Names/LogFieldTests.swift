import Glibc
import Telemetry
import Testing

@Suite struct LogFieldTests {
    @Test func `every field has names of its own and a meaning`() {
        for names in [LogField.allCases.map(\.key), LogField.allCases.map(\.ecs)] {
            let texts = names.map { "\($0)" }
            #expect(Set(texts).count == texts.count)
            #expect(!texts.contains(""))
        }
        for field in LogField.allCases { #expect("\(field.meaning)".hasSuffix(".")) }
    }

    @Test func `every key that a line is made with is declared`() throws {
        let known = Set(LogField.allCases.map { "\($0.key)" })
        var used: Set<String> = []
        for file in try sources("Gateway") + sources("Telemetry") {
            for match in file.matches(of: /\.add\(\s*"([a-z_]+)"/) { used.insert(String(match.1)) }
        }
        for file in try sources("Telemetry/Lines") {
            for match in file.matches(of: /[,{]\\"([a-z_]+)\\":/) { used.insert(String(match.1)) }
        }
        #expect(used.count > 40)
        let undeclared = used.filter { key in
            !known.contains(key)
                && !(key.hasSuffix("_bytes") && known.contains(String(key.dropLast(6))))
        }
        #expect(undeclared == [], "declare them in LogField")
    }

    @Test func `lines of requests have their fields in the order of the list`() throws {
        var source = SourceText()
        var record = typicalRecord(&source)
        record.request.keyName = source.add("ops")
        let keys = try StrictJSON.members(ofLine: accessLine(record, source.bytes)).map(\.key)
        let order = LogField.allCases.map { "\($0.key)" }.prefix { $0 != "kind" }
        #expect(keys == Array(order))
    }

    /// The texts of all Swift files below a folder.
    private func sources(_ folder: String) throws -> [String] {
        var texts: [String] = []
        var folders = ["\(projectFolder)/Sources/\(folder)"]
        while let path = folders.popLast() {
            guard let entries = unsafe opendir(path) else { continue }
            defer { unsafe closedir(entries) }
            while let entry = unsafe readdir(entries) {
                let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name.hasSuffix(".swift") {
                    let file = unsafe open("\(path)/\(name)", O_RDONLY)
                    try #require(file >= 0)
                    texts.append(String(decoding: readAll(file), as: UTF8.self))
                    close(file)
                } else if !name.contains(".") {
                    folders.append("\(path)/\(name)")
                }
            }
        }
        try #require(!texts.isEmpty)
        return texts
    }
}
