/// Whose requests, and which, a route takes, beside what its match says.
package struct GateSettings: Sendable, Equatable {
    /// `nil` for everybody.
    package var access: AccessLists?
    package var fetchMetadata: FetchMetadataMode
    /// `type/subtype` or `type/*`, of request bodies; `nil` for all.
    package var contentTypes: [String]?
    /// What is looked for in bodies while they pass.
    package var bodies = BodySettings.none
    /// What clients are told instead of being served; `nil` while the route serves.
    package var maintenance: MaintenanceSettings?

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
