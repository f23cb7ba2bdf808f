import Config
import Simulation
import Testing

@testable import Gateway

struct ErrorReportTests {
    private static let second: UInt64 = 1_000_000_000

    private func likeness(_ place: String) -> ErrorReport.Likeness {
        ErrorReport.Likeness(place: place, outcome: "x", status: 500)
    }

    private func report(_ place: String = "app") -> ErrorReport {
        ErrorReport(
            level: .error, time: 1_772_368_496_789, likeness: likeness(place), message: "m")
    }

    // MARK: How often

    @Test func `one of a kind is sent a minute, and tells of those that were not`() {
        var pace = ReportPace()
        var now = 1000 * Self.second
        #expect(pace.admit(likeness("a"), at: now) == 0)
        for _ in 0..<59 {
            now += Self.second
            #expect(pace.admit(likeness("a"), at: now) == nil)
        }
        now += Self.second
        #expect(pace.admit(likeness("a"), at: now) == 59)
        now += 60 * Self.second
        #expect(pace.admit(likeness("a"), at: now) == 0)
    }

    @Test func `of all kinds ten are sent at once, then one a second`() {
        var pace = ReportPace()
        let now = 1000 * Self.second
        let atOnce = (0..<30).count { pace.admit(likeness("\($0)"), at: now) != nil }
        #expect(atOnce == 10)
        let later = (100..<130).count {
            pace.admit(likeness("\($0)"), at: now + 3 * Self.second) != nil
        }
        #expect(later == 3)
    }

    @Test func `any number of kinds takes bounded memory`() {
        var pace = ReportPace()
        for number in 0..<5000 as Range<UInt64> {
            _ = pace.admit(likeness("\(number)"), at: (1000 + number) * Self.second)
        }
        // It has forgotten the first, and knows the last.
        #expect(pace.admit(likeness("4999"), at: 6000 * Self.second) == nil)
        #expect(pace.admit(likeness("0"), at: 6001 * Self.second) == 0)
    }

    // MARK: Where they wait

    @Test func `a box that is full drops and counts`() {
        let box = ReportBox()
        for _ in 0..<(ReportBox.countMax + 7) { box.add(report()) }
        #expect(box.droppedCount == 7)
        for _ in 0..<ReportBox.countMax { #expect(box.takeFirst() != nil) }
        #expect(box.takeFirst() == nil)
        box.noteUntold()
        #expect(box.untoldCount == 0)
        box.isWanted = true
        box.noteUntold()
        #expect(box.untoldCount == 1)
    }

    // MARK: What is reported

    @Test func `an app's error is reported with its request, and no secret`() throws {
        let world = try World(
            Settings.text(extra: "errors: { sentry_dsn: \"http://key@127.0.0.1/1\" }"))
        let box = world.commons.operations.errors.reports
        box.isWanted = true
        world.app.answer = { _ in .init("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") }
        let client = try world.connect()
        client.get("/a?token=geheim&b=1")
        world.run()
        let report = try #require(box.takeFirst())
        #expect(
            report.likeness
                == ErrorReport.Likeness(place: "app", outcome: "proxied", status: 503))
        #expect(report.upstream == "app")
        let request = try #require(report.request)
        #expect(request.url == "http://a.example/a?token=[redacted]&b=1")
        #expect(request.method == "GET")
        let sent = world.app.requests.first?.value("traceparent")
        #expect(sent?.contains("\(request.traceID)-\(request.spanID)") == true)
        #expect(world.records.first?["request_id"] == request.id)
    }

    @Test func `nothing is made that nobody wants`() throws {
        let world = try World()
        world.app.answer = { _ in .init("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") }
        let client = try world.connect()
        client.get("/a")
        world.run()
        #expect(world.commons.operations.errors.reports.takeFirst() == nil)
        #expect(world.commons.operations.errors.latest.count == 1)
    }

