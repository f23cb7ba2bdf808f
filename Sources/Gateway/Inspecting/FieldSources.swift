import Bytes
import Config
import HTTP
import Policy

/// Which part of the configuration each field of a response comes from, for people.
struct FieldSources {
    /// The settings that hold for the response, and those of the whole configuration.
    private let own: SecurityHeaderSettings
    private let global: SecurityHeaderSettings
    private let cors: CORSPolicy?
    /// Of an answer of the gateway itself.
    private let kind: AnswerKind?
    private let settlesContentPolicy: Bool
    /// Names in the route's `response_headers`, in lower case.
    private let edits: Set<String>
    /// Names of the fields that tell of limits, in lower case.
    private let told: Set<String>
    /// In the order in which they first have a field.
    private var sources: [(text: String, names: [String])] = []

    /// - Parameter names: Of the fields of a whole answer, or of those that an app's is given.
    init(of names: [String], in rehearsal: borrowing Rehearsal) {
        let snapshot = rehearsal.plan.snapshot
        global = snapshot.answers.securityHeaders
        own = rehearsal.verdict?.route.map { snapshot.routes[$0].securityHeaders } ?? global
        cors = rehearsal.route.stamp.cors
        kind = rehearsal.answer?.kind(rehearsal.route)
        settlesContentPolicy = rehearsal.route.stamp.security.settlesContentPolicy
        let given = rehearsal.verdict?.route.map { snapshot.routes[$0].edits.response }
        edits = Set(((given?.set ?? []) + (given?.add ?? [])).map { $0.name.lowercased() })
        let limits = rehearsal.limits.notes(status: nil)
        told = Set(
            String(decoding: limits.lines.copy(), as: UTF8.self).split(separator: "\r\n")
                .map { $0.prefix { $0 != ":" }.lowercased() })
        for name in names { note(name, from: source(of: name)) }
        for header in own.preset.headers where own.remove.contains(where: { isSame($0, header) }) {
            let isGlobal = global.remove.contains { isSame($0, header) }
            note(header.name, from: isGlobal ? "removed" : "removed by the route")
        }
    }

    /// A source and its fields, for each; further rows of a source have no first cell.
    var rows: [[String]] {
        sources.flatMap { source in
            Self.wrapped(source.names).enumerated().map { index, names in
                [index == 0 ? source.text : "", names]
            }
        }
    }

    /// Columns of a row's names.
    private static let width = 70

    private static func wrapped(_ names: [String]) -> [String] {
        var lines: [String] = []
        for name in names {
            if let last = lines.last, last.count + 2 + name.count <= width {
                lines[lines.count - 1] = "\(last), \(name)"
            } else {
                lines.append(name)
            }
        }
        return lines
    }

    private mutating func note(_ name: String, from source: String) {
        if let place = sources.firstIndex(where: { $0.text == source }) {
            sources[place].names.append(name)
        } else {
            sources.append((source, [name]))
        }
    }

    private func source(of name: String) -> String {
        let lower = name.lowercased()
        if lower == "x-request-id" { return "every response" }
        if told.contains(lower) { return "rate limits" }
        if let cors, lower == "vary" || lower.hasPrefix("access-control-") {
            return "cors \(cors.rules.name)"
        }
        if isOfAnswer(lower) { return "the answer itself" }
        if edits.contains(lower), takesEdits { return "response_headers of the route" }
        if let header = own.set.first(where: { $0.name.lowercased() == lower }) {
            return global.set.contains(header) ? "set" : "set by the route"
        }
        guard own.preset.headers.contains(where: { isSame(name, $0) }) else {
            return "the answer itself"
        }
        let isGlobal = own.preset.rawValue == global.preset.rawValue
        return "preset \(own.preset.rawValue)" + (isGlobal ? "" : " of the route")
    }

    /// Whether errors and pages of the gateway say it for themselves.
    private func isOfAnswer(_ name: String) -> Bool {
        switch kind {
        case .routes, .bare, nil: false
        case .uncached: name == "cache-control"
        case .document:
            name == "cache-control" || name == "content-security-policy" && !settlesContentPolicy
        }
    }

    /// Whether the route's `response_headers` hold for the response.
    private var takesEdits: Bool {
        switch kind {
        case .routes, nil: true
        case .uncached, .document, .bare: false
        }
    }

    private func isSame(_ name: String, _ header: SecurityHeader) -> Bool {
        name.lowercased() == header.name.lowercased()
    }
}
