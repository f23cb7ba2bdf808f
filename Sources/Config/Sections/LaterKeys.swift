/// The keys of the contract that this version does not read yet, by section.
///
/// Whoever writes one of them wants what it does: silence, or "unknown key", would be the wrong
/// answer. A feature takes its names off this list when it brings their descriptors.
enum LaterKeys {
    static let names: [String: [String]] = [
        "listeners.NAME": ["tls", "redirect_https"],
        "upstreams.NAME": ["tls"],
    ]
}
