import Bytes

/// Finds the most specific pattern that takes a host or a path, at a cost that the number of patterns
/// does not change.
///
/// Patterns are cut into labels (a path at its slashes, a host at its dots from the right) and kept as a
/// trie whose edges sit in one hash table keyed by parent and label. A look-up costs one probe a label and
/// stops at the first label that no pattern goes on with. Every pattern knows the next less specific one
/// that takes all it takes, so one found pattern stands for the chain of all that match.
///
/// - Invariant: pattern 0 takes everything and ends every chain; node 0 is the root and no node's child.
struct PatternTrie: Sendable {
    /// The most specific pattern where a walk ends.
    struct Node: Sendable {
        /// If the labels end here.
        var whole: UInt32 = 0
        /// If further labels follow, which no pattern goes on with.
        var below: UInt32 = 0
        var isLeaf = true
    }

    /// A slot of the table; `child` 0 marks it as free.
    struct Edge: Sendable {
        var parent: UInt32 = 0
        var hash: UInt32 = 0
        var child: UInt32 = 0
        var label = ByteRange.empty
    }

    let kind: Kind
    let nodes: [Node]
    /// A power of two of slots, at most half of them taken.
    let edges: [Edge]
    /// The bytes that the edges' labels are ranges of.
    let labels: [UInt8]
    /// By pattern: the next less specific one. Pattern 0 is its own.
    let broader: [UInt32]

    /// What the labels are of, which settles how they compare and what a prefix takes.
    enum Kind: Sendable {
        /// Compared byte by byte; a prefix takes itself and all below.
        case path
        /// Compared without regard to case; a suffix takes what has at least one label more.
        case host
    }

    /// Whether there is no pattern but the one that takes everything.
    var isTrivial: Bool { nodes[0].isLeaf }

    /// The pattern after `pattern` in the chain of those that match; `nil` after the last, pattern 0.
    func pattern(after pattern: UInt32) -> UInt32? {
        pattern == 0 ? nil : broader[Int(pattern)]
    }

    /// The most specific pattern for a path.
    ///
    /// - Parameter range: Of a path that begins with a slash.
    func pattern(ofPath bytes: borrowing Span<UInt8>, _ range: ByteRange) -> UInt32 {
        var node = 0
        var start = range.start + 1
        while !nodes[node].isLeaf {
            var end = start
            var hash = Self.seed(node)
            while end < range.end, bytes[end] != 0x2f {
                hash = Self.hash(hash, bytes[end])
                end += 1
            }
            let child = child(of: node, hash, bytes, ByteRange(start, end))
            guard child > 0 else { break }
            node = child
            if end == range.end { return nodes[node].whole }
            start = end + 1
        }
        return nodes[node].below
    }

    /// The most specific pattern for a host without port and trailing dot. May be empty.
    func pattern(ofHost bytes: borrowing Span<UInt8>, _ range: ByteRange) -> UInt32 {
        var node = 0
        var above: UInt32 = 0
        var end = range.end
        while !nodes[node].isLeaf {
            var start = end
            var hash = Self.seed(node)
            while start > range.start, bytes[start - 1] != 0x2e {
                start -= 1
                hash = Self.hash(hash, bytes[start])
            }
            let child = child(of: node, hash, bytes, ByteRange(start, end))
            guard child > 0 else { break }
            above = nodes[node].below
            node = child
            if start == range.start { return nodes[node].whole }
            end = start - 1
        }
        // An empty first label is none: a suffix that ends here has nothing more to take.
        return end == range.start ? above : nodes[node].below
    }

    /// The node that `label` leads to; 0 if there is none.
    private func child(
        of parent: Int, _ hash: UInt32, _ bytes: borrowing Span<UInt8>, _ label: ByteRange
    ) -> Int {
        let mask = edges.count - 1
        var slot = Self.slot(hash, mask)
        while edges[slot].child > 0 {
            let edge = edges[slot]
            if edge.hash == hash, edge.parent == parent, isEqual(edge, bytes, label) {
                return Int(edge.child)
            }
            slot = (slot + 1) & mask
        }
        return 0
    }

    private func isEqual(_ edge: Edge, _ bytes: borrowing Span<UInt8>, _ label: ByteRange) -> Bool {
        let expected = labels.span.extracting(edge.label.indices)
        switch kind {
        case .path: return bytes.holds(expected, at: label)
        case .host: return bytes.holdsFolded(expected, at: label)
        }
    }
}

// MARK: - Hashing

extension PatternTrie {
    /// Begins the hash of a label below `node` (FNV-1a, its start mixed with the node).
    static func seed(_ node: Int) -> UInt32 {
        0x811c_9dc5 ^ (UInt32(truncatingIfNeeded: node) &* 0x9e37_79b1)
    }

    /// Folds letters' cases together for both kinds: harmless where they differ, as labels are compared.
    static func hash(_ hash: UInt32, _ byte: UInt8) -> UInt32 {
        (hash ^ UInt32(byte | 0x20)) &* 0x0100_0193
    }

    static func slot(_ hash: UInt32, _ mask: Int) -> Int {
        Int(hash ^ (hash >> 15)) & mask
    }
}
