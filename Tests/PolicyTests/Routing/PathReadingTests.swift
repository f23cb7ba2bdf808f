import Bytes
import Testing

@testable import Policy

/// Each row is one of docs/routing.md: what a path means to the routes, and which of them refuse
/// it.
@Suite struct PathReadingTests {
    /// `/admin/*` is route 0, `/café/*` route 1, `/my docs` route 2, all else route 3.
    private static let routes = [
        RouteSample("/admin/*"), RouteSample("/café/*"), RouteSample("/my docs"), RouteSample("/*"),
    ]

    struct Row: CustomTestStringConvertible {
        let path: String
        let decision: String
        var testDescription: String { path }

        init(_ path: String, _ decision: String) {
            self.path = path
            self.decision = decision
        }
    }

    @Test(arguments: [
        Row("/admin", "0"), Row("/admin/", "0"), Row("/admin/x/y", "0"), Row("/administrator", "3"),
        Row("/Admin", "3"), Row("/", "3"), Row("", "3"), Row("/x/admin", "3"),
    ])
    func `a plain path is matched as it is`(_ row: Row) {
        #expect(Self.routes.decision(SentRequest("GET", row.path)) == row.decision)
    }

    @Test(arguments: [
        Row("/caf%C3%A9", "1"), Row("/caf%c3%a9/x", "1"), Row("/my%20docs", "2"),
        Row("/x%22%3C%3E", "3"), Row("/x%0A%7F", "3"), Row("/caf%C3%A9/%61", "1"),
    ])
    func `an escape without another spelling is no doubt`(_ row: Row) {
        #expect(Self.routes.decision(SentRequest("GET", row.path)) == row.decision)
    }

    @Test(arguments: [
        // An escaped letter, slash or dot hides the route from whoever does not decode.
        Row("/%61dmin", "path_ambiguous"), Row("/admin%2Fx", "path_ambiguous"),
        Row("/x%2Fadmin", "3"), Row("/%2Fadmin", "path_ambiguous"),
        Row("/x/%2e%2e/admin", "path_ambiguous"),
        Row("/x/.%2E/admin", "path_ambiguous"), Row("/x%2f..%2fadmin", "path_ambiguous"),
        Row("/%41dmin", "3"), Row("/admin/%61", "0"), Row("/admin/a%2Fb", "0"),
        Row("/files/a%2Fb", "3"), Row("/admin/..%2fx", "path_ambiguous"),
        // Twice encoded is decoded once: what stands there is text.
        Row("/%2561dmin", "3"), Row("/admin%252Fx", "3"), Row("/%252e%252e/admin", "3"),
    ])
    func `a hidden byte is refused only where routes differ`(_ row: Row) {
        #expect(Self.routes.decision(SentRequest("GET", row.path)) == row.decision)
    }

    @Test(arguments: [
        Row("/x/../admin", "path_ambiguous"), Row("/./admin", "path_ambiguous"),
        Row("/admin/../x", "path_ambiguous"), Row("/admin/x/..", "0"), Row("/admin/.", "0"),
        Row("/admin/..", "path_ambiguous"), Row("/x/..", "3"), Row("/x/../y", "3"),
        Row("/admin/x/../../admin/y", "0"), Row("/x/...", "3"), Row("/.admin", "3"),
        Row("/x/.../admin", "3"), Row("/admin/..x", "0"), Row("/a/./b", "3"),
        // Resolved before it is decoded, this is below /admin; decoded first, it is not.
        Row("/x/../admin/a%2F..%2F..%2Fy", "path_ambiguous"),
    ])
    func `dot-segments are removed, and refused where routes differ`(_ row: Row) {
        #expect(Self.routes.decision(SentRequest("GET", row.path)) == row.decision)
    }

