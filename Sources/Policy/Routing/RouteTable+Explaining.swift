import Bytes
import HTTP

/// What one route makes of a request, for `apus explain`.
package struct RouteExplanation: Sendable, Equatable {
    /// Index into the routes.
    package let route: Int
    /// The first criterion that the request does not meet; `nil` if the route takes it.
    ///
    /// Of the
    /// routes that do, the first wins.
    package let failed: RouteCriterion?
}

/// A criterion of a match, in the order in which an explanation looks at them.
package enum RouteCriterion: Sendable, Equatable {
    case host, path, method
    /// The field's name in lower case.
    case header(String)
    case listener
}

extension RouteTable {
    /// Says of every route why it does not take a request.
    ///
    /// Allocates.
    ///
    /// - Returns: One entry a route, in order. A path without a reading meets no path criterion.
    func explain(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, listener: Int,
        scratch: inout PolicyScratch
    ) -> [RouteExplanation] {
        let query = query(head, bytes, listener, &scratch)
        let hostChain = chain(hosts, from: query.host)
        let pathChain = pathChain(head, bytes, &scratch)
        var explanations: [RouteExplanation] = []
        for (route, criteria) in criteria.enumerated() {
            var failed: RouteCriterion?
            if !hostChain.contains(criteria.pair.host) {
                failed = .host
            } else if !pathChain.contains(criteria.pair.path) {
                failed = .path
            } else if criteria.methods.isDisjoint(with: query.method) {
                failed = .method
            } else if let name = unmetHeader(criteria.headers, head, bytes) {
                failed = .header(name)
            } else if let wanted = criteria.listener, wanted != listener {
                failed = .listener
            }
            explanations.append(RouteExplanation(route: route, failed: failed))
        }
        return explanations
    }

    private func chain(_ trie: PatternTrie, from narrowest: UInt32) -> [UInt32] {
        Array(sequence(first: narrowest) { trie.pattern(after: $0) })
    }

    private func pathChain(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>,
        _ scratch: inout PolicyScratch
    ) -> [UInt32] {
        if head.path.isEmpty { return chain(paths, from: rootPath) }
        guard bytes[head.path.start] == 0x2f, (try? PathShape(bytes, head.path)) != nil,
            let narrowest = try? pathPattern(.decoded, head.path, bytes, &scratch)
        else { return [] }
        return chain(paths, from: narrowest)
    }

    private func unmetHeader(
        _ tests: Range<Int>, _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>
    ) -> String? {
        for index in tests where !headerTests[index].isMet(by: head, bytes) {
            return String(decoding: headerTests[index].name, as: UTF8.self)
        }
        return nil
    }
}
