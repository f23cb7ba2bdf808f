import Bytes
import Crypto

/// Tokens that were verified, so that one that comes again costs a digest and no signature.
///
/// An entry is found by the whole SHA-256 of the token and the policy that verified it. It says
/// what the token claims about time, which is looked at again each time, and its subject. Only
/// tokens that a key verified get in, so strangers cannot push others out.
///
/// - Size: 512 entries of 296 bytes, allocated when the first token comes.
struct TokenCache: ~Copyable {
    struct Entry {
        /// The token's SHA-256.
        var digest: InlineArray<4, UInt64>
        /// Of the policy; -1 for a free entry.
        var policy: Int32
        var subjectBytes: UInt8
        var times: TokenTimes
        var subject: InlineArray<32, UInt64>
    }

    private static let setCount = 128
    private static let ways = 4

    private var entries: [Entry] = []
    /// Whose verdicts these are: held, so that no other configuration can get the same address.
    private var owner: AuthTable?

    /// Has the cache serve a configuration; what another one admitted is forgotten.
    mutating func serve(_ table: AuthTable) {
        if owner === table { return }
        owner = table
        for index in entries.indices { entries[index].policy = -1 }
    }

    /// Looks a token up.
    ///
    /// - Parameter subject: Gets the subject, if the token is there.
    func find(_ digest: Digest, policy: Int32, subject: inout Buffer) -> TokenTimes? {
        guard !entries.isEmpty else { return nil }
        let first = Self.set(of: digest)
        for index in first..<first &+ Self.ways where isEntry(index, digest, policy) {
            let count = Int(entries[index].subjectBytes)
            var place = 0
            while place < count {
                subject.append(entries[index].subject[place / 8], bytes: min(8, count &- place))
                place &+= 8
            }
            return entries[index].times
        }
        return nil
    }

    /// Keeps a token that was verified.
    ///
    /// - Parameters:
    ///   - now: Seconds since 1970; an entry that has expired by then gives way first.
    ///   - subject: At most 255 bytes.
    mutating func insert(
        _ digest: Digest, policy: Int32, _ times: TokenTimes, subject: borrowing Buffer,
        at now: Int64
    ) {
        guard digest.count == 32, subject.count <= JWTPolicy.subjectBytesMax else { return }
        if entries.isEmpty {
            entries = [Entry](repeating: Self.free, count: Self.setCount * Self.ways)
        }
        let first = Self.set(of: digest)
        // Without one that is free or has ended, any does; the digest is as good as dice.
        var place = first &+ Int(digest.bytes[8] & 3)
        for index in first..<first &+ Self.ways
        where entries[index].policy < 0 || entries[index].times.expiry <= now {
            place = index
        }
        entries[place].digest = Self.words(of: digest)
        entries[place].policy = policy
        entries[place].times = times
        entries[place].subjectBytes = UInt8(truncatingIfNeeded: subject.count)
        subject.withReadable { (bytes: borrowing Span<UInt8>) in
            for index in 0..<32 { entries[place].subject[index] = bytes.word(at: index &* 8) }
        }
    }

    private func isEntry(_ index: Int, _ digest: Digest, _ policy: Int32) -> Bool {
        guard entries[index].policy == policy else { return false }
        var difference: UInt64 = 0
        for word in 0..<4 { difference |= entries[index].digest[word] ^ digest.word(word) }
        return difference == 0
    }

    private static func set(of digest: Digest) -> Int {
        Int(digest.word(0) % UInt64(setCount)) &* ways
    }

    private static func words(of digest: Digest) -> InlineArray<4, UInt64> {
        .init { digest.word($0) }
    }

    private static var free: Entry {
        Entry(
            digest: .init(repeating: 0), policy: -1, subjectBytes: 0,
            times: TokenTimes(expiry: 0, start: 0), subject: .init(repeating: 0))
    }
}

/// When a token holds, in seconds since 1970, by the clock of whoever signed it.
struct TokenTimes: Sendable, Equatable {
    /// `exp`; the end of time without one.
    var expiry: Int64
    /// The later of `nbf` and `iat`; the beginning of time without either.
    var start: Int64

    /// What is wrong with the time, if anything.
    func refusal(at now: Int64, leeway: Int64) -> RefusalReason? {
        // RFC 7519 §4.1.4: on its expiry a token has expired. No sum leaves the range: a claim is
        // below 2⁵³.
        if now &- leeway >= expiry { return .jwtExpired }
        if now &+ leeway < start { return .jwtNotYetValid }
        return nil
    }
}
