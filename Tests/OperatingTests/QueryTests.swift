import Testing

struct QueryTests {
    @Test func `metrics, their labels and groupings are found`() {
        let query = Query(
            """
            sum by (job, route) (rate(apus_http_requests_total{status=~"5..",job='a'}[5m]))
              / on (job) group_left process_open_fds > 0.5e3 and up offset 5m unless $x
            """)
        #expect(
            query.series == [
                .init(metric: "apus_http_requests_total", labels: ["status", "job"]),
                .init(metric: "process_open_fds", labels: []), .init(metric: "up", labels: []),
            ])
        #expect(query.groupings == ["job", "route", "job"])
        #expect(query.faults.isEmpty)
    }

    @Test(arguments: [
        "apus_http_request_total", "rate(apus_http_requests_total{code=\"500\"}[5m])",
        "apus_http_request_duration_seconds", "sum by (path) (apus_connections_active)",
        "apus_connections_active{le=\"1\"}", "apus_upstream_servers_bucket", "go_goroutines",
    ])
    func `what the gateway does not have is found`(_ text: String) {
        #expect(Query(text).faults.count == 1)
    }

    @Test func `a label that a query makes is one`() {
        let made = #"sum by (class) (label_replace(up, "class", "$1", "status", "(.)"))"#
        #expect(Query(made).faults.isEmpty)
    }
}
