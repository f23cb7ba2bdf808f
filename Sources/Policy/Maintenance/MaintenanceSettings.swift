/// What clients are told while a route is in maintenance, and who passes nevertheless.
package struct MaintenanceSettings: Sendable, Equatable {
    /// Stands where the usual sentence would; at most ``messageBytesMax`` long.
    package var message: String?
    /// Seconds of `Retry-After`.
    package var retryAfter: UInt32
    /// Clients that pass; `nil` for none.
    package var allow: ClientList?

    /// - Parameter retryAfter: ``retryAfterUsual`` without it.
    package init(message: String? = nil, retryAfter: UInt32? = nil, allow: ClientList? = nil) {
        self.message = message
        self.retryAfter = retryAfter ?? Self.retryAfterUsual
        self.allow = allow
    }

    /// In UTF-8.
    package static let messageBytesMax = 1024
    /// Seconds, where nobody says anything else.
    package static let retryAfterUsual: UInt32 = 60
    /// Seconds: a day.
    package static let retryAfterMax: UInt32 = 86_400
    /// Blocks in ``allow``.
    package static let allowCountMax = 1000

    /// Whether a text may be ``message``: not empty, one paragraph, no control characters.
    package static func isMessage(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= messageBytesMax
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
    }
}

/// Maintenance that is on, made ready for requests.
package final class MaintenanceNotice: Sendable {
    package let settings: MaintenanceSettings
    /// The message in UTF-8; empty for the usual sentence.
    package let message: [UInt8]
    private let allow: ClientSet?

    /// Merges the blocks of ``MaintenanceSettings/allow``.
    package init(_ settings: MaintenanceSettings) {
        self.settings = settings
        message = Array((settings.message ?? "").utf8)
        allow = settings.allow.map(ClientSet.init)
    }

    /// Whether a client passes as if nothing were.
    ///
    /// - Parameter client: As identified, not the peer; `nil` on a unix socket.
    func admits(_ client: IPAddress?) -> Bool { allow?.contains(client) ?? false }
}
