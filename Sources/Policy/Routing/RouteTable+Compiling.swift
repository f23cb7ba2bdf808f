import Bytes
import HTTP

extension RouteTable {
    /// Compiles routes, at load.
    ///
    /// Every host and every path pattern gets a number; routes of one pair of numbers are filed
    /// together, in the order of the file. A request then asks the two tries for its patterns, and
    /// one hash table for the pairs.
    ///
    /// - Parameter listeners: Names by index, as ``Arrival/listener`` counts them.
    init(_ routes: [Route], listeners: [String]) {
        var hosts = PatternTrie.Builder(.host)
        var paths = PatternTrie.Builder(.path)
        var names = MethodNames()
        var criteria: [Criteria] = []
        var tests: [HeaderTest] = []
        var byPair: [Pair: [UInt32]] = [:]
        for (index, route) in routes.enumerated() {
            let match = route.match
            let pair = Pair(host: hosts.insert(match.host), path: paths.insert(match.path))
            byPair[pair, default: []].append(UInt32(index))
            let first = tests.count
            tests += match.headers.map(HeaderTest.init)
            criteria.append(
                Criteria(
                    pair: pair,
                    methods: match.methods.map { names.learn($0) } ?? .any,
                    listener: match.listener.map { listeners.firstIndex(of: $0) ?? -1 },
                    headers: first..<tests.count))
        }
        self.init(
            hosts: hosts.finished(), paths: paths.finished(), byPair: byPair,
            criteria: criteria, headerTests: tests, methodNames: names)
    }

    private init(
        hosts: PatternTrie, paths: PatternTrie, byPair: [Pair: [UInt32]],
        criteria: [Criteria], headerTests: [HeaderTest], methodNames: MethodNames
    ) {
        // At most half of the slots are taken, so that a search for a pair that is not there is
        // short; a power of two, so that a mask finds a slot.
        var slotCount = 2
        while slotCount < 2 * byPair.count { slotCount *= 2 }
        var pairs = [PairSlot](repeating: PairSlot(), count: slotCount)
        var filed: [UInt32] = []
        for (pair, routes) in byPair {
            var slot = Self.slot(pair.host, pair.path, slotCount - 1)
            // Open addressing: the next free slot. One always is, by the count above.
            while pairs[slot].count > 0 { slot = (slot + 1) & (slotCount - 1) }
            pairs[slot] = PairSlot(
                host: pair.host, path: pair.path, first: UInt32(filed.count),
                count: UInt32(routes.count))
            filed += routes
        }
        let union = criteria.reduce(into: MethodSet()) { $0.formUnion($1.methods) }
        self.hosts = hosts
        self.paths = paths
        self.pairs = pairs
        self.filed = filed
        self.criteria = criteria
        self.headerTests = headerTests
        self.methodNames = methodNames
        // A route without `methods` takes any: `OPTIONS *` then names those that everybody knows.
        methods = union == .any ? .standard : union
        rootPath = paths.pattern(ofPath: [0x2f].span, ByteRange(0, 1))
    }
}

extension RouteTable.HeaderTest {
    fileprivate init(_ criterion: HeaderCriterion) {
        let lowered = criterion.name.utf8.map(ASCIIByte.lowered)
        name = lowered
        hash = FieldName.hash(of: lowered.span, ByteRange(0, lowered.count))
        value = Array(criterion.value.utf8)
    }
}

extension PatternTrie.Builder {
    /// - Returns: The pattern's number; 0, which every host has, for none.
    fileprivate mutating func insert(_ pattern: HostPattern?) -> UInt32 {
        switch pattern {
        case nil: 0
        case .exact(let name): insert(Self.labels(ofHost: name), .exactly)
        case .suffix(let suffix): insert(Self.labels(ofHost: suffix), .allBelow)
        }
    }

    /// - Returns: The pattern's number; 0, which every path has, for none.
    fileprivate mutating func insert(_ pattern: PathPattern?) -> UInt32 {
        switch pattern {
        case nil: 0
        case .exact(let path): insert(Self.labels(ofPath: path), .exactly)
        case .prefix(let path): insert(Self.labels(ofPath: path), .allBelow)
        }
    }

    /// Labels from the right, in lower case, without the dot that leads a suffix or ends a full
    /// name.
    private static func labels(ofHost text: String) -> [[UInt8]] {
        var host = HostPattern.canonical(text)
        if host.first == 0x2e { host.removeFirst() }
        return host.split(separator: 0x2e, omittingEmptySubsequences: false).reversed().map(
            Array.init)
    }

    /// Segments after the leading slash; none for the empty prefix.
    private static func labels(ofPath text: String) -> [[UInt8]] {
        text.utf8.dropFirst().split(separator: 0x2f, omittingEmptySubsequences: false)
            .map(Array.init).filter { _ in !text.isEmpty }
    }
}

extension HostPattern {
    /// As hosts of requests are compared: lower case, no trailing dot, IPv6 in brackets and RFC
    /// 5952 form.
    static func canonical(_ text: String) -> [UInt8] {
        let bare =
            text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        if bare.utf8.contains(0x3a), let address = IPAddress(bare) {
            return Array("[\(address)]".utf8)
        }
        var host = text.utf8.map(ASCIIByte.lowered)
        if host.last == 0x2e { host.removeLast() }
        return host
    }
}
