import Config
import HTTP
import Policy

/// The text of an explanation: sections of lines, indented, in a fixed order.
struct ExplanationPage {
    private(set) var text = ""

    mutating func title(_ title: String) { text += "\(title)\n" }

    mutating func section(_ name: String) { text += "\n\(name)\n" }

    mutating func line(_ line: String) { text += line.isEmpty ? "\n" : "  \(line)\n" }

    /// Adds the lines of a message's head, without the empty one at its end.
    mutating func lines(_ head: String) {
        for line in head.split(whereSeparator: \.isNewline) { self.line(String(line)) }
    }

    /// Adds rows whose first cells stand in columns.
    mutating func rows(_ rows: [[String]]) {
        let columnCount = rows.map(\.count).max() ?? 0
        let widths = (0..<columnCount).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        for row in rows {
            let cells = row.enumerated().map { column, cell in
                column + 1 == row.count
                    ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            line(cells.joined(separator: "  "))
        }
    }

    /// A body longer than this is not shown.
    private static let bodyShownMax = 2048

    mutating func add(body: String) {
        guard !body.isEmpty else { return }
        section("body")
        guard body.utf8.count <= Self.bodyShownMax else {
            line("\(body.utf8.count) bytes")
            return
        }
        for line in body.split(separator: "\n", omittingEmptySubsequences: false).dropLast(
            body.hasSuffix("\n") ? 1 : 0)
        { self.line(String(line)) }
    }
}

extension ExplanationPage {
    /// Adds who asks, and where.
    mutating func add(
        _ identity: ClientIdentity, _ question: Question, requestID: String,
        read family: ForwardedSettings.Family
    ) {
        section("request")
        let fields = family == .forwarded ? "Forwarded" : "X-Forwarded-*"
        let trust =
            identity.isTrustedPeer
            ? "trusted: its \(fields) and X-Request-ID are believed"
            : "not trusted: what it says of itself is dropped"
        var scheme = identity.isSecure ? "https" : "http"
        if question.listener.tls != nil {
            scheme += ", by the listener's tls"
        } else if question.arrival.isSecure {
            scheme += ", as the URL says; the listener itself speaks plain HTTP"
        } else if identity.isSecure {
            scheme += ", as the trusted peer says"
        }
        rows([
            ["listener", "\(question.listener.name), \(question.listener.bind.text)"],
            ["peer", "\(question.arrival.peer.text), \(trust)"],
            ["client", identity.client.map { "\($0)" } ?? "unix"],
            ["scheme", scheme],
            ["request id", requestID],
        ])
    }

    /// Adds what each route makes of the request.
    ///
    /// - Parameter taker: The route that takes it.
    mutating func add(_ explanations: [RouteExplanation], routes: [Route], taker: Int?) {
        rows(
            explanations.map { explanation in
                let index = explanation.route
                let route = routes[index]
                let verdict: [String]
                if let failed = explanation.failed {
                    verdict = ["no", route.match.text(of: failed)]
                } else if index == taker {
                    verdict = ["yes", "takes the request"]
                } else {
                    verdict = ["-", "would take it, but comes later"]
                }
                return ["\(index + 1)", route.name] + verdict
            })
    }

    /// Adds where a request goes.
    mutating func add(_ upstream: UpstreamSettings, isTunnelOffered: Bool) {
        line("forwarded to upstream \(upstream.name)")
        for server in upstream.servers {
            line("  \(server.text)" + (server.weight == 1 ? "" : ", weight \(server.weight)"))
        }
        if case .server = upstream.hostSent, upstream.servers.count > 1 {
            line("Host is each server's own")
        }
        if isTunnelOffered { line("may become a tunnel, if the app answers 101") }
    }

    /// Adds the bounds that hold.
    ///
    /// - Parameter route: The one that takes the request.
    mutating func add(_ snapshot: Snapshot, route index: Int?) {
        let body = index.map { snapshot.routes[$0].bodyBytesMax } ?? snapshot.limits.bodyBytesMax
        let timeouts = index.map { snapshot.routes[$0].timeouts } ?? snapshot.timeouts.route
        section("limits")
        rows([
            ["request_line", SizeText.format(UInt64(snapshot.limits.requestLineBytesMax))],
            ["header_bytes", SizeText.format(UInt64(snapshot.limits.headerBytesMax))],
            ["header_count", "\(snapshot.limits.headerCountMax)"],
            ["body", body.map(SizeText.format) ?? "none"],
        ])
        section("timeouts")
        rows([
            ["header", DurationText.format(snapshot.timeouts.header)],
            ["body_min_rate", snapshot.timeouts.bodyRateMin.map(SizeText.format) ?? "none"],
            ["idle", DurationText.format(snapshot.timeouts.idle)],
            ["send", DurationText.format(snapshot.timeouts.send)],
            ["connect", DurationText.format(timeouts.connect)],
            ["response", timeouts.response.map(DurationText.format) ?? "none"],
            ["stream", timeouts.stream.map(DurationText.format) ?? "none"],
            ["tunnel_idle", timeouts.tunnelIdle.map(DurationText.format) ?? "none"],
        ])
    }
}

extension Peer {
    fileprivate var text: String {
        switch self {
        case .ip(let address, _): "\(address)"
        case .unix: "unix"
        }
    }
}

extension RouteMatch {
    /// Why a criterion is not met, as a clause.
    fileprivate func text(of failed: RouteCriterion) -> String {
        switch failed {
        case .host: "host is not \(host?.text ?? "any")"
        case .path: "path is not \(path?.text ?? "any")"
        case .method: "method is not \((methods ?? []).joined(separator: " or "))"
        case .header(let name):
            headers.first { $0.name.lowercased() == name }
                .map { "header \($0.name) is not \($0.value)" } ?? "header \(name)"
        case .listener: "listener is not \(listener ?? "any")"
        }
    }
}

extension HostPattern {
    /// As a configuration writes it.
    fileprivate var text: String {
        switch self {
        case .exact(let name): name
        case .suffix(let suffix): "*\(suffix)"
        }
    }
}

extension PathPattern {
    /// As a configuration writes it.
    fileprivate var text: String {
        switch self {
        case .exact(let path): path
        case .prefix(let prefix): "\(prefix)/*"
        }
    }
}
