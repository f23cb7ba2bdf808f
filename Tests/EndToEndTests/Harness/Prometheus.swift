import Foundation

/// A real Prometheus that scrapes a gateway several times a second, with the rules that we ship.
final class Prometheus: Sendable {
    let port: UInt16
    private let process: ChildProcess

    /// What the API says: only as much as tests ask for.
    private struct Answer<Value: Decodable>: Decodable {
        let data: Value
    }

    struct Alert: Decodable, Sendable {
        let labels: [String: String]
        let annotations: [String: String]
        let state: String
    }

    private struct Alerts: Decodable {
        let alerts: [Alert]
    }

    private struct Vector: Decodable {
        struct Sample: Decodable {
            let metric: [String: String]
            let value: [Text]
        }

        let result: [Sample]
    }

    /// A time is a number and a value a text, side by side.
    private struct Text: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            text = try (try? container.decode(String.self)) ?? "\(container.decode(Double.self))"
        }
    }

    struct Exemplars: Decodable, Sendable {
        struct Exemplar: Decodable, Sendable {
            let labels: [String: String]
            let value: String
        }

        let seriesLabels: [String: String]
        let exemplars: [Exemplar]
    }

    init(scraping adminPort: UInt16) throws {
        port = try Ports.free()
        let folder = try ChildProcess.newFolder()
        let rules = try Self.hastened(Tree.project("docker/prometheus/alerts.yml"))
        let configuration = """
            global: { scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 250ms }
            rule_files: [alerts.yml]
            scrape_configs:
              - job_name: apus
                static_configs: [ { targets: ["127.0.0.1:\(adminPort)"] } ]
            """
        process = try ChildProcess(
            [
                "prometheus", "--config.file=\(folder)/prometheus.yml",
                "--storage.tsdb.path=\(folder)/data", "--web.listen-address=127.0.0.1:\(port)",
                "--enable-feature=exemplar-storage", "--log.level=warn",
            ], files: ["prometheus.yml": configuration, "alerts.yml": rules], in: folder)
        try eventually("prometheus is ready", within: 60) {
            if process.exitCode != nil { throw Unmet(process.output("stderr")) }
            return (try? get("/-/ready", within: 2).status) == 200
        }
    }

    /// The same rules for a test's haste: what they wait for and look back on is seconds.
    private static func hastened(_ rules: String) -> String {
        rules.replacing(/for: [0-9]+[smh]/, with: "for: 1s")
            .replacing(/\[[0-9]+m\]/, with: "[5s]")
    }

    private func get(_ target: String, within seconds: Double = 20) throws -> Message {
        let wire = try Wire(to: .ip4(port))
        try wire.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return try wire.response(within: seconds)
    }

    private func ask<Value: Decodable>(
        _ path: String, _ query: [String: String] = [:]
    ) throws -> Value {
        let pairs = query.sorted { $0.key < $1.key }.map { name, text in
            let plain = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
            return "\(name)=\(plain ?? "")"
        }
        let answer = try get("/api/v1/\(path)?\(pairs.joined(separator: "&"))")
        guard answer.status == 200 else { throw Unmet("\(answer.status): \(answer.text)") }
        return try JSONDecoder().decode(Answer<Value>.self, from: Data(answer.body)).data
    }

    /// Alerts that fire, by name.
    func firing() throws -> [String: Alert] {
        let alerts: Alerts = try ask("alerts")
        let firing = alerts.alerts.filter { $0.state == "firing" }
        return Dictionary(firing.map { ($0.labels["alertname"] ?? "", $0) }) { first, _ in first }
    }

    /// The value of a query that has one; `nil` for none.
    func value(of query: String) throws -> Double? {
        let vector: Vector = try ask("query", ["query": query])
        return vector.result.first?.value.last.flatMap { Double($0.text) }
    }

    func exemplars(of query: String) throws -> [Exemplars] {
        let now = Date().timeIntervalSince1970
        return try ask(
            "query_exemplars",
            ["query": query, "start": "\(Int(now) - 600)", "end": "\(Int(now) + 10)"])
    }
}
