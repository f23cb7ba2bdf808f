import Bytes
import Telemetry
import Testing

@Suite struct AccessLineTests {
    @Test func `a typical line has its fields by name and order`() {
        var source = SourceText()
        let record = typicalRecord(&source)
        let line = accessLine(record, source.bytes)
        #expect(
            line == """
                {"time":"2026-03-01T12:34:56.789Z","level":"info","event":"request",\
                "message":"request","request_id":"0195f3c2-7d1a-7c3e-8a51-0123456789ab",\
                "trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","client_ip":"203.0.113.9",\
                "method":"GET","host":"app.example.com","path":"/api/items/17",\
                "query":"page=2&token=[redacted]","protocol":"HTTP/1.1","status":200,\
                "bytes_in":0,"bytes_out":5120,"duration_ms":12.345,"route":"app",\
                "upstream":"app","upstream_address":"127.0.0.1:3000","upstream_status":200,\
                "upstream_ms":11.007,"outcome":"proxied","user_agent":"Mozilla/5.0 (X11)",\
                "referer":"https://app.example.com/?code=[redacted]"}\n
                """)
    }

    @Test func `what has no value is left out`() {
        let line = accessLine(AccessRecord(outcome: .badRequest), [])
        #expect(
            line == """
                {"time":"2026-03-01T12:34:56.789Z","level":"info","event":"request",\
                "message":"request","bytes_in":0,"bytes_out":0,"duration_ms":0.000,\
                "outcome":"bad_request"}\n
                """)
    }
}
