import Config
import Telemetry
import Testing

@testable import Gateway

struct ServerMarksTests {
    private static func marks(_ count: Int) -> ServerMarks {
        let servers = (0..<count).map { number in
            ServerSpecification(
                address: .unix(path: "/\(number)"), weight: 1, text: "unix:/\(number)")
        }
        return ServerMarks(
            UpstreamSettings(
                name: "app", servers: servers, hostSent: .client,
                keepalive: KeepaliveSettings(countMax: 1, idle: .seconds(1))))
    }

    @Test func `a server is what the last attempt made of it`() {
        let marks = Self.marks(3)
        #expect(marks.counts == ServerCounts(up: 3, down: 0))
        marks.note(0, isDown: true)
        marks.note(0, isDown: true)
        marks.note(2, isDown: true)
        #expect(marks.counts == ServerCounts(up: 1, down: 2))
        marks.note(0, isDown: false)
        #expect(marks.counts == ServerCounts(up: 2, down: 1))
    }

    @Test func `a server that is not there changes nothing`() {
        let marks = Self.marks(1)
        for server in [-1, 1, .max] { marks.note(server, isDown: true) }
        #expect(marks.counts == ServerCounts(up: 1, down: 0))
        #expect(Self.marks(0).counts == ServerCounts(up: 0, down: 0))
    }
}
