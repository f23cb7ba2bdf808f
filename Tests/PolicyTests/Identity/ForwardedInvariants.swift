import Bytes
import HTTP

@testable import Policy

/// What holds for anything that a peer says about the client; the fuzzer and the corpus's test ask
/// it.
///
/// The first byte chooses the peer, the fields that are read and whether TLS ended here; a line is
/// one of `X-Forwarded-For` (`f`), `-Proto` (`p`), `-Host` (`h`), `X-Request-ID` (`i`), `Forwarded`
/// (`F`), a disguised one (`_`), or what somebody puts in front of all that (`<`).
enum ForwardedInvariants {
    /// - Returns: What does not hold; `nil` if all does.
    static func check(_ input: [UInt8]) -> String? {
        guard let parts = FuzzedLines(input, choiceCount: 1) else { return nil }
        let setting = Setting(parts)
        let found = setting.found(parts.lines)
        if let fault = checkTelling(found, parts, setting) { return fault }
        guard setting.isTrusted else {
            return found == Found(client: setting.peerAddress, isSecure: setting.arrival.isSecure)
                ? nil : "an untrusted peer was listened to"
        }
        if let client = found.client, client != setting.peerAddress,
            !setting.values(parts.lines).contains(where: { mentions(client, $0) })
        {
            return "\(client) is named nowhere"
        }
        return checkAgainstModel(found, parts, setting)
    }

    private static func checkAgainstModel(
        _ found: Found, _ parts: FuzzedLines, _ setting: Setting
    ) -> String? {
        let model = setting.model(parts.lines)
        let belief = setting.readsForwarded ? model.beliefInForwarded() : model.beliefInXForwarded()
        guard let belief else { return nil }
        guard found.client == belief.client ?? setting.peerAddress,
            found.isSecure == (setting.arrival.isSecure || belief.isSecure),
            found.host == belief.host
        else { return "\(found) where \(belief) is to be believed" }
        if belief.isOpen { return nil }
        // Whatever stands further left than the hop that ended the walk changes nothing.
        for front in parts.texts("<").prefix(2)
        where setting.found(before(parts.lines, front)) != found {
            return "what an untrusted hop said was believed"
        }
        return nil
    }

    private typealias Lines = [(letter: Unicode.Scalar, text: [UInt8])]

    /// The same lines with a text in front of all hops, both as a line and within the first one.
    private static func before(_ lines: Lines, _ front: [UInt8]) -> Lines {
        var lines = lines
        for letter: Unicode.Scalar in ["f", "F"] {
            guard let first = lines.firstIndex(where: { $0.letter == letter }) else { continue }
            lines[first].text = front + [0x2c] + lines[first].text
            lines.insert((letter, front), at: first)
        }
        return lines
    }

    /// Whether an address can be read somewhere in a line.
    private static func mentions(_ address: IPAddress, _ line: [UInt8]) -> Bool {
        let hops = SlowBytes.split(line, at: 0x2c).map(SlowBytes.trimmed)
        if hops.contains(where: { ForwardedModel.hop($0) == address }) { return true }
        return line.split(whereSeparator: { delimiters.contains($0) }).contains {
            ForwardedModel.node(Array($0)) == address
        }
    }

    private static let delimiters = Set(SlowBytes.of(",;=\" \t"))

    /// What the upstream is told is whole lines, each name once, and of an untrusted peer nothing
    /// but who it is.
    private static func checkTelling(
        _ found: Found, _ parts: FuzzedLines, _ setting: Setting
    ) -> String? {
        let bytes = SlowBytes.of(setting.told(parts.lines))
        guard SlowBytes.ends(bytes, with: [0x0d, 0x0a]) else { return "a line has no end" }
        let lines = SlowBytes.lines(bytes)
        let names = lines.map { Array($0.prefix { $0 != 0x3a }) }
        guard Set(names).count == names.count, names.allSatisfy(told.contains),
            !lines.contains(where: { $0.contains { $0 == 0x0d || $0 == 0x0a || $0 == 0 } })
        else { return "a line more than there may be" }
        guard let address = setting.peerAddress else { return nil }
        let start = SlowBytes.of("X-Forwarded-For: ")
        let peer = SlowBytes.of(address.description)
        let hops = lines.first { $0.starts(with: start) } ?? []
        let isTold = setting.isTrusted ? SlowBytes.ends(hops, with: peer) : hops == start + peer
        return isTold ? nil : "the peer is not told as the last hop"
    }

