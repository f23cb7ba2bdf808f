import Bytes
import Testing

@testable import Redis

/// What is made of what a subscriber is told.
struct ReplayNewsTests {
    private func news(_ text: String) throws -> ReplayNews? {
        var reader = ReplyReader(.call)
        try reader.feed(Array(text.utf8)[...])
        #expect(try reader.next())
        return ReplayNews(reader.tape)
    }

    private func message(_ payload: String, kind: String = "pmessage") -> String {
        "*4\r\n$\(kind.utf8.count)\r\n\(kind)\r\n$2\r\na*\r\n$4\r\na{b}\r\n"
            + "$\(payload.utf8.count)\r\n\(payload)\r\n"
    }

    @Test func `an event comes with its key and its time`() throws {
        let key = ByteRange(start: 10, count: 4)
        #expect(try news(message("86400000")) == .event(key: key, milliseconds: 86_400_000))
        #expect(try news(message("0")) == .event(key: key, milliseconds: 0))
        #expect(
            try news(message("999999999999999"))
                == .event(key: key, milliseconds: 999_999_999_999_999))
    }

    @Test func `answers to what the subscriber sends are told apart`() throws {
        #expect(try news("*3\r\n$10\r\npsubscribe\r\n$2\r\na*\r\n:1\r\n") == .fine)
        #expect(try news("*2\r\n$4\r\npong\r\n$0\r\n\r\n") == .fine)
        #expect(try news("-NOPERM no channel\r\n") == .refused(.noPermission))
    }

    @Test(arguments: [
        "+OK\r\n", ":1\r\n", "*0\r\n", "*-1\r\n", "*1\r\n$4\r\npong\r\n",
        "*2\r\n$8\r\npmessage\r\n$0\r\n\r\n",
        "*4\r\n$10\r\npsubscribe\r\n$1\r\na\r\n:1\r\n:1\r\n",
        "*4\r\n$8\r\npmessage\r\n$1\r\na\r\n:1\r\n$1\r\n1\r\n",
        "*4\r\n$8\r\npmessage\r\n$1\r\na\r\n$1\r\nb\r\n:1\r\n",
        "*2\r\n*1\r\n$4\r\npong\r\n$0\r\n\r\n",
        "*5\r\n$8\r\npmessage\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\n1\r\n:1\r\n",
    ])
    func `anything else is no news`(_ text: String) throws { #expect(try news(text) == nil) }

    @Test(arguments: ["", "x", "-1", "1.5", " 1", "1000000000000000", "99999999999999999999"])
    func `a time that is none is passed over`(_ payload: String) throws {
        #expect(try news(message(payload)) == .fine)
    }
}
