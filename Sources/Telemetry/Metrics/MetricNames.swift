/// What the numbers of ``LoopMetrics`` stand for: label values by index.
package struct MetricNames: Sendable {
    /// In the order of the snapshot, as indexed by ``AccessRecord/route``.
    package var routes: [String]
    /// In the order of the snapshot, as the `upstream…` calls of ``LoopMetrics`` count them.
    package var upstreams: [String]
    /// In the order of the snapshot, as the calls of ``LoopMetrics`` about connections count them.
    package var listeners: [String]
    /// Indices of ``listeners`` that speak TLS.
    package var secureListeners: [Int] = []
    /// CORS policies in the order of the snapshot, as ``LoopMetrics/corsJudged(_:_:)`` counts them.
    package var corsPolicies: [String] = []
    /// Rate limits in the order of the snapshot, as
    /// ``LoopMetrics/limitDecided(_:_:by:)`` counts them.
    package var limits: [String] = []
    /// Webhooks in the order of the snapshot, as ``LoopMetrics/webhookJudged(_:_:)`` counts them.
    package var webhooks: [String] = []
    /// Label values by the index that ``LoopMetrics/requestFinished(_:method:)`` gets.
    package var methods: [StaticString]
    /// Labels of `apus_build_info`, which is always 1.
    package var build: BuildLabels

    package init(
        routes: [String], upstreams: [String], listeners: [String], methods: [StaticString],
        build: BuildLabels
    ) {
        self.routes = routes
        self.upstreams = upstreams
        self.listeners = listeners
        self.methods = methods
        self.build = build
    }

    /// Whether all indices stand for the same.
    func isSame(as other: MetricNames) -> Bool {
        routes == other.routes && upstreams == other.upstreams && listeners == other.listeners
            && secureListeners == other.secureListeners && corsPolicies == other.corsPolicies
            && limits == other.limits
            && webhooks == other.webhooks
    }

    /// The label of requests without a route; no configured route has this name.
    static let noRoute = "-"
}

/// The labels of `apus_build_info`.
package struct BuildLabels: Sendable {
    package var version: String
    package var swift: String
    package var openssl: String

    package init(version: String, swift: String, openssl: String) {
        self.version = version
        self.swift = swift
        self.openssl = openssl
    }
}
