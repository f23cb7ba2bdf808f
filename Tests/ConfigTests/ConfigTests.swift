import Testing

@testable import Config

@Test func `probe`() {
    let r = Loading.load(path: "conf/quickstart.yaml", environment: [:])
    for p in r.problems { print(p.text) }
    #expect(r.snapshot != nil)
    let bad = """
        enviroment: production
        listeners:
          public: { bind: "0.0.0.0:99999" }
          public: { bnid: 1 }
        redis: { url: x }
        limits: { body: 0B, connections: 0, request_line: 10KB, body: 3 }
        timeouts: { idle: 5m, send: "${X}", header: *foo }
        upstreams: { app: { servers: ["${Y:-hi}", {address: "https://x", weight: 0}] } }
        routes:
          - { name: a, match: { host: *.example.com }, upstream: ap }
          - { name: a, upstream: app, redirect: { to: "foo" } }
          - { nam: a, security_headers: none }
        """
    for p in Loading.load(text: bad, path: "bad.yaml", environment: [:]).problems { print(p.text) }
    for p in Loading.load(text: "a: [", path: "bad.yaml", environment: [:]).problems { print(p.text) }
    for p in Loading.load(text: "a:\n\tb: 1", path: "bad.yaml", environment: [:]).problems { print(p.text) }
    for p in Loading.load(text: "", path: "bad.yaml", environment: [:]).problems { print(p.text) }
    for p in Loading.load(text: "[1]", path: "bad.yaml", environment: [:]).problems { print(p.text) }
}
