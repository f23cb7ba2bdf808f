import Bytes
import HTTP
import Linux
import Policy
import Telemetry

/// `upstream_errors: replace`: of an app's error clients get the status, and when to come again.
extension Worker where Kernel: ~Copyable {
    /// Answers in place of the error whose head is in `desk.responseHead`.
    mutating func replaceError(_ x: UInt32) -> Step {
        let u = exchanges[x].upstream
        let error = upstreams[u].wire.input.withReadable { (bytes: borrowing Span<UInt8>) in
            UpstreamError(desk.responseHead, in: bytes)
        }
        exchanges[x].record.outcome = .upstreamError
        exchanges[x].record.reason = error.kind.token
        let retryAfter = exchanges[x].journal.note(
            retryAfter: error.retryAfter, of: upstreams[u].wire.input)
        let problem = ProblemBody(
            .upstreamError, problemFormat(of: x), status: error.status,
            retryAfter: error.retryAfterSeconds)
        dropError(x)
        settle(
            x,
            with: .problem(
                problem, telling: retryAfter.isEmpty ? .nothing : .retryAfterOfApp(retryAfter)))
        return .ended
    }

    /// Lets go of the connection.
    ///
    /// It can be kept if all of the error came with its head: most errors are short, and reading
    /// the rest of others would keep the client waiting.
    private mutating func dropError(_ x: UInt32) {
        let u = exchanges[x].upstream
        let isKept =
            exchanges[x].machine.request == .delivered
            && exchanges[x].plan.traits.contains(.upstreamIsKept)
        upstreams[u].wire.input.consume(desk.responseHead.byteCount)
        let isWhole = BodyRelay.skipBuffered(
            desk.responseHead.framing, in: &upstreams[u].wire, &desk.trailers)
        exchanges[x].upstream = .max
        release(u, isClean: isWhole && isKept)
    }
}
