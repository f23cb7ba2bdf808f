import Bytes
import Testing

@testable import Redis

/// Commands byte by byte.
struct CommandTests {
    private func written(_ body: (inout Buffer) -> Void) -> String {
        var buffer = Buffer(capacity: 4096)
        body(&buffer)
        let hasOverflowed = buffer.hasOverflowed
        #expect(!hasOverflowed)
        return String(decoding: buffer.copy(), as: UTF8.self)
    }

    @Test func `commands are arrays of bulk strings`() {
        #expect(written { $0.appendPing() } == "*1\r\n$4\r\nPING\r\n")
        #expect(
            written { $0.appendAuth(user: nil, password: "pass word") }
                == "*2\r\n$4\r\nAUTH\r\n$9\r\npass word\r\n")
        #expect(
            written { $0.appendAuth(user: "me", password: "é") }
                == "*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$2\r\né\r\n")
        #expect(written { $0.appendSelect(database: 15) } == "*2\r\n$6\r\nSELECT\r\n$2\r\n15\r\n")
        #expect(
            written { $0.appendClientName() }
                == "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$4\r\napus\r\n")
        #expect(written { $0.appendRole() } == "*1\r\n$4\r\nROLE\r\n")
        #expect(written { $0.appendAsking() } == "*1\r\n$6\r\nASKING\r\n")
        #expect(
            written { $0.appendClusterSlots() } == "*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n")
        #expect(
            written { $0.appendMasterQuery("m") }
                == "*3\r\n$8\r\nSENTINEL\r\n$23\r\nget-master-addr-by-name\r\n$1\r\nm\r\n")
        #expect(written { $0.appendBulk(decimal: 0) } == "$1\r\n0\r\n")
        #expect(written { $0.appendBulk(decimal: 9) } == "$1\r\n9\r\n")
        #expect(written { $0.appendBulk(decimal: 10) } == "$2\r\n10\r\n")
        #expect(
            written { $0.appendBulk(decimal: .max) } == "$20\r\n18446744073709551615\r\n")
    }

    @Test func `a script is called by digest or by text, with the same tail`() {
        let digest = [UInt8](repeating: 0x61, count: 40)
        let script = ScriptCommand(text: Array("return 1".utf8), digest: digest)
        var tail = Buffer(capacity: 100)
        tail.appendBulk("1")
        tail.appendBulk("key")
        let bytes = tail.copy()
        let name = String(decoding: digest, as: UTF8.self)
        #expect(
            written {
                script.appendCall(to: &$0, argumentCount: 2, tail: bytes.span)
            } == "*4\r\n$7\r\nEVALSHA\r\n$40\r\n\(name)\r\n$1\r\n1\r\n$3\r\nkey\r\n")
        #expect(
            written {
                script.appendText(to: &$0, argumentCount: 2, tail: bytes.span)
            } == "*4\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$3\r\nkey\r\n")
    }
}
