import Bytes
import HTTP
import Testing

@testable import Policy

struct BodyRulesTests {
    private static let upload = UploadSettings(partCountMax: 1, partBytesMax: 1, types: nil)

    /// What a route makes of a body with these fields: `unread`, `json`, a boundary, or a reason.
    private func reading(
        _ fields: [String: String], json: Bool = true, upload: Bool = false,
        _ framing: BodyFraming = .length(9), twice: String? = nil
    ) -> String {
        var request = SentRequest("POST")
        for (name, value) in fields { request = request.with(name, value) }
        if let twice { request = request.with("Content-Type", twice) }
        let settings = BodySettings(
            jsonDepthMax: json ? 4 : nil, upload: upload ? Self.upload : nil)
        guard let rules = BodyRules(settings) else { return "no rules" }
        return request.read { head, bytes in
            let reading: BodyReading
            do throws(RefusalReason) {
                reading = try rules.reading(of: framed(head, framing), bytes)
            } catch {
                return "\(error.token)"
            }
            switch reading {
            case .unread: return "unread"
            case .json: return "json"
            case .multipart(let boundary):
                return String(decoding: boundary.indices.map { bytes[$0] }, as: UTF8.self)
            }
        }
    }

    private func framed(_ head: borrowing RequestHead, _ framing: BodyFraming) -> RequestHead {
        var copy = RequestHead()
        copy.fields = head.fields
        copy.framing = framing
        return copy
    }

    private func type(
        _ type: String, json: Bool = true, upload: Bool = false, _ framing: BodyFraming = .chunked
    ) -> String {
        reading(["Content-Type": type], json: json, upload: upload, framing)
    }

    @Test(arguments: [
        ("application/json", "json"), ("Application/JSON ; charset=UTF-8", "json"),
        ("application/problem+json", "json"), ("text/json", "json"),
        ("application/vnd.api+json;charset=\"utf-8\"", "json"),
        ("application/json;charset=us-ascii", "json"),
        ("application/json; charset=utf-16", "json_charset"),
        ("application/json; charset=utf-7", "json_charset"),
        ("application/json; charset=utf-8; charset=utf-32", "json_charset"),
        ("application/json charset=utf-8", "content_type_refused"),
        ("application/json, text/plain", "content_type_refused"),
        ("application/json;", "content_type_refused"), ("json", "content_type_refused"),
        ("text/plain", "unread"), ("application/jsonx", "unread"), ("+json/x", "unread"),
    ])
    func `JSON is known by its type, in the encodings that can be looked through`(
        _ row: (type: String, reading: String)
    ) {
        #expect(type(row.type) == row.reading)
    }

    @Test(arguments: [
        ("multipart/form-data; boundary=abc", "abc"),
        ("Multipart/Form-Data;a=b;BOUNDARY=\"a/b:c\"; c=d", "a/b:c"),
        ("multipart/form-data", "multipart_boundary"),
        ("multipart/form-data; boundary=\"\"", "multipart_boundary"),
        ("multipart/form-data; boundary=\"a b\"", "multipart_boundary"),
        ("multipart/form-data; boundary=a*b", "multipart_boundary"),
        ("multipart/form-data; boundary=a; boundary=a", "multipart_boundary"),
        ("multipart/form-data; boundary*=utf-8''a", "multipart_boundary"),
        ("multipart/form-data; boundary=a; boundary*0=b", "multipart_boundary"),
        ("multipart/form-data; boundary=a,b", "content_type_refused"),
        ("multipart/form-data; boundary=\"a\\b\"", "content_type_refused"),
        ("multipart/form-data; boundary=a; x", "content_type_refused"),
        ("multipart/form-data; boundary=", "content_type_refused"),
        ("multipart/form-data, multipart/form-data; boundary=a", "content_type_refused"),
        ("multipart/mixed; boundary=a", "upload_not_multipart"),
        ("application/json", "upload_not_multipart"), ("text/plain", "upload_not_multipart"),
    ])
    func `an upload says its boundary, once and so that all readers find it`(
        _ row: (type: String, reading: String)
    ) {
        #expect(type(row.type, json: false, upload: true) == row.reading)
    }

    @Test func `a boundary has at most 70 bytes`() {
        let longest = String(repeating: "x", count: 70)
        #expect(type("multipart/form-data; boundary=\(longest)", upload: true) == longest)
        let longer = "multipart/form-data; boundary=x\(longest)"
        #expect(type(longer, upload: true) == "multipart_boundary")
    }

    @Test func `a route may take both`() {
        #expect(type("application/json", upload: true) == "json")
        #expect(type("multipart/form-data; boundary=b", upload: true) == "b")
        #expect(type("text/plain", upload: true) == "upload_not_multipart")
        #expect(type("multipart/form-data", json: true) == "unread")
    }

    @Test func `a request without a body passes`() {
        #expect(reading([:], upload: true, .none) == "unread")
        #expect(type("text/plain", upload: true, .length(0)) == "unread")
        #expect(reading([:], upload: true) == "upload_not_multipart")
        #expect(reading([:]) == "unread")
    }

    @Test func `two types are none`() {
        #expect(
            reading(["Content-Type": "application/json"], twice: "application/json")
                == "content_type_refused")
    }

    @Test(arguments: ["Content-Encoding", "content-encoding", "Content_Encoding"])
    func `what was compressed cannot be looked through`(name: String) {
        for type in ["application/json", "multipart/form-data; boundary=b"] {
            for coding in ["gzip", "br", "identity, gzip", "x"] {
                let fields = ["Content-Type": type, name: coding]
                #expect(reading(fields, upload: true) == "body_encoded")
            }
            let plain = ["Content-Type": type, name: "Identity"]
            #expect(reading(plain, upload: true) != "body_encoded")
        }
        #expect(reading(["Content-Type": "text/plain", name: "gzip"]) == "unread")
    }

    @Test func `a route without rules pays for none`() {
        #expect(BodyRules(.none) == nil)
        let pipeline = [RouteSample("/*")].pipeline
        #expect(pipeline.bodyRules(of: 0) == nil)
        #expect(pipeline.bodyRules(of: nil) == nil)
    }

    @Test func `a pipeline refuses by the head what no body could mend`() {
        var route = RouteSample("/*").route(0)
        route.gate.bodies = BodySettings(jsonDepthMax: nil, upload: Self.upload)
        let pipeline = Pipeline(
            routes: [route], listeners: [],
            trustedProxies: TrustedProxies(blocks: [], trustsUnix: false))
        #expect(pipeline.bodyRules(of: 0) != nil)
        #expect(pipeline.decision(SentRequest("POST")) == "0")
    }
}
