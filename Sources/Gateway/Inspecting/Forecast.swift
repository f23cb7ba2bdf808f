import Bytes
package import Config
import HTTP
package import Policy

/// What would become of an inquiry, as values.
package struct Forecast: Sendable, Equatable {
    /// One line of a head.
    package struct Line: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The name of the route that takes the request.
    package var route: String?
    /// The name of the upstream that it is forwarded to; `nil` if the gateway answers by itself.
    package var upstream: String?
    /// Of the gateway's own answer; `nil` where the app decides it.
    package var status: UInt16?
    /// Of the gateway's own answer, or what it adds to the app's whatever that says, in order.
    package var fields: [Line]
    /// What it adds to the app's response unless that has its own.
    package var yielding: [Line]
    /// Names, in lower case, that the app's response loses; those of ``fields`` come anew.
    package var removed: [String]
    /// Where the request stands to its route's CORS policy.
    package var cors: CORSStanding
    /// The names of the rate limits that hold for it, in the order of its route.
    package var limits: [String]
}

extension Forecast {
    init(_ rehearsal: borrowing Rehearsal) {
        let snapshot = rehearsal.plan.snapshot
        route = rehearsal.verdict?.route.map { snapshot.routes[$0].name }
        upstream = rehearsal.upstream.map { snapshot.upstreams[$0].name }
        cors = rehearsal.verdict?.cors.standing ?? .none
        limits = rehearsal.limits.names
        status = nil
        yielding = []
        removed = []
        if let answer = rehearsal.answer {
            var date = Buffer(capacity: 32)
            HTTPDate.append(secondsSinceEpoch: 0, to: &date)
            status = answer.status(of: rehearsal.route)
            fields = Self.lines(
                rehearsal.written(answer, date: date).head.split(separator: "\r\n").dropFirst()
                    .map(String.init))
        } else {
            let stamped = rehearsal.stamped()
            fields = Self.lines(stamped.always)
            yielding = Self.lines(stamped.yielding)
            removed = rehearsal.route.stamp.security.removed.texts
        }
    }

    private static func lines(_ lines: [String]) -> [Line] {
        lines.map { line in
            let name = line.prefix { $0 != ":" }
            return Line(
                name: String(name), value: String(line.dropFirst(name.count + 1).drop { $0 == " " })
            )
        }
    }
}

extension Inspection {
    /// What would become of an inquiry.
    ///
    /// A new request id and the time are stood in for by the first of their kind, so that they look
    /// like what they stand for.
    package static func forecast(
        _ inquiry: Inquiry, by snapshot: Snapshot
    ) throws(InquiryProblem) -> Forecast {
        let plan = Plan(
            snapshot, commons: Commons(snapshot, secret: .fixed), seed: .fixed)
        return Forecast(try Rehearsal(inquiry, by: plan))
    }
}
