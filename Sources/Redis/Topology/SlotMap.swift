import Bytes

/// Which master has which slot.
package struct SlotMap: Sendable, Equatable {
    /// Each once; slots name them by index.
    package private(set) var masters: [ServerName] = []
    /// For each slot one more than the index of its master; 0 for none.
    private var owners: [UInt8] = Array(repeating: 0, count: HashSlot.count)

    /// Masters of a cluster at most; slots of further ones belong to nobody.
    package static var masterCountMax: Int { 64 }

    /// A map in which no slot belongs to anybody.
    package init() {}

    /// The master of a slot, as an index into ``masters``.
    package func owner(of slot: UInt16) -> Int? {
        guard Int(slot) < owners.count, owners[Int(slot)] > 0 else { return nil }
        return Int(owners[Int(slot)]) - 1
    }

    /// Reads the answer to `CLUSTER SLOTS`: an array of ranges, each an array of its first slot,
    /// its last, its master and its replicas; a server is an array of host, port and more.
    ///
    /// - Parameter host: Of the server that answered, who leaves its own host out if it does not
    ///   know it.
    /// - Returns: `nil` if it is no such answer, or names no master.
    package init?(_ tape: ReplyTape, from host: String) {
        guard case .array(let rangeCount)? = tape.items.first else { return nil }
        var cursor = TapeCursor(tape, from: 1)
        for _ in 0..<rangeCount {
            guard case .array(let partCount)? = cursor.take(), partCount >= 3,
                case .integer(let first)? = cursor.take(),
                case .integer(let last)? = cursor.take(),
                first >= 0, first <= last, last < Int64(HashSlot.count),
                let master = cursor.takeServer(from: host)
            else { return nil }
            for _ in 3..<partCount { cursor.skip() }
            if let owner = index(of: master) {
                for slot in Int(first)...Int(last) { owners[slot] = owner }
            }
        }
        if masters.isEmpty { return nil }
    }

    private mutating func index(of master: ServerName) -> UInt8? {
        let known = masters.firstIndex(of: master)
        guard known != nil || masters.count < Self.masterCountMax else { return nil }
        if known == nil { masters.append(master) }
        return UInt8(known ?? masters.count - 1) + 1
    }
}

/// Walks over a tape; at its end it finds nothing more.
private struct TapeCursor {
    private let tape: ReplyTape
    private var place: Int

    init(_ tape: ReplyTape, from place: Int) {
        self.tape = tape
        self.place = place
    }

    mutating func take() -> ReplyItem? {
        guard place < tape.items.count else { return nil }
        defer { place += 1 }
        return tape.items[place]
    }

    /// Passes one value, an array with all that is in it.
    mutating func skip() {
        // Each step takes an item, of which there is an end.
        var left = 1
        while left > 0, let item = take() {
            left -= 1
            if case .array(let count) = item { left += count }
        }
    }

    mutating func takeServer(from asked: String) -> ServerName? {
        guard case .array(let count)? = take(), count >= 2 else { return nil }
        var host = ""
        switch take() {
        case .string(let range):
            guard let text = ServerName.host(tape.text.span, range) else { return nil }
            host = text
        case .null: break
        default: return nil
        }
        guard case .integer(let number)? = take(), let port = UInt16(exactly: number), port > 0
        else { return nil }
        for _ in 2..<count { skip() }
        return ServerName(host: host.isEmpty ? asked : host, port: port)
    }
}
