import Config

/// A report in the form that Sentry's ingestion takes: an envelope with one event in it.
struct SentryEnvelope {
    /// 32 hexadecimal digits, another one for each event.
    let id: String
    let version: String
    let environment: String

    /// Three lines: what it is, what comes, and the event.
    ///
    /// - Parameter suppressed: How many like it were not sent.
    func bytes(_ report: ErrorReport, suppressed: Int) -> [UInt8] {
        let event = Array(event(report, suppressed: suppressed).compact.utf8)
        let head = JSONTree.object([("event_id", .text(id))])
        let item = JSONTree.object([
            ("type", .text("event")), ("content_type", .text("application/json")),
            ("length", .integer(event.count)),
        ])
        return Array("\(head.compact)\n\(item.compact)\n".utf8) + event + [0x0A]
    }

    private func event(_ report: ErrorReport, suppressed: Int) -> JSONTree {
        let likeness = report.likeness
        let status = likeness.status.map { "\($0)" }
        var members: [(String, JSONTree)] = [
            ("event_id", .text(id)), ("timestamp", .decimal(Int(report.time), places: 3)),
            ("platform", .text("other")), ("level", .text(report.level.rawValue)),
            ("logger", .text("apus")), ("release", .text("apus@\(version)")),
            ("environment", .text(environment)),
            ("logentry", .object([("formatted", .text(report.message))])),
            (
                "fingerprint",
                .list([likeness.place, likeness.outcome, status ?? "-"].map { .text($0) })
            ),
            ("tags", tags(report, status)),
        ]
        if let request = report.request {
            members.append(("transaction", .text("\(request.method) \(likeness.place)")))
            members.append(("request", self.request(request)))
            if !request.traceID.isEmpty {
                let trace: [(String, JSONTree)] = [
                    ("trace_id", .text(request.traceID)), ("span_id", .text(request.spanID)),
                ]
                members.append(("contexts", .object([("trace", .object(trace))])))
            }
        }
        if suppressed > 0 {
            members.append(("extra", .object([("suppressed", .integer(suppressed))])))
        }
        return .object(members)
    }

    private func tags(_ report: ErrorReport, _ status: String?) -> JSONTree {
        let tags: [(String, String?)] = [
            (report.request == nil ? "kind" : "route", report.likeness.place),
            ("outcome", report.likeness.outcome), ("status", status),
            ("upstream", report.upstream), ("reason", report.reason),
            ("request_id", report.request?.id),
        ]
        return .object(tags.compactMap { name, value in value.map { (name, .text($0)) } })
    }

    private func request(_ request: FailedRequest) -> JSONTree {
        let url = request.url.prefix { $0 != "?" }
        var members: [(String, JSONTree)] = [
            ("method", .text(request.method)), ("url", .text(String(url))),
        ]
        if url.utf8.count < request.url.utf8.count {
            let query = request.url.dropFirst(url.count + 1)
            members.append(("query_string", .text(String(query))))
        }
        return .object(members)
    }
}

/// How long a receiver wants no more events.
enum SentryLimits {
    /// In seconds; `nil` if it says nothing of the kind.
    ///
    /// `X-Sentry-Rate-Limits` goes before `Retry-After`, which 429 alone makes mean so.
    static func pause(after response: OutboundResponse) -> Int64? {
        var longest: Int64?
        var isSaid = false
        for field in response.fields where field.name == "x-sentry-rate-limits" {
            isSaid = true
            for quota in field.value.split(separator: ",") {
                let parts = quota.split(separator: ":", omittingEmptySubsequences: false)
                guard parts.count >= 2 else { continue }
                let seconds = parts[0].filter { $0 != " " }
                let categories = parts[1].split(separator: ";")
                // None stands for all.
                guard categories.isEmpty || categories.contains(where: isOfEvents),
                    let length = DeliveryPace.seconds(String(seconds))
                else { continue }
                longest = max(longest ?? 0, length)
            }
        }
        if isSaid { return longest }
        guard response.status == 429 else { return nil }
        return DeliveryPace.seconds(response.first("retry-after")) ?? 60
    }

    private static func isOfEvents(_ category: Substring) -> Bool {
        ["error", "default", "all"].contains(category.filter { $0 != " " })
    }
}
