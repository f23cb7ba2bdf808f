import Config
import HTTP
import Policy

/// An inquiry as the gateway would meet it: bytes on a connection of a listener.
struct Question {
    /// The request's head, the empty line included.
    let message: [UInt8]
    let arrival: Arrival
    let listener: ListenerSettings
    /// Nanoseconds since 1970.
    let now: UInt64

    init(_ inquiry: Inquiry, to snapshot: Snapshot) throws(InquiryProblem) {
        let url = try Self.url(inquiry.url)
        let index = try Self.listener(inquiry.listener, of: snapshot, isSecure: url.isSecure)
        now = inquiry.now
        listener = snapshot.listeners[index]
        let peer = try Self.peer(inquiry.client, on: listener)
        arrival = Arrival(
            peer: peer, listener: index, isSecure: url.isSecure || listener.tls != nil)
        message = try Self.message(inquiry, url)
    }

    static func url(_ text: String) throws(InquiryProblem) -> ClientURL {
        do throws(ClientURLProblem) {
            return try ClientURL(text)
        } catch {
            switch error {
            case .character: throw .urlCharacter(text)
            case .scheme: throw .urlScheme(text)
            case .fragment: throw .urlFragment(text)
            case .userInformation: throw .urlUserInformation(text)
            case .host: throw .urlHost(text)
            }
        }
    }

    /// The listener that is named, else the first that speaks as the URL does.
    private static func listener(
        _ name: String?, of snapshot: Snapshot, isSecure: Bool
    ) throws(InquiryProblem) -> Int {
        guard let name else {
            return snapshot.listeners.firstIndex { ($0.tls != nil) == isSecure } ?? 0
        }
        guard let index = snapshot.listeners.firstIndex(where: { $0.name == name }) else {
            throw .listenerNotKnown(name, known: snapshot.listeners.map(\.name))
        }
        return index
    }

    /// The other end: a client of a unix listener is on this machine, unless an address is named.
    private static func peer(
        _ client: String?, on listener: ListenerSettings
    ) throws(InquiryProblem) -> Peer {
        if client == "unix" { return .unix }
        if client == nil, case .unix = listener.bind { return .unix }
        let text = client ?? Inquiry.clientByDefault
        guard let address = IPAddress(text) else { throw .clientNotAddress(text) }
        return .ip(address, port: 0)
    }

    /// - Throws: What would make the bytes another message than the one that was meant. All else is
    ///   for the reader to refuse: an answer, too, that is worth an explanation.
    private static func message(
        _ inquiry: Inquiry, _ url: ClientURL
    ) throws(InquiryProblem) -> [UInt8] {
        guard isToken(inquiry.method) else { throw .methodNotToken(inquiry.method) }
        var lines = ["\(inquiry.method) \(url.target) HTTP/1.1"]
        if !inquiry.namesHost { lines.append("Host: \(url.authority)") }
        for field in inquiry.fields {
            try check(field)
            lines.append(field)
        }
        lines += ["", ""]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    /// Refuses what would be another line, or none: a line break within, no colon, no name.
    private static func check(_ field: String) throws(InquiryProblem) {
        guard field.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7f) || $0 == 0x09 }) else {
            throw .fieldCharacter(field)
        }
        guard let colon = field.firstIndex(of: ":") else { throw .fieldColonMissing(field) }
        guard isToken(field[..<colon]) else { throw .fieldNameNotToken(field) }
    }

    /// RFC 9110 §5.6.2.
    static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}

extension Inquiry {
    /// Whether a header takes the place of the URL's host, as with curl.
    var namesHost: Bool {
        fields.contains { $0.prefix { $0 != ":" }.lowercased() == "host" }
    }
}
