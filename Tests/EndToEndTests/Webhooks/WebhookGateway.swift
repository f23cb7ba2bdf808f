import Testing

/// A gateway with webhooks, its app, and who delivers to it.
final class WebhookGateway: Sendable {
    let apus: Apus
    let app: Origin
    let deliveries: Deliveries

    /// - Parameters:
    ///   - names: Of ``Deliveries/names``; each has a route `/hooks/NAME`, and `/other` has none.
    ///   - adding: A further key of each webhook with its value, in JSON.
    ///   - more: Further sections.
    init(
        _ names: [String], adding: String = "", with more: String = "", app: Origin? = nil,
        deliveries: Deliveries? = nil, environment: [String: String] = [:]
    ) throws {
        let app = try app ?? Origin.saying()
        let deliveries = try deliveries ?? Deliveries()
        self.app = app
        self.deliveries = deliveries
        let routes = names.map {
            "  - { name: \($0), match: { path: /hooks/\($0) }, webhook: \($0), upstream: app }\n"
        }
        apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"] } }
            \(try deliveries.webhooks(names, adding: adding))
            routes:
            \(routes.joined())\
              - { name: other, match: { path: /other }, respond: { status: 200, body: ok } }
            \(more)
            """, environment: environment, apps: [app])
    }

    /// Deliveries of a webhook that came to this.
    func judged(_ webhook: String, _ result: String) throws -> Double {
        let labels = "{webhook=\"\(webhook)\",result=\"\(result)\"}"
        return try apus.metrics()["apus_webhook_verifications_total\(labels)"] ?? .nan
    }

    /// Sends a delivery on a connection of its own.
    func deliver(_ delivery: Delivery, _ more: String = "") throws -> Message {
        try apus.connect().deliver(delivery, .length, more)
    }

    /// Security events of a kind, once there are as many as asked for.
    func events(_ kind: String, count: Int) throws -> [LogLine] {
        try eventually("\(count) events \(kind)") {
            let lines = try apus.lines("security").filter { $0.kind == kind }
            return lines.count >= count ? lines : nil
        }
    }
}

extension Message {
    /// Whether the gateway says that the app accepted the event before.
    var isReplay: Bool { status == 200 && self["Apus-Webhook"] == "replayed" }
}
