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
/// hosts alone, no more than one a second, and what came of it holds for a while.
final class CertificateFetcher: Sendable {
    private let orders: CertificateOrders
    private let wakeNumber: Int32
    private let crew: WorkerCrew
    private let client: OutboundClient
    private let log: LogPipeline
    private let loop: ControlLoop

    /// Of one request: less than deliveries wait.
    private static let patience = Duration.seconds(4)
    /// Between two requests, beyond the first few.
    private static let pause = Duration.seconds(1)
    private static let chainBytesMax = 64 << 10

    init(
        _ crew: WorkerCrew, client: OutboundClient, log: LogPipeline, loop: ControlLoop
    ) throws(Errno) {
        orders = crew.standing.commons.certificateOrders
        wakeNumber = try orders.attend()
        self.crew = crew
        self.client = client
        self.log = log
        self.loop = loop
    }

    /// Fetches until the process ends.
    func run() async {
        var shelf = FetchedShelf()
        var pace = FetchPace()
        while true {
            await loop.readable(wakeNumber)
            while let url = orders.takeNext() {
                if let wait = pace.wait(at: Clock.monotonic()) { await loop.sleep(for: wait) }
                shelf.note(await look(for: url), of: url, at: Self.now)
                for mailbox in crew.mailboxes { mailbox.post(.certificatesKnown(shelf.all)) }
            }
        }
    }

    private static var now: Int64 { Int64(Clock.wall() / 1_000_000_000) }

    private func look(for url: CertificateURL) async -> FetchedShelf.Finding {
        let endpoint = HTTPEndpoint(
            address: .name(url.host, port: 443), isSecure: true, authority: url.host,
            path: url.path)
        var request = OutboundRequest(
            .get, endpoint, by: Clock.monotonic().advanced(by: Self.patience))
        request.responseBytesMax = Self.chainBytesMax
        let response: OutboundResponse
        do throws(OutboundError) {
            response = try await client.send(request)
        } catch {
            note(.warn, "certificate not fetched", url, error.name)
            return .unavailable
        }
        switch response.status {
        case 200: return judge(response.body, of: url)
        case 408, 425, 429, 500...:
            note(.warn, "certificate not fetched", url, "status", response.status)
            return .unavailable
        default:
            note(.warn, "certificate refused", url, "status", response.status)
            return .refused
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
