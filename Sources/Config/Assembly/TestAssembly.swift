/// From decoded tests to whole ones: the names in them are looked up.
struct TestAssembly {
    let draft: FileDraft
    let report: Report

    /// What stands for no route and no upstream.
    private static let none = "none"

    /// The tests that are whole; what is wrong with the others is reported.
    func tests() -> [RequestTest] {
        let listeners = draft.serving.listeners.map(\.name)
        let routes = draft.serving.routes.compactMap { $0.name?.value }
        let upstreams = draft.serving.upstreams.map(\.name)
        return draft.tests.map { test in
            if let listener = test.listener, !listeners.contains(listener.value) {
                listener.refuse(as: "a listener", among: listeners, report: report)
            }
            var expectations: [Expectation] = []
            if let route = test.expect.route {
                expectations.append(.route(name(route, "a route", among: routes)))
            }
            if let upstream = test.expect.upstream {
                expectations.append(.upstream(name(upstream, "an upstream", among: upstreams)))
            }
            if let limits = test.expect.limits {
                expectations.append(.limits(names(limits)))
            }
            return RequestTest(
                line: test.position.line, title: test.request.scalar?.written ?? "",
                method: test.request.value.method, url: test.request.value.url,
                fields: test.fields, client: test.client, listener: test.listener?.value,
                expectations: expectations + test.expect.others)
        }
    }

    /// The limits that a test expects, each of which there is.
    private func names(_ limits: [Located<String>]) -> [String] {
        let known = draft.serving.limits.rates.map(\.name)
        for limit in limits where !known.contains(limit.value) {
            limit.refuse(as: "a rate limit", among: known, report: report)
        }
        return limits.map(\.value)
    }

    /// A name that something has; `nil` for `none`, which then nothing may have.
    private func name(
        _ name: Located<String>, _ noun: String, among names: [String]
    ) -> String? {
        if name.value == Self.none {
            if names.contains(Self.none) {
                report.error(
                    at: name.position, name.path,
                    "could mean \(noun) of that name, or that there is none: rename it")
            }
            return nil
        }
        if !names.contains(name.value) {
            name.refuse(as: noun, among: names + [Self.none], report: report)
        }
        return name.value
    }
}

extension Located<String> {
    /// Reports a name that nothing has, and what may have been meant.
    func refuse(as noun: String, among names: [String], report: Report) {
        let known = names.isEmpty ? "there is none" : "there is \(alternatives(names))"
        object(
            Objection(
                "is not the name of \(noun)",
                suggestion: Spelling.nearest(to: value, among: names),
                advice: names.count <= 8 ? known : nil),
            report: report)
    }
}
