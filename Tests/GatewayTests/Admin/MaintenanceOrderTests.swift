import Config
import Policy
import Testing

@testable import Gateway

struct MaintenanceOrderTests {
    private func settings(_ body: String) throws(MaintenanceOrder.Objection) -> MaintenanceSettings
    {
        try MaintenanceOrder.settings(Array(body.utf8))
    }

    @Test(arguments: ["", " \r\n", "{}", " { } "])
    func `nothing said is the usual`(_ body: String) throws {
        #expect(try settings(body) == MaintenanceSettings())
    }

    @Test func `each member is taken`() throws {
        let found = try settings(
            "{\"message\":\"B\\u00e4ck \\\"soon\\\"\",\"retry_after\":30,"
                + "\"allow\":[\"10.0.0.0/8\",\"::1\",\"unix\"]}")
        #expect(found.message == "Bäck \"soon\"")
        #expect(found.retryAfter == 30)
        #expect(found.allow?.blocks.map(\.description) == ["10.0.0.0/8", "::1/128"])
        #expect(found.allow?.holdsUnix == true)
        let json = MaintenanceNotice(found).json.compact
        #expect(try settings(json) == found)
    }

    @Test(arguments: [
        ("[]", "no JSON object"), ("1", "no JSON object"), ("{", "no JSON"),
        ("nonsense", "no JSON"),
        ("{\"message\":\"\\ud800\"}", "no JSON"), ("{\"mesage\":\"a\"}", "other than"),
        ("{\"message\":\"a\",\"message\":\"b\"}", "twice"), ("{\"message\":1}", "message is"),
        ("{\"message\":\"\"}", "message is"), ("{\"message\":\"a\\nb\"}", "message is"),
        ("{\"message\":null}", "message is"), ("{\"retry_after\":0}", "retry_after is"),
        ("{\"retry_after\":86401}", "retry_after is"), ("{\"retry_after\":-1}", "retry_after is"),
        ("{\"retry_after\":1.5}", "retry_after is"), ("{\"retry_after\":1e3}", "retry_after is"),
        ("{\"retry_after\":\"5\"}", "retry_after is"),
        ("{\"retry_after\":99999999999999999999}", "retry_after is"),
        ("{\"allow\":\"10.0.0.0/8\"}", "allow is"), ("{\"allow\":[]}", "allow is"),
        ("{\"allow\":[1]}", "allow is"), ("{\"allow\":[\"10.0.0.1/8\"]}", "allow is"),
        ("{\"allow\":[[[[[]]]]]}", "no JSON"),
    ])
    func `anything else is refused, and nothing of it repeated`(_ body: String, _ part: String) {
        #expect {
            try settings(body)
        } throws: {
            ($0 as? MaintenanceOrder.Objection)?.detail.contains(part) == true
        }
    }

    @Test func `a message as long as may be is taken, and one byte more is not`() throws {
        let longest = String(repeating: "x", count: 1024)
        #expect(try settings("{\"message\":\"\(longest)\"}").message == longest)
        #expect(throws: MaintenanceOrder.Objection.self) {
            try settings("{\"message\":\"\(longest)x\"}")
        }
    }
}
