import Config
import HTTP
import Linux
import Policy
import Reactor
import Synchronization
import Testing

@testable import Gateway

/// Requests of the gateway's own, to peers of every kind.
struct OutboundClientTests {
    private enum Outcome: Sendable {
        case response(OutboundResponse)
        case error(OutboundError)

        var response: OutboundResponse? {
            if case .response(let response) = self { response } else { nil }
        }
        var error: OutboundError? {
            if case .error(let error) = self { error } else { nil }
        }
    }

    /// What comes of a POST to a peer that does what the script says, and what the peer has read.
    private func ask(
        _ script: [ScriptedPeer.Step], method: HTTP.Method = .post, body: String = "hello",
        within limit: Duration = .seconds(20), responseBytesMax: Int = 1000
    ) throws -> (outcome: Outcome, received: String) {
        let loop = try ControlLoop()
        let peer = try ScriptedPeer(on: loop, script)
        let snapshot = try World.load(Settings.plain)
        let names = try NameWatch(snapshot, mailboxes: [])
        let client = OutboundClient(
            names: names, loop: loop, version: "1.2.3")
        let endpoint = HTTPEndpoint(
            address: .ip(IPAddress(v4: 0x7F00_0001), port: peer.port), authority: "a.example",
            path: "/in")
        let outcome = Mutex<Outcome?>(nil)
        loop.run {
            var request = OutboundRequest(
                method, endpoint, by: Clock.monotonic().advanced(by: limit))
            request.fields = [("X-Key", "secret")]
            request.body = Array(body.utf8)
            request.responseBytesMax = responseBytesMax
            do throws(OutboundError) {
                let response = try await client.send(request)
                outcome.withLock { $0 = .response(response) }
            } catch {
                outcome.withLock { $0 = .error(error) }
            }
        }
        return (try #require(outcome.withLock { $0 }), peer.received)
    }

    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nx-a: 2\r\n\r\nok"

    @Test func `a request goes out whole and its response comes back`() throws {
        let (outcome, received) = try ask([.reads("hello"), .sends(Self.ok), .hangs])
        #expect(
            received == "POST /in HTTP/1.1\r\nHost: a.example\r\nUser-Agent: apus/1.2.3\r\n"
                + "X-Key: secret\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        let response = try #require(outcome.response)
        #expect(response.status == 200)
        #expect(response.body == Array("ok".utf8))
        #expect(response.first("x-a") == "1")
        #expect(response.fields.count == 3)
    }

    @Test func `a request without a body has no length`() throws {
        let (outcome, received) = try ask(
            [.reads("\r\n\r\n"), .sends(Self.ok), .hangs], method: .get, body: "")
        #expect(outcome.response?.status == 200)
        #expect(received.hasPrefix("GET /in HTTP/1.1\r\n"))
        #expect(!received.contains("Content-Length"))
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nok",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + ok,
    ])
    func `every framing is understood, in one piece and byte by byte`(_ text: String) throws {
        for step in [ScriptedPeer.Step.sends(text), .trickles(text)] {
            let (outcome, _) = try ask([.reads("hello"), step, .closes])
            #expect(outcome.response?.status == 200)
            #expect(outcome.response?.body == Array("ok".utf8))
        }
    }

    @Test func `a long body gets there whatever the peer's pace`() throws {
        let body = String(repeating: "x", count: 3_000_000) + "END"
        let (outcome, received) = try ask(
            [.reads("END"), .sends(Self.ok), .hangs], body: body)
        #expect(outcome.response?.status == 200)
        #expect(received.hasSuffix(body))
    }

    @Test func `an answer before the end of the request counts`() throws {
        let body = String(repeating: "x", count: 20_000_000)
        let early = "HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n"
        let (outcome, _) = try ask(
            [.reads("\r\n\r\n"), .sends(early), .hangs], body: body,
            within: .milliseconds(200))
        // The peer reads no more: either its answer was seen, or the time was up.
        #expect(outcome.response?.status == 413 || outcome.error == .timedOut)
    }

    @Test func `who never answers is given up at the deadline`() throws {
        let start = Clock.monotonic()
        for script in [
            [.hangs], [.reads("hello"), .hangs], [.reads("hello"), .sends("HTTP/1.1 2"), .hangs],
            [.reads("hello"), .sends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .hangs],
        ] as [[ScriptedPeer.Step]] {
            let (outcome, _) = try ask(script, within: .milliseconds(50))
            #expect(outcome.error == .timedOut)
        }
        #expect(Clock.monotonic() < start.advanced(by: .seconds(20)))
    }

    @Test func `who sends on for ever is given up at the deadline or at a bound`() throws {
        let endless = "HTTP/1.1 200 OK\r\n\r\n"
        let tooMuch = try ask([.reads("hello"), .sends(endless), .floods("more")])
        #expect(tooMuch.outcome.error == .tooLong)
        let head = try ask(
            [.reads("hello"), .sends("HTTP/1.1 200 OK\r\n"), .floods("A: b\r\n")])
        #expect(head.outcome.error != nil)
        let interim = try ask([.reads("hello"), .floods("HTTP/1.1 100 Go\r\n\r\n")])
        #expect(interim.outcome.error == .tooLong)
        let slow = try ask(
            [.reads("hello"), .trickles(String(repeating: "H", count: 100_000))],
            within: .milliseconds(50))
        #expect(slow.outcome.error != nil)
    }

    @Test(arguments: [
        "garbage\r\n\r\n", "\u{0}\u{1}\u{2}", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "SSH-2.0-OpenSSH_9\r\n",
    ])
    func `what is no response is an error`(_ text: String) throws {
        let (outcome, _) = try ask([.reads("hello"), .sends(text), .closes])
        #expect(outcome.error != nil)
    }

    @Test func `connections that end early are errors`() throws {
        for script in [
            [.closes], [.resets], [.reads("hello"), .closes], [.reads("hello"), .resets],
            [.reads("hello"), .sends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"), .closes],
        ] as [[ScriptedPeer.Step]] {
            #expect(try ask(script).outcome.error != nil)
        }
    }

    @Test func `a name without an address, and nobody who listens, are told apart`() throws {
        let loop = try ControlLoop()
        let snapshot = try World.load(Settings.plain)
        let names = try NameWatch(snapshot, mailboxes: [])
        let client = OutboundClient(
            names: names, loop: loop, version: "1")
        let errors = Mutex<[OutboundError]>([])
        loop.run {
            for address in [
                ServerAddress.name("nowhere.invalid", port: 80),
                .ip(IPAddress(v4: 0x7F00_0001), port: 1),
            ] {
                let endpoint = HTTPEndpoint(address: address, authority: "a", path: "/")
                let request = OutboundRequest(
                    .get, endpoint, by: Clock.monotonic().advanced(by: .seconds(10)))
                do throws(OutboundError) { _ = try await client.send(request) } catch {
                    errors.withLock { $0.append(error) }
                }
            }
        }
        #expect(errors.withLock { $0 } == [.unresolved, .notConnected(.connectionRefused)])
    }
}
