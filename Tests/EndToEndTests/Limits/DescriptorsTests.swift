import Testing

@Suite(.staged) struct DescriptorsTests {
    @Test func `without descriptors accepting pauses, and resumes by itself`() throws {
        let app = try Origin.saying()
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes:
              - { name: own, match: { path: /own }, respond: { status: 200, body: own } }
              - { name: app, match: { path: /* }, upstream: app }
            """, descriptorsMax: 48, apps: [app])
        let early = try apus.connect()
        #expect(try early.ask(get("/own")).text == "own")
        do {
            let crowd = try (0..<80).map { _ in try Descriptor.begun(to: .ip4(apus.port)) }
            try eventually("the pause is logged") { try !apus.lines("listener").isEmpty }
            // Who is in is served all the while.
            for _ in 1...20 { #expect(try early.ask(get("/own")).text == "own") }
            #expect(crowd.count == 80)
        }
        let late = try eventually("a new connection is served") {
            try? apus.ask(get("/own"))
        }
        #expect(late.text == "own")
        #expect(try apus.ask(get("/x")).text == "hello")
        let metrics = try apus.metrics()
        #expect((metrics["apus_accept_errors_total{listener=\"public\"}"] ?? 0) > 0)
        #expect((metrics["apus_accept_pauses_total{listener=\"public\"}"] ?? 0) > 0)
        // It did not try without pause.
        #expect((metrics["process_cpu_seconds_total"] ?? 100) < 5)
        try apus.expect("apus_connections_active{listener=\"public\"}", is: 1)
        #expect(try apus.terminate() == 0)
    }

    @Test func `without a descriptor for the app the answer is 502, and the server not at fault`()
        throws
    {
        let app = try Origin.saying()
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"], keepalive: { max: 0 } } }
            routes: [ { name: app, match: { path: /* }, upstream: app } ]
            """, descriptorsMax: 48, apps: [app])
        try withKnownIssue("a kept connection ended once in a while", isIntermittent: true) {
            let wires = try (0..<10).map { _ in try apus.connect() }
            for wire in wires { #expect(try wire.ask(get("/")).status == 200) }
            do {
                let crowd = try (0..<60).map { _ in try Descriptor.begun(to: .ip4(apus.port)) }
                try eventually("descriptors run out") { try !apus.lines("listener").isEmpty }
                for wire in wires {
                    let status = try wire.ask(get("/")).status
                    #expect([200, 502].contains(status))
                }
                #expect(crowd.count == 60)
            }
            let wire = wires[0]
            try eventually("it is well again") { try wire.ask(get("/")).status == 200 }
        } matching: { issue in
            issue.error.map { "\($0)".contains("ended, no response") } ?? false
        }
    }
}
