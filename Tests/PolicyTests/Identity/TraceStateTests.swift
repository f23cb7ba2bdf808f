import Bytes
import Testing

@testable import Policy

@Suite struct TraceStateTests {
    /// What goes upstream for these lines, without the line end.
    private static func sent(_ lines: String...) -> String {
        var request = SentRequest()
        for line in lines { request = request.with("tracestate", line) }
        return request.read { head, bytes in
            let line = appended { TraceState.append(head, bytes, to: &$0) }
            return line.hasSuffix("\r\n") ? String(line.dropLast(1)) : line
        }
    }

    @Test(arguments: [
        ("a=b", "tracestate: a=b"), ("a=b,c=d", "tracestate: a=b,c=d"),
        (" a=b\t, ,c=d ,", "tracestate: a=b,c=d"), ("", ""), (",", ""),
        ("1a@b_c-d*e/f=x y~!", "tracestate: 1a@b_c-d*e/f=x y~!"),
        ("a", ""), ("a=", ""), ("=b", ""), ("A=b", ""), ("@a=b", ""), ("a b=c", ""), ("a.b=c", ""),
        ("a=b=c", ""), ("a=b,c", ""), ("a=é", ""), ("a=b,C=d,e=f", ""),
    ])
    func `a list goes on if it is of the grammar, else not at all`(_ line: String, _ sent: String) {
        #expect(Self.sent(line) == sent)
    }

    @Test func `several fields are one list`() {
        #expect(Self.sent("a=b", "c=d") == "tracestate: a=b,c=d")
        #expect(Self.sent("a=b", "", "c=d,e=f") == "tracestate: a=b,c=d,e=f")
        #expect(Self.sent("a=b", "=") == "")
    }

    @Test func `more than 32 members are dropped`() {
        let members = (0..<33).map { "k\($0)=v" }
        #expect(Self.sent(members.dropLast().joined(separator: ",")).contains("k31=v"))
        #expect(Self.sent(members.joined(separator: ",")) == "")
    }

    @Test func `512 bytes pass whole, of more the long members go first, then the last`() {
        func member(_ key: String, _ count: Int) -> String {
            "\(key)=" + String(repeating: "x", count: count - key.count - 1)
        }
        let fitting = [member("a", 256), member("b", 255)]
        #expect(
            Self.sent(fitting.joined(separator: ",")).count == "tracestate: ".count + 512)
        let long = [member("a", 128), member("b", 250), member("c", 128), member("d", 7)]
        #expect(
            Self.sent(long.joined(separator: ","))
                == "tracestate: \(long[0]),\(long[2]),\(long[3])")
        let short = (0..<5).map { member("k\($0)", 120) }
        #expect(
            Self.sent(short.joined(separator: ","))
                == "tracestate: " + short.prefix(4).joined(separator: ","))
        #expect(Self.sent(member("a", 257 + 257)) == "")
        #expect(
            Self.sent(
                [member("a", 250), member("b", 251), member("c", 250)]
                    .joined(separator: ",")) == "")
    }
}
