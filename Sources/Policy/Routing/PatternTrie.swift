import Bytes

/// Finds the most specific pattern that takes a host or a path, at a cost that the number of
/// patterns does not change.
///
/// Patterns are cut into labels (a path at its slashes, a host at its dots from the right) and kept
/// as a trie whose edges sit in one hash table keyed by parent and label. A look-up costs one probe
/// a label and stops at the first label that no pattern goes on with. Every pattern knows the next
/// less specific one that takes all it takes, so one found pattern stands for the chain of all that
/// match.
///
/// - Invariant: pattern 0 takes everything and ends every chain; node 0 is the root and no node's
///   child.
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
        var hash: UInt64 = 0
        var parent: UInt32 = 0
        var child: UInt32 = 0
        /// Of the whole label, in ``labels``.
        var label = ByteRange.empty
    }

    let nodes: [Node]
    /// A power of two of slots, at most half of them taken.
    let edges: [Edge]
    /// The bytes of all labels, and eight more: reading a word of a label never meets the end.
    let labels: [UInt8]
    /// By pattern: the next less specific one.
    ///
    /// Pattern 0 is its own.
    let broader: [UInt32]

    /// The parent of edges that stand for a whole exact host; their child is the pattern and one.
    static let wholeHost = UInt32.max

    /// What the labels are of, which settles how they compare and what a prefix takes.
    enum Kind: Sendable {
        /// Compared byte by byte; a prefix takes itself and all below.
        case path
        /// Compared without regard to case; a suffix takes what has at least one label more.
        case host
    }

    /// Whether there is no pattern but the one that takes everything.
    var isTrivial: Bool { nodes[0].isLeaf }

    /// The pattern after `pattern` in the chain of those that match; `nil` after the last, pattern
    /// 0.
    func pattern(after pattern: UInt32) -> UInt32? {
        pattern == 0 ? nil : broader[Int(pattern)]
    }

    /// The most specific pattern for a path.
    ///
    /// - Parameter range: Of a path that begins with a slash.
    func pattern(ofPath bytes: borrowing Span<UInt8>, _ range: ByteRange) -> UInt32 {
        var node: UInt32 = 0
        var start = range.start &+ 1
        while !nodes[Int(node)].isLeaf {
            var end = start
            while true {
                let slash = Word.firstMark(Word.marks(of: 0x2f, in: bytes.word(at: end)))
                end = min(end &+ slash, range.end)
                if slash < 8 || end == range.end { break }
            }
            let child = child(of: node, bytes, ByteRange(start, end), .path)
            guard child > 0 else { break }
            node = child
            if end == range.end { return nodes[Int(node)].whole }
            start = end &+ 1
        }
        return nodes[Int(node)].below
    }

    /// The most specific pattern for a host without port and trailing dot.
    ///
    /// May be empty.
    ///
    /// - Complexity: One probe for a host that a pattern names exactly, else one more a label.
    func pattern(ofHost bytes: borrowing Span<UInt8>, _ range: ByteRange) -> UInt32 {
        let exact = child(of: Self.wholeHost, bytes, range, .host)
        if exact > 0 { return exact &- 1 }
        var node: UInt32 = 0
        var above: UInt32 = 0
        var end = range.end
        while !nodes[Int(node)].isLeaf {
            var start = end
            while start > range.start, bytes[start &- 1] != 0x2e { start &-= 1 }
            let child = child(of: node, bytes, ByteRange(start, end), .host)
            guard child > 0 else { break }
            above = nodes[Int(node)].below
            node = child
            if start == range.start { return nodes[Int(node)].whole }
            end = start &- 1
        }
        // An empty first label is none: a suffix that ends here has nothing more to take.
        return end == range.start ? above : nodes[Int(node)].below
    }
}

// MARK: - Edges

extension PatternTrie {
    /// The node that `label` leads to; 0 if there is none.
    @inline(__always)
    private func child(
        of parent: UInt32, _ bytes: borrowing Span<UInt8>, _ label: ByteRange, _ kind: Kind
    ) -> UInt32 {
        let hash = Self.hash(parent, bytes, label, kind)
        let mask = edges.count &- 1
        var slot = Self.slot(hash) & mask
        while true {
            let edge = edges[slot]
            if edge.child == 0 { return 0 }
            if edge.hash == hash, edge.parent == parent, edge.label.count == label.count {
                // One word is hashed one to one.
                if label.count <= 8 || isEqual(edge.label, bytes, label, kind) { return edge.child }
            }
            slot = (slot &+ 1) & mask
        }
    }

    private func isEqual(
        _ edge: ByteRange, _ bytes: borrowing Span<UInt8>, _ label: ByteRange, _ kind: Kind
    ) -> Bool {
        var offset = 0
        while offset < label.count {
            let rest = label.count &- offset
            let sought = Self.word(bytes, label.start &+ offset, rest, kind)
            let expected = Word.start(of: labels.span.word(at: edge.start &+ offset), rest)
            guard sought == expected else { return false }
            offset &+= 8
        }
        return true
    }

    /// Up to eight of the next `rest` bytes, as labels are compared.
    @inline(__always)
    private static func word(
        _ bytes: borrowing Span<UInt8>, _ place: Int, _ rest: Int, _ kind: Kind
    ) -> UInt64 {
        let word = Word.start(of: bytes.word(at: place), rest)
        return kind == .path ? word : Word.lowered(word)
    }

    /// The hash of an edge.
    ///
    /// Of one parent, two labels of at most eight bytes and of one length
    /// never share it.
    @inline(__always)
    static func hash(
        _ parent: UInt32, _ bytes: borrowing Span<UInt8>, _ label: ByteRange, _ kind: Kind
    ) -> UInt64 {
        var hash = UInt64(parent) << 32 | UInt64(truncatingIfNeeded: label.count)
        var offset = 0
        repeat {
            hash ^= word(bytes, label.start &+ offset, label.count &- offset, kind)
            hash = (hash ^ hash >> 32) &* 0x9e37_79b9_7f4a_7c15
            offset &+= 8
        } while offset < label.count
        return hash
    }

    static func slot(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 32) }
}
