import Bytes
import Linux
import TLS

/// A loop's share of TLS: with what connections begin it, and how many may at once.
struct SecureDesk: ~Copyable {
    var contexts: SecureContexts
    var steps = StepBudget()
    /// Client connections before or in their handshake, the oldest first; some may be beyond it.
    private var openings: [SlabIndex] = []
    /// Those at the beginning that were looked at.
    private var lookedAt = 0
    /// How many of them are before or in their handshake.
    private(set) var openingCount = 0
    /// At most so many are: who takes long gives way to newcomers.
    let openingsMax: Int

    /// - Parameters:
    ///   - connectionCountMax: Of the process.
    ///   - loopCount: Likewise.
    init(_ contexts: SecureContexts, connectionCountMax: Int, loopCount: Int) {
        self.contexts = contexts
        openingsMax = max(16, connectionCountMax / 4 / max(1, loopCount))
    }

    mutating func openingBegan(_ index: SlabIndex) {
        openings.append(index)
        openingCount += 1
    }

    mutating func openingEnded() { openingCount -= 1 }

    /// Takes out the oldest; it may be beyond its handshake, or gone.
    mutating func takeOldest() -> SlabIndex? {
        guard lookedAt < openings.count else { return nil }
        lookedAt += 1
        return openings[lookedAt - 1]
    }

    /// Whether most of what is kept is over.
    var isUntidy: Bool { openings.count > 2 * openingCount + 64 }

    /// Takes out all, for ``setOpenings(_:)``.
    mutating func takeOpenings() -> [SlabIndex] {
        defer {
            openings = []
            lookedAt = 0
        }
        return Array(openings[lookedAt...])
    }

    /// - Parameter openings: The oldest first.
    mutating func setOpenings(_ openings: [SlabIndex]) { self.openings = openings }
}

/// Steps of handshakes that a turn may take.
///
/// Each may be as long as dozens of requests, and those who are in do not wait for newcomers. Half
/// of them are kept for those who were put off, in their order, so that newcomers do not starve
/// them; and no more, so that a flood which waits does not starve newcomers.
struct StepBudget {
    static let perTurn = 4

    /// For whoever comes.
    private var left = StepBudget.perTurn
    /// For those who were put off before this turn.
    private var kept = 0
    /// Those who are put off for the next.
    private var waitingCount = 0

    mutating func beginTurn() {
        kept = min(waitingCount, Self.perTurn / 2)
        left = Self.perTurn - kept
    }

    /// The turn comes to those who were put off.
    mutating func turnToWaiting() {
        left += kept
        kept = 0
        waitingCount = 0
    }

    /// - Returns: Whether there was one left.
    mutating func take() -> Bool {
        guard left > 0 else { return false }
        left -= 1
        return true
    }

    mutating func putOff() { waitingCount += 1 }
}

/// What comes on a client's connection before its first request.
enum Opening: UInt8 {
    case none
    /// A PROXY header.
    case proxyHeader
    /// The first message of a TLS handshake.
    case hello
    /// The rest of it.
    case handshake
}

/// How the first bytes on a listener that speaks TLS look.
enum FirstBytes: Equatable {
    case needsMore
    /// A whole first record, of a ClientHello as far as can be seen.
    case hello
    /// Letters: HTTP without TLS.
    case plain
    case garbage

    /// Looks at them: nothing else costs a stranger so little, and us so much, as bytes for which
    /// OpenSSL is set up.
    init(_ input: borrowing Buffer) {
        guard !input.isEmpty else {
            self = .needsMore
            return
        }
        // TLSPlaintext (RFC 8446 §5.1): type, version, length; then a handshake message's type.
        guard input[0] == 0x16 else {
            self = (0x41...0x5A).contains(input[0]) ? .plain : .garbage
            return
        }
        if input.count > 1, input[1] != 3 {
            self = .garbage
            return
        }
        guard input.count > 5 else {
            self = .needsMore
            return
        }
        let length = Int(input[3]) << 8 | Int(input[4])
        guard (4...16_384).contains(length), input[5] == 1 else {
            self = .garbage
            return
        }
        self = input.count >= 5 + length ? .hello : .needsMore
    }
}
