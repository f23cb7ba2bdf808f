import Bytes
import HTTP

/// Finds the first route that takes a request, at a cost that the number of routes does not change
/// for hosts and paths (docs/routing.md).
///
/// Host and path each lead to the chain of patterns that match them. Routes are filed under their
/// pair of patterns in the order of the configuration; of the few lists that the two chains lead
/// to, the smallest index that meets the other criteria wins.
struct RouteTable: Sendable {
    let hosts: PatternTrie
    let paths: PatternTrie
    /// A power of two of slots, at most half of them taken; a free slot has no routes.
    let pairs: [PairSlot]
    /// Indices of routes, ascending within each pair's run.
    let filed: [UInt32]
    /// By route: what remains to be compared.
    let criteria: [Criteria]
    /// The header criteria that ``Criteria`` has ranges of.
    let headerTests: [HeaderTest]
    let methodNames: MethodNames
    /// The methods that any route takes; those of ``MethodSet/standard`` if one takes all.
    let methods: MethodSet
    /// The most specific pattern for `/`.
    let rootPath: UInt32

    struct PairSlot: Sendable {
        var host: UInt32 = 0
        var path: UInt32 = 0
        var first: UInt32 = 0
        var count: UInt32 = 0
    }

    /// The patterns that a route's host and path came to.
    struct Pair: Hashable, Sendable {
        let host: UInt32
        let path: UInt32
    }

    struct Criteria: Sendable {
        let pair: Pair
        /// ``MethodSet/any`` without a criterion.
        let methods: MethodSet
        /// `nil` takes all; -1 takes none, as the configuration names no such listener.
        let listener: Int?
        let headers: Range<Int>
    }

    struct HeaderTest: Sendable {
        /// In lower case.
        let name: [UInt8]
        /// ``FieldName/hash(of:_:)`` of the name.
        let hash: UInt8
        let value: [UInt8]
    }

    /// What routing comes to.
    enum Match: Equatable {
        case route(Int)
        case refused(RefusalReason, allow: MethodSet)
    }

    /// Finds the route for a head.
    ///
    /// - Parameter bytes: What the head's ranges refer to.
    func match(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, listener: Int,
        scratch: inout PolicyScratch
    ) -> Match {
        let query = query(head, bytes, listener, &scratch)
        if head.path.isEmpty {
            // Only an absolute target may leave its path out; it means the root (RFC 9110 §4.2.3).
            return Self.settled(find(query, rootPath, head, bytes))
        }
        guard bytes[head.path.start] == 0x2f else {
            return .refused(.pathNotRooted, allow: [])
        }
        if PathShape.isPlain(bytes, head.path) {
            let path = paths.pattern(ofPath: bytes, head.path)
            return Self.settled(find(query, path, head, bytes))
        }
        do throws(PathProblem) {
            let shape = try PathShape(bytes, head.path)
            return try matchReadings(query, shape, head, bytes, &scratch)
        } catch {
            return .refused(error.reason, allow: [])
        }
    }

    /// Matches by the decoded reading, and refuses a path that another reading would take
    /// elsewhere.
    private func matchReadings(
        _ query: Query, _ shape: PathShape, _ head: borrowing RequestHead,
        _ bytes: borrowing Span<UInt8>, _ scratch: inout PolicyScratch
    ) throws(PathProblem) -> Match {
        let path = try pathPattern(.decoded, head.path, bytes, &scratch)
        let found = find(query, path, head, bytes)
        for reading in PathReading.allCases where reading.differs(in: shape) {
            let otherPath = try pathPattern(reading, head.path, bytes, &scratch)
            if otherPath == path { continue }
            if find(query, otherPath, head, bytes).route != found.route {
                return .refused(.ambiguousPath, allow: [])
            }
        }
        return Self.settled(found)
    }

    /// The most specific pattern for one reading of a path.
    func pathPattern(
        _ reading: PathReading, _ path: ByteRange, _ bytes: borrowing Span<UInt8>,
        _ scratch: inout PolicyScratch
    ) throws(PathProblem) -> UInt32 {
        scratch.reservePath(path.count)
        var output = scratch.path.mutableSpan
        let count = try reading.write(bytes, path, to: &output)
        return paths.pattern(ofPath: scratch.path.span, ByteRange(0, count))
    }

    private static func settled(_ found: Found) -> Match {
        if let route = found.route { return .route(route) }
        if found.allowed.isEmpty { return .refused(.noRoute, allow: []) }
        return .refused(.methodNotAllowed, allow: found.allowed)
    }
}

// MARK: - Look-up

extension RouteTable {
    /// What of a request does not depend on how its path is read.
    struct Query {
        /// The most specific pattern of the host.
        let host: UInt32
        let listener: Int
        let method: MethodSet
    }

    /// The first route, or the methods with which there would be one.
    struct Found {
        var route: Int?
        var allowed: MethodSet = []
    }

    /// Looks up every pair of the two chains.
    @inline(__always) private func find(
        _ query: Query, _ narrowestPath: UInt32, _ head: borrowing RequestHead,
        _ bytes: borrowing Span<UInt8>
    ) -> Found {
        var found = Found()
        var host: UInt32? = query.host
        while let hostPattern = host {
            var path: UInt32? = narrowestPath
            while let pathPattern = path {
                scan(run(hostPattern, pathPattern), query, &found, head, bytes)
                path = paths.pattern(after: pathPattern)
            }
            host = hosts.pattern(after: hostPattern)
        }
        return found
    }

    /// The run of ``filed`` for a pair of patterns; empty if no route has it.
    private func run(_ host: UInt32, _ path: UInt32) -> Range<Int> {
        let mask = pairs.count - 1
        var slot = Self.slot(host, path, mask)
        while pairs[slot].count > 0 {
            let pair = pairs[slot]
            if pair.host == host, pair.path == path {
                return Int(pair.first)..<Int(pair.first) + Int(pair.count)
            }
            slot = (slot + 1) & mask
        }
        return 0..<0
    }

    static func slot(_ host: UInt32, _ path: UInt32, _ mask: Int) -> Int {
        let key = (UInt64(host) << 32 | UInt64(path)) &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: key >> 32) & mask
    }

    /// Takes the first route of a run that meets the other criteria, if it comes before the one
    /// found.
    private func scan(
        _ run: Range<Int>, _ query: Query, _ found: inout Found,
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>
    ) {
        for position in run {
            let route = Int(filed[position])
            if let best = found.route, best < route { return }
            let criteria = criteria[route]
            if let listener = criteria.listener, listener != query.listener { continue }
            if !criteria.headers.isEmpty, !meets(criteria.headers, head, bytes) { continue }
            if criteria.methods.isDisjoint(with: query.method) {
                found.allowed.formUnion(criteria.methods)
                continue
            }
            found.route = route
            return
        }
    }

    private func meets(
        _ tests: Range<Int>, _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>
    ) -> Bool {
        for index in tests where !headerTests[index].isMet(by: head, bytes) { return false }
        return true
    }
}
