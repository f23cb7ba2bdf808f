/// The named sets of security headers.
package enum SecurityPreset: String, CaseIterable, Sendable {
    case recommended, api, strict, none
}
