import Bytes
import HTTP

/// Whose requests, and which, a route takes, beside what its match says.
package struct GateSettings: Sendable, Equatable {
    /// `nil` for everybody.
    package var access: AccessLists?
    package var fetchMetadata: FetchMetadataMode
    /// `type/subtype` or `type/*`, of request bodies; `nil` for all.
    package var contentTypes: [String]?

    package init(
        access: AccessLists?, fetchMetadata: FetchMetadataMode, contentTypes: [String]?
    ) {
        self.access = access
        self.fetchMetadata = fetchMetadata
        self.contentTypes = contentTypes
    }

    /// Takes everything that the match takes.
    package static let open = GateSettings(access: nil, fetchMetadata: .off, contentTypes: nil)
}

/// A route's ``GateSettings`` made ready; a route that takes everything has none.
final class RouteGate: Sendable {
    private let access: AccessPolicy?
    private let fetchMetadata: FetchMetadataMode
    private let contentTypes: ContentTypes?

    init?(_ settings: GateSettings) {
        guard settings != .open else { return nil }
        access = settings.access.map(AccessPolicy.init)
        fetchMetadata = settings.fetchMetadata
        contentTypes = settings.contentTypes.map(ContentTypes.init)
    }

    /// Whether the client may ask at all.
    func admits(_ identity: ClientIdentity) -> Bool {
        access?.admits(identity.client) ?? true
    }

    /// What is wrong with a request of a client that may ask.
    ///
    /// - Parameter reported: Set where a request passes that is to be told of.
    func objection(
        to head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>,
        _ identity: ClientIdentity, reported: inout RefusalReason?
    ) -> RefusalReason? {
        switch fetchMetadata {
        case .off: break
        case .report, .enforce:
            if FetchMetadata.isForeign(head, bytes, publicHost: identity.forwardedHost) {
                if case .enforce = fetchMetadata { return .crossSite }
                reported = .crossSite
            }
        }
        if let contentTypes, !contentTypes.admit(head, bytes) { return .contentTypeRefused }
        return nil
    }
}
