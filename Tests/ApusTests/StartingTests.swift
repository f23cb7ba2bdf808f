import Foundation
import Glibc
import Testing

/// What keeps `apus run` from serving, and what does not.
struct StartingTests {
    private static func configuration(bind: String, log: String = "stdout") -> String {
        """
        environment: development
        server: { workers: 1 }
        listeners: { public: { bind: "\(bind)" } }
        log: { output: \(log) }
        routes: [{ name: all, respond: { status: 204 } }]
        """
    }

    private static func run(bind: String, log: String = "stdout") throws -> Ended {
        var ended: Ended?
        try withFolder { folder in
            ended = try apus(
                "run", "--config",
                folder.configuration(configuration(bind: bind, log: log)))
        }
        return try #require(ended)
    }

    @Test func `an address in use ends with 69 and says whose and which`() throws {
        let (socket, port) = try takenPort()
        defer { close(socket) }
        let ended = try Self.run(bind: "127.0.0.1:\(port)")
        #expect(ended.status == 69)
        #expect(ended.output == "")
        #expect(
            ended.errors
                == "apus: public: cannot listen on 127.0.0.1:\(port): Address already in use\n")
    }

    @Test func `a socket file without its folder ends with 69`() throws {
        let ended = try Self.run(bind: "unix:/nowhere/at/all.sock")
        #expect(ended.status == 69)
        #expect(ended.errors.hasSuffix("/nowhere/at/all.sock: its folder does not exist\n"))
    }

    @Test func `a socket that nobody passed ends with 69`() throws {
        let ended = try Self.run(bind: "fd:web")
        #expect(ended.status == 69)
        #expect(ended.errors.hasSuffix("fd:web: systemd passed no socket of this name\n"))
    }

    @Test func `a file that is no socket stays where it is`() throws {
        try withFolder { folder in
            let precious = folder.appendingPathComponent("notes")
            try "precious".write(to: precious, atomically: true, encoding: .utf8)
            let ended = try Self.run(bind: "unix:\(precious.path)")
            #expect(ended.status == 69)
            #expect(ended.errors.hasSuffix("there is a file that is no socket\n"))
            #expect(try String(contentsOf: precious, encoding: .utf8) == "precious")
        }
    }

    @Test func `a socket that a dead process left is taken over, and removed at the end`() throws {
        try withFolder { folder in
            let path = folder.appendingPathComponent("a.sock").path
            try leaveSocket(at: path)
            let command = try Command([
                "run", "--config", folder.configuration(Self.configuration(bind: "unix:\(path)")),
            ])
            #expect(command.waitForOutput("\"event\":\"startup\""))
            let second = try Self.run(bind: "unix:\(path)")
            #expect(second.status == 69)
            #expect(second.errors.hasSuffix("Address already in use\n"))
            command.terminate()
            #expect(command.waitForEnd().status == 0)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `a log that cannot be opened ends with 1 and names the file`() throws {
        let ended = try Self.run(bind: "127.0.0.1:0", log: "/nowhere/at/all.log")
        #expect(ended.status == 1)
        #expect(
            ended.errors
                == "apus: log.output: cannot open /nowhere/at/all.log: No such file or directory\n")
    }

    /// A listening socket on a port that the kernel chose.
    private func takenPort() throws -> (Int32, UInt16) {
        let number = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { form in
                unsafe bind(number, form, size) == 0 && listen(number, 1) == 0
                    && getsockname(number, form, &size) == 0
            }
        }
        try #require(isBound)
        return (number, UInt16(bigEndian: address.sin_port))
    }

    /// A socket file behind which nobody listens any more.
    private func leaveSocket(at path: String) throws {
        let number = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(number) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            unsafe place.copyBytes(from: path.utf8.prefix(place.count - 1))
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(number, $0, size) == 0
            }
        }
        try #require(isBound)
    }
}
