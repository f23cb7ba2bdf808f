import Bytes
import Config
import HTTP
import Linux
import Policy
import Reactor
import Synchronization
import TLS

/// Sends requests of the gateway's own, on the control loop: one connection for each, which ends
/// with it.
///
/// Whatever the peer does, a request takes no longer than its deadline says, and a bounded number
/// of bytes.
final class OutboundClient: Sendable {
    private let names: NameWatch
    private let loop: ControlLoop
    /// Read for the first request that needs them: the system's authorities are many.
    ///
    /// Guard: the mutex; used on the control loop alone.
    private let trust = Mutex<TrustStore?>(nil)
    /// Made of them.
    ///
    /// Guard: the mutex; used on the control loop alone.
    private let secureContext = Mutex<ClientTLS?>(nil)
    /// What `User-Agent` says.
    private let agent: String

    private static let limits = HeadLimits(
        startLineBytesMax: 4096, fieldBytesMax: 16_384, fieldCountMax: 100)
    /// A head within the limits fits, whatever is read with it.
    private static let inputBytes = 32 << 10
    /// Heads of 1xx before the final one.
    private static let interimMax = 8

    init(names: NameWatch, loop: ControlLoop, version: String) {
        self.names = names
        self.loop = loop
        agent = "apus/\(version)"
    }

    /// Sends a request and reads its response whole.
    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        let wire = try await OutboundWire(
            to: request.addresses ?? names.addresses(of: request.endpoint.address), on: loop,
            by: request.deadline)
        defer { wire.close() }
        if request.endpoint.isSecure { try await secure(wire, to: request.endpoint) }
        var output = message(of: request)
        do throws(OutboundError) {
            try await wire.send(&output)
        } catch .lost(let error) {
            // It may have answered before it read everything: that says more.
            guard let early = try? await response(to: request, on: wire) else {
                throw .lost(error)
            }
            return early
        }
        return try await response(to: request, on: wire)
    }

    /// The authorities of the system.
    func systemTrust() throws(TLSProblem) -> TrustStore {
        try trust.withLock { known throws(TLSProblem) in
            if let known { return known }
            let read = try TrustStore(ofSystem: ())
            known = read
            return read
        }
    }

    private func secure(
        _ wire: OutboundWire, to endpoint: HTTPEndpoint
    ) async throws(OutboundError) {
        let context: ClientTLS
        do throws(TLSProblem) {
            context = try secureContext.withLock { known throws(TLSProblem) in
                if let known { return known }
                var settings = try ClientTLS.Settings(trust: systemTrust())
                settings.protocols = ClientTLS.http11
                let made = try ClientTLS(settings)
                known = made
                return made
            }
        } catch {
            throw .notSecure(.exhausted)
        }
        switch endpoint.address {
        case .name(let name, _):
            let host = name.hasSuffix(".") ? String(name.dropLast()) : name
            try await wire.secure(by: context, to: .host(host))
        case .ip(let address, _): try await wire.secure(by: context, to: .address("\(address)"))
        case .unix: throw .notSecure(.garbled)
        }
    }

    private func message(of request: OutboundRequest) -> Buffer {
        let fields = request.fields.reduce(0) { $0 + $1.value.utf8.count + 64 }
        let size = request.endpoint.path.utf8.count + request.endpoint.authority.utf8.count
        var output = Buffer(capacity: 1024 + size + fields + request.body.count)
        output.append(request.method.name)
        output.append(" ")
        output.append(request.endpoint.path.utf8.span)
        output.append(" HTTP/1.1\r\nHost: ")
        output.append(request.endpoint.authority.utf8.span)
        output.append("\r\nUser-Agent: ")
        output.append(agent.utf8.span)
        for field in request.fields {
            output.append("\r\n")
            output.append(field.name)
            output.append(": ")
            output.append(field.value.utf8.span)
        }
        if !request.body.isEmpty {
            output.append("\r\nContent-Length: ")
            output.append(decimal: UInt64(request.body.count))
        }
        output.append("\r\nConnection: close\r\n\r\n")
        output.append(request.body)
        return output
    }

    // MARK: Reading

    private func response(
        to request: OutboundRequest, on wire: OutboundWire
    ) async throws(OutboundError) -> OutboundResponse {
        var input = Buffer(capacity: Self.inputBytes)
        var reader = ResponseReader()
        var head = ResponseHead()
        var interims = 0
        while true {
            guard try Self.read(&reader, &input, to: request.method, into: &head) else {
                input.moveToFront()
                guard try await wire.receive(into: &input) else { throw .closedEarly }
                continue
            }
            guard head.isInterim else { break }
            interims += 1
            guard interims <= Self.interimMax else { throw .tooLong }
            input.consume(head.byteCount)
        }
        let fields = Self.fields(of: head, in: input)
        input.consume(head.byteCount)
        let body = try await body(
            head.framing, &input, bytesMax: request.responseBytesMax, on: wire)
        return OutboundResponse(status: head.status, fields: fields, body: body)
    }

    /// - Returns: Whether the head is whole.
    private static func read(
        _ reader: inout ResponseReader, _ input: inout Buffer, to method: Method,
        into head: inout ResponseHead
    ) throws(OutboundError) -> Bool {
        guard !input.isEmpty else { return false }
        do throws(WireError) {
            let progress = try input.withReadable {
                (bytes: borrowing Span<UInt8>) throws(WireError) -> HeadProgress in
                try reader.read(bytes, to: method, limits: limits, into: &head)
            }
            return progress.isComplete
        } catch {
            throw .malformed(error)
        }
    }

    private static func fields(
        of head: borrowing ResponseHead, in input: borrowing Buffer
    ) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        for place in head.fields.indices {
            let field = head.fields[place]
            input.withReadable { (bytes: borrowing Span<UInt8>) in
                fields.append(
                    (text(bytes, field.name).lowercased(), text(bytes, field.value)))
            }
        }
        return fields
    }

    private static func text(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> String {
        var text: [UInt8] = []
        for index in range.indices { text.append(bytes[index]) }
        return String(decoding: text, as: UTF8.self)
    }

    private func body(
        _ framing: BodyFraming, _ input: inout Buffer, bytesMax: Int, on wire: OutboundWire
    ) async throws(OutboundError) -> [UInt8] {
        var reader = BodyReader(framing)
        var body: [UInt8] = []
        while try Self.take(&reader, &input, into: &body, bytesMax: bytesMax) {
            input.moveToFront()
            guard try await wire.receive(into: &input) else {
                do throws(WireError) { try reader.endOfInput() } catch { throw .closedEarly }
                return body
            }
        }
        return body
    }

    /// Takes what has come of a body.
    ///
    /// - Returns: Whether there is more to come.
    private static func take(
        _ reader: inout BodyReader, _ input: inout Buffer, into body: inout [UInt8], bytesMax: Int
    ) throws(OutboundError) -> Bool {
        var trailers: [Field] = []
        while true {
            let progress: BodyProgress
            do throws(WireError) {
                progress = try input.withReadable {
                    (bytes: borrowing Span<UInt8>) throws(WireError) -> BodyProgress in
                    let progress = try reader.read(bytes, trailers: &trailers)
                    if case .data(let range) = progress {
                        for index in range.indices { body.append(bytes[index]) }
                    }
                    return progress
                }
            } catch {
                throw .malformed(error)
            }
            guard body.count <= bytesMax else { throw .tooLong }
            switch progress {
            case .data(let range): input.consume(range.end)
            case .needsMore(let consumed):
                input.consume(consumed)
                return true
            case .end: return false
            }
        }
    }
}
