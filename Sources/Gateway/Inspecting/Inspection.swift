import Bytes
package import Config
import HTTP
import Policy

/// Says what the gateway would do with a request, without a socket.
///
/// The request is read, decided upon and written by the code that serves: what is shown is what
/// would happen. Only the values of `Date` and of a new request id are stood in for, so that the
/// same question always gets the same answer.
package enum Inspection {
    /// The explanation, several lines of text.
    package static func explain(
        _ inquiry: Inquiry, by snapshot: Snapshot
    ) throws(InquiryProblem) -> String {
        let plan = Plan(
            snapshot, commons: Commons(snapshot, secret: .fixed), seed: .fixed)
        let rehearsal = try Rehearsal(inquiry, by: plan)
        var page = ExplanationPage()
        page.title("\(inquiry.method) \(inquiry.url)")
        page.add(
            rehearsal.identity, rehearsal.question, requestID: rehearsal.requestID ?? standInID,
            read: snapshot.identity.forwarded.read)
        page.section("routes")
        switch rehearsal.ruling {
        case .malformed(let error):
            page.line("not asked: the request is malformed (\(error.token))")
        case .decided(let verdict):
            addRoutes(verdict, rehearsal, &page)
            if let policy = rehearsal.route.stamp.cors {
                page.add(verdict, of: policy, origin: rehearsal.origin)
            }
            if let route = verdict.route {
                page.add(snapshot.routes[route], verdict)
                page.add(rehearsal.limits, by: snapshot.redis)
                page.add(snapshot.routes[route].concurrency)
                page.add(snapshot.routes[route].gate.bodies, verdict)
                if let webhook = snapshot.routes[route].webhook {
                    page.add(snapshot.webhooks[webhook], rehearsal.webhook?.ruling)
                }
            }
        }
        if let answer = rehearsal.answer {
            add(answer, rehearsal, &page)
        } else if let upstream = rehearsal.upstream {
            addForwarding(to: upstream, rehearsal, &page)
        }
        page.add(snapshot, route: rehearsal.verdict?.route)
        return page.text
    }

    private static func addRoutes(
        _ verdict: Verdict, _ rehearsal: borrowing Rehearsal, _ page: inout ExplanationPage
    ) {
        if case .refuse(let refusal) = verdict.action, !refusal.reason.comesFromRouting {
            page.line("not asked: the request is refused before (\(refusal.reason.token))")
        } else if case .listMethods = verdict.action {
            page.line("not asked: the request is about the server as a whole")
        } else {
            page.add(
                rehearsal.explainRoutes(), routes: rehearsal.plan.snapshot.routes,
                taker: verdict.route)
        }
    }

    // MARK: What happens

    private static func addForwarding(
        to index: Int, _ rehearsal: borrowing Rehearsal, _ page: inout ExplanationPage
    ) {
        let upstream = rehearsal.plan.snapshot.upstreams[index]
        page.section("action")
        page.add(upstream, isTunnelOffered: rehearsal.isTunnelOffered)
        page.section("sent to \(upstream.servers[0].text)")
        page.lines(shown(rehearsal.sent(to: index)))
        addStamp(rehearsal, &page)
    }

    /// Adds what every response of the app gets.
    private static func addStamp(
        _ rehearsal: borrowing Rehearsal, _ page: inout ExplanationPage
    ) {
        let stamped = rehearsal.stamped()
        page.section("added to the response")
        page.lines(shown(stamped.always.joined(separator: "\r\n")))
        if !stamped.yielding.isEmpty {
            page.section("added unless the app sends its own")
            page.lines(stamped.yielding.joined(separator: "\r\n"))
        }
        addSources(of: stamped.always + stamped.yielding, rehearsal, &page)
        if let route = rehearsal.verdict?.route {
            page.add(rehearsal.plan.snapshot.routes[route].edits)
        }
        let stamp = rehearsal.route.stamp
        if !stamp.security.removed.isEmpty {
            page.section("taken out of the response")
            page.line("the app's own copies of what is added above, and what is removed by name")
            if stamp.cors != nil { page.line("what the app says of CORS: Access-Control-*") }
            if stamp.security.removed.known.contains(.server) {
                page.line("what tells how the app is made: Server, X-Powered-By and their like")
            }
        }
    }

    /// Adds an answer of the gateway as it would leave.
    private static func add(
        _ answer: OwnAnswer, _ rehearsal: borrowing Rehearsal, _ page: inout ExplanationPage
    ) {
        var date = Buffer(capacity: 16)
        date.append("<now>")
        let written = rehearsal.written(answer, date: date)
        page.section("action")
        page.line("answered by the gateway")
        if let why = rehearsal.refusalOfRoute {
            page.line("the route refuses it: \(why.token)")
        }
        page.section("answer")
        page.lines(shown(written.head))
        page.add(body: shown(written.body))
        let lines = written.head.split(separator: "\r\n").dropFirst().map(String.init)
        addSources(of: lines, rehearsal, &page)
    }

    /// Adds where the fields of a response come from.
    private static func addSources(
        of lines: [String], _ rehearsal: borrowing Rehearsal, _ page: inout ExplanationPage
    ) {
        let names = lines.map { String($0.prefix { $0 != ":" }) }
        page.section("where headers come from")
        page.rows(FieldSources(of: names, in: rehearsal).rows)
    }

    // MARK: Stand-ins

    private static let standInID = "<new>"
    /// For a new trace; its numbers are shown as ``standInID`` too.
    private static let standInDigits: [String] = {
        var random = Rehearsal.standInRandom
        let words = (0..<3).map { _ in random.next() }
        return words.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
    }()

    private static func shown(_ text: String) -> String {
        var id = Buffer(capacity: RequestID.textBytes)
        Rehearsal.standIn.append(to: &id)
        return text.replacing(String(decoding: id.copy(), as: UTF8.self), with: standInID)
            .replacing(standInDigits[1] + standInDigits[2], with: standInID)
            .replacing(standInDigits[0], with: standInID)
    }
}

extension RefusalReason {
    /// Whether routes were asked: what they said of the request then explains the refusal.
    fileprivate var comesFromRouting: Bool {
        switch self {
        case .noRoute, .methodNotAllowed, .maintenance, .accessDenied, .certificateRefused,
            .crossSite, .contentTypeRefused,
            .limitReached, .limitKeyMissing, .limitUndecided, .placesTaken,
            .foreignOrigin, .preflightOrigin, .preflightMethod, .preflightHeaders, .authMissing,
            .authMalformed, .authUnknownKey, .authWrongSecret, .jwtTooLarge, .jwtMalformed,
            .jwtAlgorithm, .jwtCritical, .jwtUnknownKey, .jwtSignature, .jwtClaims, .jwtExpired,
            .jwtNotYetValid, .jwtIssuer, .jwtAudience, .jwtSubject, .bodyEncoded, .jsonCharset,
            .jsonTooDeep, .jsonMalformed, .uploadNotMultipart, .uploadTooManyParts,
            .uploadPartTooLarge, .uploadTypeRefused, .uploadTypeMismatch, .multipartBoundary,
            .multipartPreamble, .multipartDelimiter, .multipartEpilogue, .multipartHeaders,
            .multipartHeadersTooLarge, .multipartDisposition, .multipartNested,
            .multipartEncoding, .multipartLength, .multipartUnfinished:
            true
        case .methodRefused, .hostMisdirected, .hostMissing, .redirectTooLong, .badEscape,
            .nulInPath, .pathAboveRoot, .pathNotRooted, .ambiguousPath:
            false
        }
    }
}
