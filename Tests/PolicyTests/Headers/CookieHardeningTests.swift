import Bytes
import HTTP
import Testing

@testable import Policy

@Suite struct CookieHardeningTests {
    /// The fields that leave for an app's response with these lines.
    private static func sent(
        _ lines: [String], over settings: CookieSettings = .harden(except: ["csrf", "a=b"]),
        isSecure: Bool = true, removing removed: [String] = []
    ) -> [String] {
        var edits = RouteEdits.none
        edits.cookies = settings
        edits.response.remove = removed
        let stamp = ResponseStamp(SecurityHeaderSettings(.none), cors: nil, edits: edits)
        let bytes = Array(
            ("HTTP/1.1 200 OK\r\n" + lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        var head = ResponseHead()
        var reader = ResponseReader()
        let limits = HeadLimits(startLineBytesMax: 8192, fieldBytesMax: 32_768, fieldCountMax: 100)
        #expect(throws: Never.self) {
            _ = try reader.read(bytes.span, to: .get, limits: limits, into: &head)
        }
        let id = Array("id".utf8)
        let subject = StampSubject(cors: .none, isSecure: isSecure, requestID: ByteRange(0, 2))
        let output = appended {
            stamp.append(head, of: bytes.span, except: [], for: subject, in: id.span, to: &$0)
        }
        #expect(
            output.utf8.count <= bytes.count + stamp.bytesMax + stamp.addedBytesMax(to: head))
        return output.split(separator: "\r\n").map(String.init).filter {
            $0.lowercased().hasPrefix("set-cookie")
        }
    }

    @Test(
        arguments: [
            ("a=b", "a=b; Secure; HttpOnly; SameSite=Lax"),
            ("a=b; secure", "a=b; secure; HttpOnly; SameSite=Lax"),
            ("a=b;HTTPONLY;SameSite=None", "a=b;HTTPONLY;SameSite=None; Secure"),
            ("a=b; Secure; HttpOnly; SameSite=Strict", "a=b; Secure; HttpOnly; SameSite=Strict"),
            ("a=b; samesite = lax ;Secure", "a=b; samesite = lax ;Secure; HttpOnly"),
            // Browsers take what they do not know for nothing, and the last word for the word.
            ("a=b; SameSite=Foo", "a=b; SameSite=Foo; Secure; HttpOnly; SameSite=Lax"),
            ("a=b; SameSite", "a=b; SameSite; Secure; HttpOnly; SameSite=Lax"),
            (
                "a=b; SameSite=Lax; SameSite=x",
                "a=b; SameSite=Lax; SameSite=x; Secure; HttpOnly; SameSite=Lax"
            ),
            (
                "a=b; SameSite=x; SameSite=Lax; Secure",
                "a=b; SameSite=x; SameSite=Lax; Secure; HttpOnly"
            ),
            // Attributes, not parts of values or of other names.
            ("Secure=1", "Secure=1; Secure; HttpOnly; SameSite=Lax"),
            ("Secure", "Secure; Secure; HttpOnly; SameSite=Lax"),
            ("a=Secure HttpOnly", "a=Secure HttpOnly; Secure; HttpOnly; SameSite=Lax"),
            ("a=b; Path=/Secure", "a=b; Path=/Secure; Secure; HttpOnly; SameSite=Lax"),
            ("a=b; Secured; XHttpOnly", "a=b; Secured; XHttpOnly; Secure; HttpOnly; SameSite=Lax"),
            ("a=b; Secure=false", "a=b; Secure=false; HttpOnly; SameSite=Lax"),
            ("a=b;", "a=b;; Secure; HttpOnly; SameSite=Lax"),
            ("=b", "=b; Secure; HttpOnly; SameSite=Lax"), ("", "; Secure; HttpOnly; SameSite=Lax"),
            // Names that stay, to the letter.
            ("csrf=1", "csrf=1"), ("csrf = 1; Path=/", "csrf = 1; Path=/"),
            ("Csrf=1", "Csrf=1; Secure; HttpOnly; SameSite=Lax"),
            ("csrf", "csrf; Secure; HttpOnly; SameSite=Lax"),
            ("csrf2=1", "csrf2=1; Secure; HttpOnly; SameSite=Lax"),
        ])
    func `a cookie gets what it lacks`(_ line: String, _ sent: String) {
        #expect(Self.sent(["Set-Cookie: \(line)"]) == ["Set-Cookie: \(sent)"])
    }

    @Test(arguments: [
        ("a=b", "a=b; HttpOnly; SameSite=Lax"),
        ("__Host-a=b; Path=/", "__Host-a=b; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ("__secure-a=b", "__secure-a=b; Secure; HttpOnly; SameSite=Lax"),
        ("x__Host-a=b", "x__Host-a=b; HttpOnly; SameSite=Lax"),
        ("a=__Host-", "a=__Host-; HttpOnly; SameSite=Lax"),
    ])
    func `over plain HTTP only names that promise it get Secure`(_ line: String, _ sent: String) {
        #expect(Self.sent(["Set-Cookie: \(line)"], isSecure: false) == ["Set-Cookie: \(sent)"])
    }

    @Test func `each line is a cookie, in its order and spelling of values`() {
        let lines = [
            "set-cookie: b=1", "X-A: 1", "SET-COOKIE:\t csrf=2", "Set-Cookie: a=3; Secure",
        ]
        #expect(
            Self.sent(lines) == [
                "Set-Cookie: b=1; Secure; HttpOnly; SameSite=Lax", "Set-Cookie: csrf=2",
                "Set-Cookie: a=3; Secure; HttpOnly; SameSite=Lax",
            ])
    }

    @Test func `cookies pass as they are, or not at all, where a route says so`() {
        #expect(Self.sent(["set-cookie: a=b"], over: .pass) == ["set-cookie: a=b"])
        #expect(Self.sent(["Set-Cookie: a=b"], removing: ["set-cookie"]).isEmpty)
        #expect(Self.sent(["Set_Cookie: a=b"]).isEmpty)
    }
}
