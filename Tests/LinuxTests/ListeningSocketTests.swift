import Glibc
import Testing

@testable import Linux

struct ListeningSocketTests {
    private static let loopback = SocketAddress.ipv4(0x7F00_0001, port: 0)

    @Test func `nobody waiting is no error`() throws {
        let listener = try ListeningSocket(on: Self.loopback, sharing: .alone, backlog: 4)
        defer { listener.close() }
        let accepted = try listener.accept()
        #expect(accepted == nil)
    }

    @Test func `who connects is told by address`() throws {
        let listener = try ListeningSocket(on: Self.loopback, sharing: .alone, backlog: 4)
        defer { listener.close() }
        let port = try #require(listener.boundPort())
        let client = try Socket.connect(to: .ipv4(0x7F00_0001, port: port)).socket
        try Wait.until(.readable, on: listener.number)
        let accepted = try #require(try listener.accept())
        guard case .ipv4(0x7F00_0001, let clientPort) = accepted.peer else {
            Issue.record("\(accepted.peer)")
            return
        }
        #expect(clientPort != 0)
        accepted.socket.close()
        client.close()
    }

    @Test func `an address in use is refused, unless all its sockets share it`() throws {
        let first = try ListeningSocket(on: Self.loopback, sharing: .oneEachLoop, backlog: 4)
        defer { first.close() }
        let port = try #require(first.boundPort())
        let address = SocketAddress.ipv4(0x7F00_0001, port: port)
        let second = try ListeningSocket(on: address, sharing: .oneEachLoop, backlog: 4)
        second.close()
        #expect(throws: Errno.addressInUse) {
            try ListeningSocket(on: address, sharing: .alone, backlog: 4)
        }
    }

    @Test func `an IPv6 wildcard leaves the IPv4 port free`() throws {
        let six = try ListeningSocket(
            on: .ipv6(0, 0, port: 0, scope: 0), sharing: .alone, backlog: 4)
        defer { six.close() }
        let port = try #require(six.boundPort())
        let four = try ListeningSocket(on: .ipv4(0, port: port), sharing: .alone, backlog: 4)
        four.close()
    }

    @Test func `a duplicate accepts from the same queue and outlives the first`() throws {
        let first = try ListeningSocket(on: Self.loopback, sharing: .alone, backlog: 4)
        let copy = try first.duplicate()
        defer { copy.close() }
        first.close()
        let (client, server) = try Pair.connect(to: copy, Self.loopback)
        client.close()
        server.close()
    }

    @Test func `a unix socket has no port`() throws {
        let path = "listening-tests.sock"
        SocketFile.remove(path)
        let listener = try ListeningSocket(on: .unix(path: path), sharing: .alone, backlog: 4)
        #expect(listener.boundPort() == nil)
        listener.close()
        SocketFile.remove(path)
    }

    @Test func `without descriptors accepting fails, and the reserve makes room for one`() async {
        await #expect(processExitsWith: .success) {
            let listener = try ListeningSocket(
                on: .ipv4(0x7F00_0001, port: 0), sharing: .alone, backlog: 4)
            let port = try #require(listener.boundPort())
            let client = try Socket.connect(to: .ipv4(0x7F00_0001, port: port)).socket
            try Wait.until(.readable, on: listener.number)
            var reserve = try Reserve()
            var limit = rlimit(rlim_cur: 64, rlim_max: 64)
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            while dup(client.number) >= 0 {}
            #expect(throws: Errno.tooManyOpenFiles) { try listener.accept() }
            reserve.release()
            let accepted = try #require(try listener.accept())
            accepted.socket.close()
            reserve.retake()
            // What else the process closes meanwhile is used up first.
            while dup(client.number) >= 0 {}
            reserve.release()
            #expect(dup(client.number) >= 0, "the reserve was taken again")
        }
    }

    @Test func `a socket that systemd passed is found by its name`() async {
        await #expect(processExitsWith: .success) {
            let bound = try ListeningSocket(
                on: .ipv4(0x7F00_0001, port: 0), sharing: .alone, backlog: 4)
            let index = Int(bound.number) - 3
            let names = Array(repeating: "other", count: index) + ["web"]
            unsafe setenv("LISTEN_FDNAMES", names.joined(separator: ":"), 1)
            unsafe setenv("LISTEN_FDS", "\(index + 1)", 1)
            unsafe setenv("LISTEN_PID", "1", 1)
            #expect(throws: Errno.notFound) { try PassedSockets.take("web") }
            unsafe setenv("LISTEN_PID", "\(getpid())", 1)
            #expect(try PassedSockets.take("web") == bound)
            #expect(throws: Errno.notFound) { try PassedSockets.take("admin") }
            #expect(fcntl(bound.number, F_GETFD) == FD_CLOEXEC)
            for count in ["0", "-1", "x", "9999"] {
                unsafe setenv("LISTEN_FDS", count, 1)
                #expect(throws: Errno.notFound) { try PassedSockets.take("web") }
            }
        }
    }
}
