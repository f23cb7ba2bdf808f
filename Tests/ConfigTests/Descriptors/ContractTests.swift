import Testing

@testable import Config

/// The format as it is promised: whoever writes it is read, or told that it is not there yet.
struct ContractTests {
    private let promised = """
        environment: production
        server:   { workers: auto, drain_timeout: 30s }
        listeners:
          public:
            bind: "0.0.0.0:8080"
            proxy_protocol: off
            tls:
              certificates: [ { cert: /etc/apus/tls/fullchain.pem, key: /etc/apus/tls/key.pem } ]
              min_version: "1.2"
              profile: intermediate
              ciphers: ECDHE-ECDSA-AES128-GCM-SHA256
              sni: default
              tickets: { file: /etc/apus/tls/tickets.key, rotate: 12h }
              client_auth: optional
              client_ca: /etc/apus/tls/ca.pem
              client_depth: 3
              client_crl: /etc/apus/tls/crl.pem
              handshake_timeout: 10s
          plain: { bind: "0.0.0.0:8081", redirect_https: on }
        admin:    { bind: "127.0.0.1:9901", token: "${APUS_ADMIN_TOKEN}", hosts: [] }
        trusted_proxies: [ "10.0.0.0/8" ]
        limits:   { request_line: 8KiB, header_bytes: 32KiB, header_count: 100, body: 10MiB,
          connections: 10000, webhooks_memory: 64MiB }
        timeouts: { header: 10s, body_min_rate: 240B, idle: 75s, send: 30s, connect: 2s,
          response: 30s, stream: 5min, tunnel_idle: 1h }
        log:      { level: info, output: stdout, access: on, format: json, redact_headers: [],
          redact_query: [], sample_success: 1.0 }
        redis: { url: "redis://:${REDIS_PASSWORD}@127.0.0.1:6379/0" }
        security_headers: recommended
        cors:
          app: { origins: ["https://app.example.com"] }
        rate_limits:
          per_ip:  { rate: 60/min, burst: 60, key: client_ip }
        webhooks:
          stripe: { provider: stripe, secrets: ["${STRIPE_WEBHOOK_SECRET}"], tolerance: 5min,
            max_body: 1MiB, replay: on, replay_ttl: 3d, mode: enforce, duplicate_wait: 5s,
            challenge: { query: q, token_query: t, token: "${STRIPE_WEBHOOK_SECRET}" } }
          twilio: { provider: twilio, secrets: ["${STRIPE_WEBHOOK_SECRET}"],
            public_url: "https://api.example.com" }
          other: { provider: generic, secrets: ["${STRIPE_WEBHOOK_SECRET}"], header: X-A,
            algorithm: hmac-sha256, encoding: hex, prefix: "v1", list_separator: ",",
            pair_separator: "=", signed: "{ts}.{body}", timestamp_header: X-T, timestamp_unit: ms,
            id: "json:id" }
        upstreams:
          app:
            servers: ["https://127.0.0.1:3000"]
            balance: round_robin
            keepalive: { max: 64, idle: 30s }
            host: client
            tls: { verify: on, ca: /a, server_name: b, client_cert: /c, client_key: /d }
        trace: continue
        forwarded: { read: x_forwarded, write: off }
        errors: { pages: {}, sentry_dsn: "http://key@sentry.example.com/1" }
        audit: { output: stdout, chain: on }
        otlp: { endpoint: "http://127.0.0.1:4318", ratio: 0.1 }
        routes:
          - { name: live, match: { path: /api/health }, health: live }
          - { name: stripe, match: { path: /webhooks/stripe, methods: [POST] },
              webhook: stripe, upstream: app }
          - { name: login, match: { path: /api/auth/*, methods: [POST] },
              cors: app, rate_limits: [per_ip], upstream: app }
          - { name: old, match: { host: old.example.com },
              redirect: { to: "https://www.example.com{path}", status: 308 } }
          - { name: robots, match: { path: /robots.txt },
              respond: { status: 200, body: "User-agent: *\\n", content_type: text/plain } }
          - { name: app, match: { host: "*.example.com", path: /* },
              auth: { bearer: "${CRON_SECRET}" }, access: { deny: ["10.0.0.0/8"] },
              concurrency: { max: 50, queue: 10, queue_timeout: 1s },
              upstream_errors: pass, cookies: harden,
              fetch_metadata: off, maintenance: off, strip_prefix: /api, request_headers: {},
              response_headers: {}, content_types: [text/plain], json: {}, upload: {},
              upstream: app }
        tests:
          - { request: "GET https://x.example.com/y", headers: { Origin: "https://a.example" },
              from: 203.0.113.7, listener: public,
              expect: { route: app, upstream: app, status: 200, header: { x-frame-options: DENY },
                header_matches: { x-a: "^b" }, no_header: [server], cors: none, limits: [per_ip] } }
        """
    private let environment = [
        "APUS_ADMIN_TOKEN": "c3a9f1d2b4e6f8a0", "REDIS_PASSWORD": "x",
        "STRIPE_WEBHOOK_SECRET": "whsec_0f3c9a1d2b4e6f8a",
        "CRON_SECRET": "f3c9a1d2b4e6f8a0",
    ]

    @Test func `every promised key is read`() {
        let said = load(promised, environment: environment).problems
        #expect(said.filter { $0.severity == .error } == [])
    }
}