    @Test func `signs are reported when they begin, once`() {
        var watch = AnomalyWatch()
        var signs = AnomalyWatch.Signs()
        signs.downUpstreams = ["old"]
        #expect(watch.look(signs, at: 0).isEmpty)
        signs.isRefusing = true
        signs.downUpstreams = ["old", "b", "a"]
        signs.linesDropped = 7
        signs.reloadsRefused = 1
        signs.replaysEvicted = 3
        let reports = watch.look(signs, at: 5)
        #expect(
            reports.map(\.likeness.place)
                == ["redis", "upstream:a", "upstream:b", "log", "reload", "webhooks"])
        #expect(reports[3].message == "7 log lines were dropped.")
        #expect(watch.look(signs, at: 6).isEmpty)
        signs.isRefusing = false
        #expect(watch.look(signs, at: 7).isEmpty)
        signs.isRefusing = true
        #expect(watch.look(signs, at: 8).count == 1)
    }

    // MARK: How it is said

    @Test func `an envelope is three lines, the second saying how long the third is`() throws {
        let envelope = SentryEnvelope(id: "0af7", version: "1.2", environment: "staging")
        var report = report()
        report.upstream = "u"
        report.request = FailedRequest(
            id: "r1", method: "GET", url: "http://h/a?b=c", traceID: "t", spanID: "s")
        let text = String(decoding: envelope.bytes(report, suppressed: 4), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0] == "{\"event_id\":\"0af7\"}")
        #expect(
            lines[1]
                == "{\"type\":\"event\",\"content_type\":\"application/json\",\"length\":"
                + "\(lines[2].utf8.count)}")
        for part in [
            "\"timestamp\":1772368496.789", "\"level\":\"error\"", "\"release\":\"apus@1.2\"",
            "\"environment\":\"staging\"", "\"fingerprint\":[\"app\",\"x\",\"500\"]",
            "\"tags\":{\"route\":\"app\",\"outcome\":\"x\",\"status\":\"500\",\"upstream\":\"u\","
                + "\"request_id\":\"r1\"}",
            "\"url\":\"http://h/a\",\"query_string\":\"b=c\"",
            "\"trace\":{\"trace_id\":\"t\",\"span_id\":\"s\"}", "\"extra\":{\"suppressed\":4}",
        ] { #expect(lines[2].contains(part), "\(part)") }
    }

    @Test(
        arguments: [
            (200, [], nil), (429, [], 60), (429, [("retry-after", "7")], 7),
            (200, [("retry-after", "7")], nil), (503, [("retry-after", "7")], nil),
            (200, [("x-sentry-rate-limits", "30:error:org")], 30),
            (200, [("x-sentry-rate-limits", "30::org, 9:error:key")], 30),
            (200, [("x-sentry-rate-limits", "30:transaction;session:org")], nil),
            (200, [("x-sentry-rate-limits", "30:transaction:org,2700:default;error:x")], 2700),
            (429, [("x-sentry-rate-limits", "5:transaction:org"), ("retry-after", "9")], nil),
            (200, [("x-sentry-rate-limits", "nonsense, :, 1e9:error, -4:error")], nil),
        ] as [(UInt16, [(String, String)], Int64?)])
    func `a receiver says how long it wants none`(
        _ status: UInt16, _ fields: [(String, String)], _ seconds: Int64?
    ) {
        let response = OutboundResponse(
            status: status, fields: fields.map { (name: $0.0, value: $0.1) }, body: [])
        #expect(SentryLimits.pause(after: response) == seconds)
    }

    @Test func `a failing receiver is tried less and less often, and told of once`() {
        var pace = DeliveryPace()
        #expect(pace.noteSuccess() == false)
        let failures = (0..<7).map { _ in pace.noteFailure(asked: nil) }
        #expect(failures.map(\.isFirst) == [true] + Array(repeating: false, count: 6))
        let seconds = [1, 2, 4, 8, 16, 30, 30]
        #expect(failures.map(\.pause) == seconds.map { Duration.seconds($0) })
        #expect(pace.noteSuccess() == true)
        #expect(pace.noteFailure(asked: 20).pause == .seconds(20))
        #expect(pace.noteFailure(asked: 100_000).pause == .seconds(300))
        #expect(DeliveryPace.seconds("12") == 12)
        #expect(DeliveryPace.seconds("Sun, 06 Nov 1994 08:49:37 GMT") == nil)
        #expect(DeliveryPace.seconds("99999999999") == nil)
        #expect(DeliveryPace.seconds("") == nil)
    }
}
