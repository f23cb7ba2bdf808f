import Synchronization

/// The latest answers of 500 and above, for whoever looks after the process.
///
/// It names routes, never what clients asked for: the log has the rest, by the request's id.
final class RecentErrors: Sendable {
    struct Entry: Sendable {
        /// Milliseconds since 1970.
        let time: Int64
        let route: String
        let upstream: String?
        let status: UInt16
        let outcome: String
        let reason: String?
        let requestID: String
    }

    /// A ring: the oldest stands at `next` once it is full.
    ///
    /// Guard: the mutex, held for one
    /// copy.
    private let ring = Mutex<(entries: [Entry], next: Int)>(([], 0))

    static let countMax = 50

    /// Of those the ones that are told outside, with more about each.
    let reports = ReportBox()

    func note(_ entry: Entry) {
        ring.withLock { ring in
            if ring.entries.count < Self.countMax {
                ring.entries.append(entry)
            } else {
                ring.entries[ring.next] = entry
                ring.next = (ring.next + 1) % Self.countMax
            }
        }
    }

    /// The latest first.
    var latest: [Entry] {
        ring.withLock { ring in
            let older = ring.entries[..<ring.next]
            let newer = ring.entries[ring.next...]
            return Array((newer + older).reversed())
        }
    }
}

/// Has a loop note a few errors a second, however many there are.
struct ErrorPace {
    private var second: UInt64 = 0
    private var count = 0

    private static let countMax = 5

    /// - Parameter now: Nanoseconds since 1970.
    /// - Returns: Whether one more may be noted.
    mutating func admits(at now: UInt64) -> Bool {
        if now / 1_000_000_000 != second {
            second = now / 1_000_000_000
            count = 0
        }
        count += 1
        return count <= Self.countMax
    }
}
