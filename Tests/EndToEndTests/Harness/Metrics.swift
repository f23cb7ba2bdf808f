/// A page of metrics, read as strictly as the text format asks for.
struct Metrics {
    private(set) var values: [String: Double] = [:]
    /// Lines that are no metric, or come in the wrong place.
    private(set) var faults: [String] = []
    private(set) var types: [String: String] = [:]

    init(_ page: String) throws {
        let sample = try Self.sample()
        if !page.hasSuffix("\n") { faults.append("the page does not end with a line end") }
        for line in page.split(separator: "\n") { read(String(line), as: sample) }
    }

    subscript(_ name: String) -> Double? { values[name] }

    /// The sum over all label values.
    func sum(_ name: String) -> Double {
        values.filter { $0.key == name || $0.key.hasPrefix("\(name){") }.reduce(0) { $0 + $1.value }
    }

    private mutating func read(
        _ line: String, as sample: Regex<(Substring, Substring, Substring?, Substring)>
    ) {
        if line.hasPrefix("# HELP ") { return }
        if line.hasPrefix("# TYPE ") {
            let words = line.split(separator: " ")
            let isKnown = words.count == 4 && ["counter", "gauge", "histogram"].contains(words[3])
            if !isKnown || types[String(words[2])] != nil { return faults.append(line) }
            types[String(words[2])] = String(words[3])
            return
        }
        guard let match = line.wholeMatch(of: sample), let value = Double(match.3) else {
            return faults.append(line)
        }
        let name = String(match.1)
        let family = ["_bucket", "_sum", "_count"].reduce(name) { name, ending in
            let stem = name.hasSuffix(ending) ? String(name.dropLast(ending.count)) : name
            return types[stem] == "histogram" ? stem : name
        }
        if types[family] == nil { faults.append("no type before: \(line)") }
        let key = name + (match.2 ?? "")
        if values.updateValue(value, forKey: key) != nil { faults.append("twice: \(line)") }
    }

    private static func sample() throws -> Regex<(Substring, Substring, Substring?, Substring)> {
        let label = #"[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*""#
        return try Regex(
            #"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{LABEL(?:,LABEL)*\})? ([0-9eE.+-]+|\+Inf|NaN)"#
                .replacing("LABEL", with: label))
    }
}
