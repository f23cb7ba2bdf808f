import Config
import HTTP
import Linux
import Policy
import Reactor
import TLS
import Telemetry

/// Fetches the certificates that deliveries name, one after the other on the control loop, and
/// tells all loops what came of it.
///
/// Whoever sends a delivery chooses what is fetched, so that it is little: from the provider's
/// hosts alone, no more than one a second, and what came of it holds for a while. Those that were
/// trusted once go before: nobody's made-up ones keep them from being fetched again.
final class CertificateFetcher: Sendable {
    private let orders: CertificateOrders
    private let wakeNumber: Int32
    private let crew: WorkerCrew
    private let client: OutboundClient
    private let query: NameQuery
    private let log: LogPipeline
    private let loop: ControlLoop

    /// Of one request: less than deliveries wait.
    private static let patience = Duration.seconds(4)
    private static let chainBytesMax = 64 << 10

    init(
        _ crew: WorkerCrew, client: OutboundClient, log: LogPipeline, loop: ControlLoop
    ) throws(Errno) {
        orders = crew.standing.commons.certificateOrders
        wakeNumber = try orders.attend()
        self.crew = crew
        self.client = client
        query = try NameQuery(loop: loop)
        self.log = log
        self.loop = loop
    }

    /// Fetches until the process ends.
    func run() async {
        var shelf = FetchedShelf()
        var pace = FetchPace()
        while true {
            let now = Clock.monotonic()
            if shelf.forget(at: now) { publish(shelf, about: nil) }
            guard let url = shelf.stale(at: now) ?? orders.takeNext() else {
                if let due = shelf.nextDue {
                    _ = await loop.readable(wakeNumber, until: due)
                } else {
                    await loop.readable(wakeNumber)
                }
                continue
            }
            if let wait = pace.wait(at: now) { await loop.sleep(for: wait) }
            shelf.note(await look(for: url), of: url, at: Clock.monotonic())
            publish(shelf, about: url)
        }
    }

    private func publish(_ shelf: FetchedShelf, about url: CertificateURL?) {
        let news = CertificateNews(known: shelf.all, url: url)
        for mailbox in crew.mailboxes { mailbox.post(.certificatesKnown(news)) }
    }

    private func look(for url: CertificateURL) async -> FetchedShelf.Finding {
        let endpoint = HTTPEndpoint(
            address: .name(url.host, port: 443), isSecure: true, authority: url.host,
            path: url.path)
        let deadline = Clock.monotonic().advanced(by: Self.patience)
        var request = OutboundRequest(.get, endpoint, by: deadline)
        request.addresses = await query.addresses(of: url.host, port: 443, by: deadline)
        request.responseBytesMax = Self.chainBytesMax
        let response: OutboundResponse
        do throws(OutboundError) {
            response = try await client.send(request)
        } catch {
            if case .tooLong = error {
                note(.warn, "certificate refused", url, error.name)
                return .refused
            }
            note(.warn, "certificate not fetched", url, error.name)
            return .unavailable
        }
        switch response.status {
        case 200: return judge(response.body, of: url)
        case 404, 410:
            note(.warn, "certificate refused", url, "status", response.status)
            return .refused
        default:
            // Such as 403 for all of us, because somebody had us ask for too much.
            note(.warn, "certificate not fetched", url, "status", response.status)
            return .unavailable
        }
    }

    private func judge(_ pem: [UInt8], of url: CertificateURL) -> FetchedShelf.Finding {
        do throws(TLSProblem) {
            let certificate = try client.systemTrust().vouched(pem, for: url.domain)
            note(.info, "certificate fetched", url)
            return .trusted(certificate)
        } catch {
            switch error {
            case .noCertificate: note(.warn, "certificate refused", url, "not_a_certificate")
            case .notTrusted: note(.warn, "certificate refused", url, "not_trusted")
            default:
                // Our own trouble: the system's authorities could not be read.
                note(.error, "certificate not fetched", url, "no_authorities")
                return .unavailable
            }
            return .refused
        }
    }

    private func note(
        _ level: LogLevel, _ message: StaticString, _ url: CertificateURL,
        _ reason: StaticString? = nil, _ status: UInt16? = nil
    ) {
        guard level >= LogLevel(crew.standing.snapshot.log.level) else { return }
        var line = LineBuilder(level: level, event: .keys, message: message, time: LogClock.now())
        line.add("host", url.host)
        line.add("path", url.path)
        if let reason { line.add("reason", reason) }
        if let status { line.add("status", Int(status)) }
        log.submit(&line)
    }
}

/// How often certificates are fetched: a few at once, then one a second.
struct FetchPace {
    private var credit = Self.creditMax
    private var filledAt: MonotonicInstant?

    private static let creditMax = 5 * Self.second
    private static let second: UInt64 = 1_000_000_000

    /// Takes one fetch.
    ///
    /// - Returns: How long to wait before it; `nil` if not at all.
    mutating func wait(at now: MonotonicInstant) -> Duration? {
        let passed = filledAt.map { now.nanoseconds(since: $0) } ?? 0
        credit = min(Self.creditMax, credit &+ min(passed, Self.creditMax))
        filledAt = now
        if credit >= Self.second {
            credit -= Self.second
            return nil
        }
        let missing = Self.second - credit
        credit = 0
        filledAt = now.advanced(byNanoseconds: missing)
        return .nanoseconds(Int64(missing))
    }
}
