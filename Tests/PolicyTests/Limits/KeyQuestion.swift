import Bytes
import Crypto

@testable import Policy

/// What a limit makes of requests' keys, asked as the gateway does.
struct KeyQuestion {
    var settings: LimitSettings
    var route: Int?
    var principal = Principal.unnamed

    init(_ key: LimitKeyPart..., missing: MissingKey = .clientIP) {
        self.init(key: key, missing: missing)
    }

    init(key: [LimitKeyPart], missing: MissingKey = .clientIP) {
        settings = LimitSettings(
            name: "some", rate: Rate(count: 1, period: 1_000_000), burst: 1, key: key)
        settings.missingKey = missing
    }

    /// The material; `skipped` or `rejected` in brackets where there is none.
    func material(
        of request: SentRequest, body: [UInt8] = [], _ scratch: inout PolicyScratch
    ) -> [UInt8] {
        let plan = LimitKeyPlan(settings)
        var material = Buffer(capacity: LimitKeyPlan.materialBytesMax)
        let finding = request.read { head, bytes in
            var identity = ClientIdentity(client: nil, isTrustedPeer: false, isSecure: false)
            if case .ip(let address, _) = request.arrival.peer { identity.client = address }
            var verdict = Verdict(route: route, identity: identity, action: .redirect)
            verdict.principal = principal
            return plan.read(
                head, in: bytes, verdict, of: request.handshake, scratch: &scratch,
                body: body.span, into: &material)
        }
        switch finding {
        case .found: return material.copy()
        case .skipped: return Array("[skipped]".utf8)
        case .rejected: return Array("[rejected]".utf8)
        }
    }

    func material(of request: SentRequest, body: [UInt8] = []) -> [UInt8] {
        var scratch = PolicyScratch()
        return material(of: request, body: body, &scratch)
    }

    /// The same as text.
    func text(of request: SentRequest, body: String = "") -> String {
        String(decoding: material(of: request, body: Array(body.utf8)), as: UTF8.self)
    }
}

extension SentRequest {
    /// A request with a body of this type.
    static func sending(_ type: String, _ fields: (String, String)...) -> SentRequest {
        fields.reduce(SentRequest("POST").with("Content-Type", type)) { $0.with($1.0, $1.1) }
    }

    func from(_ client: String?) -> SentRequest {
        let peer = client.map { Peer.ip(address($0), port: 1) } ?? .unix
        return from(Arrival(peer: peer, listener: 0, isSecure: false))
    }
}