    private static let told = Set(
        ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded"]
            .map(SlowBytes.of))
}

// MARK: - Made of the input

extension ForwardedInvariants {
    /// What was found of a request's sender, ranges replaced by what stands there.
    struct Found: Equatable {
        var client: IPAddress?
        var isSecure = false
        var host: [UInt8] = []
        var requestID: [UInt8] = []
    }

    /// By whether unix peers are trusted, and which fields are read.
    private static let policies = [false, true].flatMap { trustsUnix in
        [ForwardedSettings.Family.xForwarded, .forwarded].map { family in
            IdentityPolicy(
                IdentitySettings(
                    trustedProxies: TrustedProxies(
                        blocks: ["10.0.0.0/8", "2001:db8::/32"].compactMap { AddressBlock($0) },
                        trustsUnix: trustsUnix),
                    forwarded: ForwardedSettings(read: family, writes: false), trace: .continued))
        }
    }

    private static let peers = ["10.0.0.1", "192.0.2.9", nil, "2001:db8::5"].map {
        $0.map(address)
    }

    private struct Setting {
        let arrival: Arrival
        let peerAddress: IPAddress?
        let isTrusted: Bool
        let readsForwarded: Bool
        let policy: IdentityPolicy
        let settings: ForwardedSettings

        init(_ parts: FuzzedLines) {
            peerAddress = ForwardedInvariants.peers[Int(parts.choices[0] & 3)]
            let trustsUnix = parts.chooses(0, 4)
            readsForwarded = parts.chooses(0, 8)
            arrival = Arrival(
                peer: peerAddress.map { .ip($0, port: 1) } ?? .unix, listener: 0,
                isSecure: parts.chooses(0, 16))
            isTrusted = peerAddress.map(ForwardedModel.trusts) ?? trustsUnix
            settings = ForwardedSettings(
                read: readsForwarded ? .forwarded : .xForwarded, writes: parts.chooses(0, 32))
            let index = (trustsUnix ? 2 : 0) + (readsForwarded ? 1 : 0)
            policy = ForwardedInvariants.policies[index]
        }

        /// As a reader of heads would have let it pass.
        private func value(_ text: [UInt8]) -> String {
            let visible = text.filter { $0 == 0x09 || $0 >= 0x20 && $0 != 0x7f }
            return String(decoding: SlowBytes.trimmed(visible), as: UTF8.self)
        }

        func values(_ lines: Lines) -> [[UInt8]] { lines.map { SlowBytes.of(value($0.text)) } }

        private func request(_ lines: Lines) -> SentRequest {
            lines.reduce(SentRequest()) { request, line in
                let value = value(line.text)
                return switch line.letter {
                case "f": request.with("X-Forwarded-For", value)
                case "F": request.with("forwarded", value)
                case "p": request.with("X-Forwarded-Proto", value)
                case "h": request.with("x-forwarded-host", value)
                case "i": request.with("X-Request-ID", value)
                case "_": request.with("X_Forwarded.For", value)
                default: request
                }
            }
        }

        func model(_ lines: Lines) -> ForwardedModel {
            var model = ForwardedModel()
            for line in lines {
                let value = SlowBytes.of(value(line.text))
                switch line.letter {
                case "f": model.forwardedFor.append(value)
                case "F": model.forwarded.append(value)
                case "p": model.protos.append(value)
                case "h": model.hosts.append(value)
                default: break
                }
            }
            return model
        }

        func found(_ lines: Lines) -> Found {
            request(lines).read { head, bytes in
                let identity = policy.identity(of: arrival, head, bytes)
                return Found(
                    client: identity.client, isSecure: identity.isSecure,
                    host: identity.forwardedHost.indices.map { bytes[$0] },
                    requestID: identity.requestID.indices.map { bytes[$0] })
            }
        }

        func told(_ lines: Lines) -> String {
            request(lines).read { head, bytes in
                let identity = policy.identity(of: arrival, head, bytes)
                return forwarded(identity, head, bytes, arrival, settings)
            }
        }
    }
}
