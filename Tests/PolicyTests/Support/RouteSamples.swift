@testable import Policy

/// Routes for tests, written as in a configuration.
struct RouteSample {
    var host: String?
    var path: String?
    var methods: [String]?
    var headers: [String: String] = [:]
    var listener: String?

    init(
        _ path: String? = nil, host: String? = nil, methods: [String]? = nil,
        headers: [String: String] = [:], listener: String? = nil
    ) {
        self.path = path
        self.host = host
        self.methods = methods
        self.headers = headers
        self.listener = listener
    }

    /// Goes to an upstream of the route's own index.
    func route(_ index: Int) -> Route {
        Route(
            name: "r\(index)",
            match: RouteMatch(
                host: host.map { $0.hasPrefix("*") ? .suffix(String($0.dropFirst())) : .exact($0) },
                path: path.map {
                    $0.hasSuffix("/*") ? .prefix(String($0.dropLast(2))) : .exact($0)
                },
                methods: methods,
                headers: headers.sorted { $0.key < $1.key }
                    .map { HeaderCriterion(name: $0.key, value: $0.value) },
                listener: listener),
            action: .upstream(index), securityHeaders: SecurityHeaderSettings(.none),
            bodyBytesMax: nil,
            timeouts: RouteTimeouts(
                connect: .seconds(1), response: nil, stream: nil, tunnelIdle: nil))
    }
}

extension [RouteSample] {
    var pipeline: Pipeline {
        Pipeline(
            routes: enumerated().map { $1.route($0) }, listeners: ["public", "internal"],
            trustedProxies: TrustedProxies(blocks: [], trustsUnix: false))
    }

    /// What these routes make of a request: the route's index, or the refusal's token.
    func decision(_ request: SentRequest) -> String {
        pipeline.decision(request)
    }
}

extension Pipeline {
    func verdict(_ request: SentRequest) -> Verdict {
        request.read { head, bytes in
            var scratch = PolicyScratch()
            return decide(
                head, in: bytes, from: request.arrival, over: request.handshake, at: 0,
                scratch: &scratch)
        }
    }

    func decision(_ request: SentRequest) -> String {
        let verdict = verdict(request)
        switch verdict.action {
        case .refuse(let refusal) where refusal.allow.isEmpty: return "\(refusal.reason.token)"
        case .refuse(let refusal):
            return "405 " + appended { appendAllow(refusal.allow, to: &$0) }
        case .listMethods(let methods): return "list " + appended { appendAllow(methods, to: &$0) }
        default: return verdict.route.map(String.init) ?? "none"
        }
    }
}
