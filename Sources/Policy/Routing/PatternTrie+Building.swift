import Bytes

extension PatternTrie {
    /// Collects patterns at load; allocates as it likes.
    struct Builder {
        private let kind: Kind
        private var nodes: [Draft] = [Draft(parent: 0)]
        private var children: [Step: Int] = [:]
        /// The exact hosts, whole and in lower case, and their patterns.
        private var wholeHosts: [(host: [UInt8], pattern: UInt32)] = []
        /// Patterns so far, pattern 0 included.
        private(set) var patternCount: UInt32 = 1

        /// What a pattern takes beyond its own labels.
        enum Extent { case exactly, allBelow }

        private struct Step: Hashable {
            let parent: Int
            let label: [UInt8]
        }

        private struct Draft {
            let parent: Int
            /// The patterns that end here.
            var exact: UInt32?
            var prefix: UInt32?
        }

        init(_ kind: Kind) { self.kind = kind }

        /// The pattern of these labels, counted from the root; in lower case for hosts.
        mutating func insert(_ labels: [[UInt8]], _ extent: Extent) -> UInt32 {
            // `/*` takes everything, as no pattern at all does.
            if labels.isEmpty, extent == .allBelow { return 0 }
            var node = 0
            for label in labels { node = child(of: node, label) }
            switch extent {
            case .exactly:
                if let pattern = nodes[node].exact { return pattern }
                let pattern = nextPattern()
                nodes[node].exact = pattern
                if kind == .host {
                    let host = Array(labels.reversed().joined(separator: [0x2e]))
                    wholeHosts.append((host, pattern))
                }
                return pattern
            case .allBelow:
                let pattern = nodes[node].prefix ?? nextPattern()
                nodes[node].prefix = pattern
                return pattern
            }
        }

        private mutating func nextPattern() -> UInt32 {
            patternCount += 1
            return patternCount - 1
        }

        private mutating func child(of parent: Int, _ label: [UInt8]) -> Int {
            let step = Step(parent: parent, label: label)
            if let child = children[step] { return child }
            nodes.append(Draft(parent: parent))
            children[step] = nodes.count - 1
            return nodes.count - 1
        }

        /// Settles the chains and lays out the tables.
        func finished() -> PatternTrie {
            var done: [Node] = []
            var broader = [UInt32](repeating: 0, count: Int(patternCount))
            // A parent always comes before its children, so its entry is complete.
            for (index, draft) in nodes.enumerated() {
                let above = index == 0 ? 0 : done[draft.parent].below
                let below = draft.prefix ?? above
                let inherited = kind == .path ? below : above
                done.append(Node(whole: draft.exact ?? inherited, below: below))
                if let prefix = draft.prefix { broader[Int(prefix)] = above }
                if let exact = draft.exact { broader[Int(exact)] = inherited }
                if index > 0 { done[draft.parent].isLeaf = false }
            }
            return tables(nodes: done, broader: broader)
        }

        private func tables(nodes: [Node], broader: [UInt32]) -> PatternTrie {
            var slotCount = 2
            while slotCount < 2 * (children.count + wholeHosts.count) { slotCount *= 2 }
            var edges = [Edge](repeating: Edge(), count: slotCount)
            var labels: [UInt8] = []
            for (step, child) in children.sorted(by: { $0.value < $1.value }) {
                add(step.label, from: UInt32(step.parent), to: UInt32(child), &edges, &labels)
            }
            for (host, pattern) in wholeHosts {
                add(host, from: PatternTrie.wholeHost, to: pattern + 1, &edges, &labels)
            }
            // Labels are compared word by word: the last one needs bytes behind it to read.
            labels += [UInt8](repeating: 0, count: 8)
            return PatternTrie(nodes: nodes, edges: edges, labels: labels, broader: broader)
        }

        private func add(
            _ label: [UInt8], from parent: UInt32, to child: UInt32, _ edges: inout [Edge],
            _ labels: inout [UInt8]
        ) {
            let range = ByteRange(start: 0, count: label.count)
            let hash = PatternTrie.hash(parent, label.span, range, kind)
            var slot = PatternTrie.slot(hash) & (edges.count - 1)
            // At most half of the slots are taken: the search ends, and soon.
            while edges[slot].child > 0 { slot = (slot + 1) & (edges.count - 1) }
            edges[slot] = Edge(
                hash: hash, parent: parent, child: child,
                label: ByteRange(start: labels.count, count: label.count))
            labels += label
        }
    }
}
