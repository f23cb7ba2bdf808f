import Testing

@testable import Policy

/// Bodies by the boundary `B0und`, each read whole, byte by byte, and divided in two everywhere.
struct MultipartReaderTests {
    private static let limits = UploadSettings(
        partCountMax: 3, partBytesMax: 40, types: ["image/png", "text/plain"])
    private static let png = "\u{89}PNG\r\n\u{1a}\n"

    /// The reason's token, `passes` without one.
    ///
    /// Characters up to 255 are bytes.
    private func verdict(_ text: String, _ settings: UploadSettings = limits) -> String {
        let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        let whole = BodyInvariants.uploadVerdict(bytes, "B0und", settings)
        for lead in 0...bytes.count {
            #expect(BodyInvariants.uploadVerdict(bytes, "B0und", settings, lead: lead) == whole)
        }
        for step in [1, 2, 3, 5, 8, 13] {
            #expect(BodyInvariants.uploadVerdict(bytes, "B0und", settings, step: step) == whole)
        }
        return whole.map { "\($0.token)" } ?? "passes"
    }

    private func part(_ head: String, _ content: String = "x") -> String {
        "--B0und\r\n\(head)\r\n\r\n\(content)\r\n"
    }

    private static let field = "Content-Disposition: form-data; name=\"a\""
    private static let end = "--B0und--\r\n"

    private func body(_ parts: String...) -> String { parts.joined() + Self.end }

    private func file(_ type: String, _ content: String) -> String {
        part("\(Self.field); filename=\"f\"\r\nContent-Type: \(type)", content)
    }

    // MARK: What passes