    @Test(arguments: [
        Row("//admin", "path_ambiguous"), Row("/x//admin", "3"), Row("/admin//x", "0"),
        Row("/x//../admin", "path_ambiguous"), Row("/x/..//admin", "path_ambiguous"),
        Row("/\\admin", "path_ambiguous"), Row("/x\\..\\admin", "path_ambiguous"),
        Row("/x%5C..%5Cadmin", "path_ambiguous"), Row("/x\\y", "3"),
        Row("/admin\\x", "path_ambiguous"),
        Row("/admin;a=b", "path_ambiguous"), Row("/admin;a=b/x", "path_ambiguous"),
        Row("/x/..;/admin", "path_ambiguous"), Row("/x/..;a=b/admin", "path_ambiguous"),
        Row("/;/admin", "path_ambiguous"), Row("/x;a=b", "3"), Row("/admin/x;a=b", "0"),
        Row("/x/%2e%2e;/admin", "path_ambiguous"), Row("/admin%3Bx", "3"), Row("/x//", "3"),
    ])
    func `what lax apps read otherwise is refused where routes differ`(_ row: Row) {
        #expect(Self.routes.decision(SentRequest("GET", row.path)) == row.decision)
    }

    @Test(arguments: [
        Row("/%", "path_bad_escape"), Row("/x%4", "path_bad_escape"),
        Row("/%zz", "path_bad_escape"),
        Row("/%u0041", "path_bad_escape"), Row("/%+1", "path_bad_escape"),
        Row("/x%2", "path_bad_escape"),
        Row("/x%00", "path_nul"), Row("/admin%00.png", "path_nul"), Row("/;%00", "path_nul"),
        Row("/..", "path_above_root"), Row("/../x", "path_above_root"),
        Row("/%2e%2e", "path_above_root"),
        Row("/x/../..", "path_above_root"), Row("/x/..%2f..%2fy", "path_above_root"),
        Row("/..;/x", "path_above_root"), Row("/\\..", "path_above_root"),
        Row("//..", "path_above_root"),
        Row("admin", "path_not_rooted"), Row("*x", "path_not_rooted"),
    ])
    func `a path without a reading is refused whatever the routes`(_ row: Row) {
        #expect(Self.routes.decision(SentRequest("GET", row.path)) == row.decision)
        #expect([RouteSample("/*")].decision(SentRequest("GET", row.path)) == row.decision)
    }

    @Test(arguments: [
        Row("/%61dmin", "0"), Row("/x/../y", "0"), Row("//x", "0"), Row("/a;b", "0"),
        Row("/x%2F..", "0"), Row("/a\\b", "0"),
    ])
    func `where one route takes everything nothing is ambiguous`(_ row: Row) {
        #expect([RouteSample("/*")].decision(SentRequest("GET", row.path)) == row.decision)
    }

    @Test(arguments: [
        ("/a/b/c/./../../g", "/a/g"), ("/mid/content=5/../6", "/mid/6"), ("/a/b/..", "/a/"),
        ("/a/.", "/a/"), ("/a/..", "/"), ("/.", "/"), ("/a//b", "/a//b"), ("/a//../b", "/a/b"),
        ("/a%2F..%2Fb", "/b"), ("/%7Ea", "/~a"), ("/%25", "/%"), ("/a/..b", "/a/..b"), ("/", "/"),
    ])
    func `the decoded reading follows RFC 3986`(_ path: String, _ reading: String) throws {
        #expect(try Self.written(path, .decoded) == reading)
    }

    @Test(arguments: [
        ("/a//b", "/a/b"), ("/a//../b", "/b"), ("/a;x/b", "/a/b"), ("/a\\b", "/a/b"),
        ("/a;x%2Fy/b;", "/a/b"), ("/a%5Cb", "/a/b"), ("/a//", "/a/"), ("/a%3Bx", "/a;x"),
        ("/a/..;/b", "/b"), ("/;x", "/"),
    ])
    func `the lax reading merges, turns and cuts`(_ path: String, _ reading: String) throws {
        #expect(try Self.written(path, .laxDecoded) == reading)
    }

    @Test func `the raw and resolved readings keep escapes that hide a byte`() throws {
        #expect(try Self.written("/%61/../caf%C3%A9%2F", .raw) == "/%61/../café%2F")
        #expect(try Self.written("/%61/%2e%2e/caf%C3%A9%2F%25", .resolved) == "/café%2F%25")
        #expect(try Self.written("/a%5c//%2e/b;x", .laxResolved) == "/a%5c/b")
    }

    static func written(_ path: String, _ reading: PathReading) throws -> String {
        let bytes = Array(path.utf8)
        var output = [UInt8](repeating: 0, count: bytes.count)
        var span = output.mutableSpan
        let count = try reading.write(bytes.span, ByteRange(0, bytes.count), to: &span)
        return String(decoding: output.prefix(count), as: UTF8.self)
    }
}
