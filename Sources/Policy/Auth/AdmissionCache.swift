import Bytes
import Crypto

/// Credentials that were verified, so that those that come again cost a tag and no digest or
/// signature.
///
/// An entry is found by the tag of the credentials and the policy that verified them; nobody who
/// does not know the key of tags can make others with that tag, and the credentials themselves are
/// not kept. It says whose they are, and what a token claims about time, which is looked at again
/// each time. Only what was verified gets in, so strangers cannot push others out.
///
/// - Size: 512 entries of 312 bytes, allocated when the first is to be kept.
struct AdmissionCache: ~Copyable {
    struct Entry {
        var tag: SipHash.Tag
        /// Of the policy; -1 for a free entry.
        var policy: Int32
        var nameBytes: UInt8
        var admission: Admission
        var name: InlineArray<32, UInt64>
    }

    private static let setCount = 128
    private static let ways = 4

    private var entries: [Entry] = []
    /// Whose verdicts these are: held, so that no other configuration can get the same address.
    private(set) var owner: AuthTable?

    /// Has the cache serve a configuration; what another one admitted is forgotten.
    @inline(__always) mutating func serve(_ table: AuthTable) {
        if owner === table { return }
        owner = table
        for index in entries.indices { entries[index].policy = -1 }
    }

    /// Looks credentials up by their tag.
    ///
    /// - Parameter name: Gets the name or subject, if they are there.
    func find(_ tag: SipHash.Tag, policy: Int32, name: inout Buffer) -> Admission? {
        guard !entries.isEmpty else { return nil }
        let first = Self.set(of: tag)
        for index in first..<first &+ Self.ways where isEntry(index, tag, policy) {
            let count = Int(entries[index].nameBytes)
            var place = 0
            while place < count {
                name.append(entries[index].name[place / 8], bytes: min(8, count &- place))
                place &+= 8
            }
            return entries[index].admission
        }
        return nil
    }

    /// Keeps what was verified.
    ///
    /// - Parameters:
    ///   - name: At most 255 bytes.
    ///   - now: Seconds since 1970; an entry that has expired by then gives way first.
    mutating func insert(
        _ tag: SipHash.Tag, policy: Int32, _ admission: Admission, name: borrowing Buffer,
        at now: Int64
    ) {
        guard name.count <= JWTPolicy.subjectBytesMax else { return }
        if entries.isEmpty {
            entries = [Entry](repeating: Self.free, count: Self.setCount * Self.ways)
        }
        let first = Self.set(of: tag)
        // Without one that is free or has ended, any does; the tag is as good as dice.
        var place = first &+ Int(tag.high & 3)
        for index in first..<first &+ Self.ways
        where entries[index].policy < 0 || entries[index].admission.times.expiry <= now {
            place = index
        }
        entries[place].tag = tag
        entries[place].policy = policy
        entries[place].admission = admission
        entries[place].nameBytes = UInt8(truncatingIfNeeded: name.count)
        name.withReadable { (bytes: borrowing Span<UInt8>) in
            var offset = 0
            while offset < bytes.count {
                entries[place].name[offset / 8] = bytes.word(at: offset)
                offset &+= 8
            }
        }
    }

    @inline(__always) private func isEntry(_ index: Int, _ tag: SipHash.Tag, _ policy: Int32)
        -> Bool
    {
        entries[index].policy == policy && entries[index].tag.low == tag.low
            && entries[index].tag.high == tag.high
    }

    private static func set(of tag: SipHash.Tag) -> Int {
        Int(tag.low % UInt64(setCount)) &* ways
    }

    private static var free: Entry {
        Entry(
            tag: SipHash.Tag(low: 0, high: 0), policy: -1, nameBytes: 0,
            admission: Admission(principal: .unnamed, times: .always),
            name: .init(repeating: 0))
    }
}

/// Whom credentials prove a request to be from, and when.
struct Admission: Sendable, Equatable {
    let principal: Principal
    let times: TokenTimes
}

/// When a token holds, in seconds since 1970, by the clock of whoever signed it.
struct TokenTimes: Sendable, Equatable {
    /// `exp`; the end of time without one.
    var expiry: Int64
    /// The later of `nbf` and `iat`; the beginning of time without either.
    var start: Int64

    /// Of credentials that say nothing of time.
    static let always = TokenTimes(expiry: .max, start: .min)

    /// What is wrong with the time, if anything.
    func refusal(at now: Int64, leeway: Int64) -> RefusalReason? {
        // RFC 7519 §4.1.4: on its expiry a token has expired. No sum leaves the range: a claim is
        // below 2⁵³.
        if now &- leeway >= expiry { return .jwtExpired }
        if now &+ leeway < start { return .jwtNotYetValid }
        return nil
    }
}