    @Test func `fields and files as browsers and programs send them pass`() {
        #expect(verdict(Self.end) == "passes")
        #expect(verdict("--B0und--") == "passes")
        #expect(verdict("\r\n" + body(part(Self.field))) == "passes")
        #expect(verdict(body(part(Self.field, ""), part(Self.field, "\r\n\r\n"))) == "passes")
        #expect(verdict(body(file("image/png", Self.png + "\0\r\n-\r\n--B0un"))) == "passes")
        #expect(verdict(body(file("IMAGE/Png; q=1", Self.png))) == "passes")
        #expect(verdict(body(file("text/plain;charset=utf-8", "a < b"))) == "passes")
        #expect(verdict(body(part("content-disposition:FORM-DATA ; name=a"))) == "passes")
        let both = "\(Self.field); filename=f.txt; filename*=utf-8''%e2%82%ac.txt"
        #expect(verdict(body(part(both))) == "passes")
        let more =
            "\(Self.field)\r\nContent-Length: 3\r\nContent-Transfer-Encoding: Binary\r\nX-A: b"
        #expect(verdict(body(part(more, "abc"))) == "passes")
        #expect(
            verdict(body(part("\(Self.field)\r\nContent-Type: application/json", "{}"))) == "passes"
        )
    }

    @Test func `a file that was not chosen passes, whatever its type`() {
        let none = "\(Self.field); filename=\"\"\r\nContent-Type: application/octet-stream"
        #expect(verdict(body(part(none, ""))) == "passes")
        #expect(verdict(body(part(none, "x"))) == "upload_type_refused")
    }

    @Test func `a content may hold all but the delimiter`() {
        for content in [
            "--", "-", "\r", "\n", "\r\n", "\r\n--", "\r\n--B0u", "B0und", "-B0und", "- -B0und",
            "\r\r\n", "\n\n\n--B0un", "--B0\r\n--B0un",
        ] {
            #expect(verdict(body(part(Self.field, content))) == "passes")
        }
    }

    // MARK: Limits

    @Test func `parts up to the limits pass, and not one byte more`() {
        let long = String(repeating: "x", count: 40)
        #expect(verdict(body(part(Self.field, long))) == "passes")
        #expect(verdict(body(part(Self.field, long + "x"))) == "upload_part_too_large")
        let longest = String(repeating: "x", count: 400)
        #expect(verdict(body(part(Self.field, longest))) == "upload_part_too_large")
        #expect(verdict(part(Self.field, longest)) == "upload_part_too_large")
        let one = part(Self.field)
        #expect(verdict(body(one, one, one)) == "passes")
        #expect(verdict(body(one, one, one, one)) == "upload_too_many_parts")
    }

    @Test func `heads of parts are bounded`() {
        let line = "X: " + String(repeating: "x", count: 4096)
        #expect(verdict(body(part("\(Self.field)\r\n\(line)"))) == "multipart_headers_too_large")
        #expect(verdict("--B0und\r\n\(line)\(line)") == "multipart_headers_too_large")
        let lines = (0..<16).map { "X\($0): y" }.joined(separator: "\r\n")
        #expect(verdict(body(part("\(Self.field)\r\n\(lines)"))) == "multipart_headers_too_large")
    }

    // MARK: Delimiters

    @Test(arguments: [
        ("", "multipart_unfinished"), ("--B0und", "multipart_unfinished"),
        ("--B0und\r\n", "multipart_unfinished"), ("--B0und-", "multipart_unfinished"),
        ("--B0und--\r", "multipart_unfinished"),
        ("hello\r\n--B0und--", "multipart_preamble"), ("\r\n\r\n--B0und--", "multipart_preamble"),
        ("\n--B0und--", "multipart_preamble"), ("B0und--", "multipart_preamble"),
        ("--b0und--", "multipart_preamble"),
        ("--B0und--x", "multipart_epilogue"), ("--B0und--\n", "multipart_epilogue"),
        ("--B0und--\r\nx", "multipart_epilogue"), ("--B0und--\r\n\r\n", "multipart_epilogue"),
        ("--B0und\n", "multipart_delimiter"), ("--B0und \r\n", "multipart_delimiter"),
        ("--B0undX\r\n", "multipart_delimiter"), ("--B0und-x", "multipart_delimiter"),
        ("--B0und\rx", "multipart_delimiter"),
    ])
    func `a body is nothing but its parts`(_ row: (text: String, reason: String)) {
        #expect(verdict(row.text) == row.reason)
    }

    @Test(arguments: [
        "a\n--B0und", "a\r--B0und", "a--B0und", "--B0und", "\n--B0und", "\r\n---B0und",
        "\r\n--B0und ", "\r\n--B0undX", "\r\n--B0und\n", "\r\n--B0und-", "\r\r--B0und--",
    ])
    func `the delimiter's bytes stand nowhere else`(content: String) {
        #expect(verdict(body(part(Self.field, content + "x"))) == "multipart_delimiter")
    }

    @Test func `nor in the head of a part`() {
        for line in ["X: --B0und--", "X: a--B0und", "--B0und: x", "--B0und"] {
            #expect(verdict(body(part("\(Self.field)\r\n\(line)"))) == "multipart_delimiter")
        }
    }

    @Test func `a part without an end is no part`() {
        #expect(verdict(part(Self.field)) == "multipart_unfinished")
        #expect(verdict(part(Self.field, "x\r\n--B0un")) == "multipart_unfinished")
        #expect(verdict("--B0und\r\n\(Self.field)\r\n\r\n") == "multipart_unfinished")
        // The empty line of the head is not the delimiter's too.
        #expect(verdict("--B0und\r\n\(Self.field)\r\n\r\n--B0und--") == "multipart_delimiter")
    }

    // MARK: Heads of parts

    @Test(arguments: [
        "", "X: y", "Content-Disposition: attachment; name=a", "Content-Disposition: form-data",
        "Content-Disposition: form-data; filename=a", "Content-Disposition: form-data; name",
        "Content-Disposition: form-data; name=", "Content-Disposition: form-data; name=\"a",
        "Content-Disposition: form-data; name=\"a\" b", "Content-Disposition: form-data name=a",
        "Content-Disposition: form-data; name=\"a\\\"; filename=\\\"b\"",
        "Content-Disposition: form-data; name=\"a\"; name=\"b\"",
        "Content-Disposition: form-data; name=a; filename=b; filename=c",
        "Content-Disposition: form-data; name=a; filename=b; FileName=c",
        "Content-Disposition: form-data; name=a; filename*=utf-8''b; filename*=utf-8''c",
        "Content-Disposition: form-data; name=a; filename*0=b; filename*1=c",
        "Content-Disposition: form-data; name=a; filename*=b",
        "Content-Disposition: form-data; name=a; filename*=utf-7''b",
        "Content-Disposition: form-data; name=a; filename*=utf-8''b%00",
        "Content-Disposition: form-data; name=a; filename*=utf-8''b%0d%0aX:%20y",
        "Content-Disposition: form-data; name=a; filename*=utf-8''b%4",
        "Content-Disposition: form-data; name=a; filename*=\"utf-8''b\"",
        "Content-Disposition: form-data; name=a; filename = b",
        "Content-Disposition: form-data; name=a; size=3", "Content-Disposition: form-data; name=a;",
        "Content-Disposition: form-data; name*=utf-8''a",
    ])
    func `a disposition that could be read in two ways is refused`(head: String) {
        let text = head.isEmpty ? "--B0und\r\n\r\nx\r\n" : part(head)
        #expect(verdict(body(text)) == "multipart_disposition")
    }

    @Test(arguments: [
        "Content-Disposition : form-data; name=a", " X: y", "X", "X\u{0}: y", ": y", "X_Y: z",
        "X: a\rb", "X: a\u{0}", "X: \u{7f}", "Content Type: text/plain",
        "Content-Disposition: form-data; name=\"a\u{0}\"",
        "X: a\r\n b",
        "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b",
        "Content-Disposition: form-data; name=a\r\nContent-Type: image",
        "Content-Disposition: form-data; name=a\r\nContent-Type: text/plain, image/png",
        "Content-Disposition: form-data; name=a\r\nContent-Type: image/png\r\ncontent-type: a/b",
        "Content-Disposition: form-data; name=a\nX: y",
    ])
    func `a header line that is none is refused`(head: String) {
        let reason = verdict(body(part(head)))
        #expect(
            reason == "multipart_headers"
                || (reason == "upload_type_refused" && head.contains("image/png")))
    }

    @Test(arguments: [
        ("Content-Transfer-Encoding: base64", "multipart_encoding"),
        ("Content-Transfer-Encoding: quoted-printable", "multipart_encoding"),
        (
            "Content-Transfer-Encoding: binary\r\nContent-Transfer-Encoding: 7bit",
            "multipart_headers"
        ),
        ("Content-Encoding: gzip", "multipart_encoding"),
        ("Content-Type: multipart/mixed; boundary=x", "multipart_nested"),
        ("Content-Type: Multipart/Form-Data", "multipart_nested"),
        ("Content-Type: message/rfc822", "multipart_nested"),
        ("Content-Length: 2", "multipart_length"), ("Content-Length: 0", "multipart_length"),
        ("Content-Length: -1", "multipart_length"), ("Content-Length: 0x1", "multipart_length"),
        ("Content-Length: 99999999999999999999", "multipart_length"),
        ("Content-Length: 1\r\nContent-Length: 1", "multipart_headers"),
    ])
    func `what an app could decode is refused`(_ row: (line: String, reason: String)) {
        #expect(verdict(body(part("\(Self.field)\r\n\(row.line)"))) == row.reason)
    }

    // MARK: Types

    @Test func `files are of a type that the route takes, and begin as it does`() {
        #expect(verdict(body(file("image/gif", "GIF89a"))) == "upload_type_refused")
        #expect(verdict(body(file("image/png", "GIF89a"))) == "upload_type_mismatch")
        #expect(verdict(body(file("image/png", ""))) == "upload_type_mismatch")
        #expect(verdict(body(file("image/png", "\u{89}PNG"))) == "upload_type_mismatch")
        #expect(verdict(body(file("text/plain", "a\0b"))) == "upload_type_mismatch")
        #expect(verdict(body(file("text/plain", " \r\n\t<script>"))) == "upload_type_mismatch")
        #expect(verdict(body(file("text/plain", "%PDF-1.7"))) == "upload_type_mismatch")
        let late = String(repeating: "x", count: 30) + "\0"
        #expect(verdict(body(file("text/plain", late))) == "upload_type_mismatch")
    }

    @Test func `a file without a type is plain text, a type without a name is a file's`() {
        #expect(verdict(body(part("\(Self.field); filename=f", "text"))) == "passes")
        #expect(verdict(body(part("\(Self.field); filename=f", "\0"))) == "upload_type_mismatch")
        let unnamed = "\(Self.field)\r\nContent-Type: application/octet-stream"
        #expect(verdict(body(part(unnamed))) == "upload_type_refused")
        let pictures = UploadSettings(partCountMax: 3, partBytesMax: 40, types: ["image/*"])
        #expect(
            verdict(body(part("\(Self.field); filename=f", "text")), pictures)
                == "upload_type_refused")
        #expect(verdict(body(part(Self.field, "text")), pictures) == "passes")
    }

    @Test func `without types all files pass unseen`() {
        let any = UploadSettings(partCountMax: 3, partBytesMax: 40, types: nil)
        #expect(verdict(body(file("image/png", "\0")), any) == "passes")
        #expect(verdict(body(part("\(Self.field); filename=\"\"", "x")), any) == "passes")
    }
}
