@testable import HTTP

/// Bytes, and how they are to be read.
struct WireInput: Sendable {
    enum Kind: Sendable, Equatable {
        case request
        /// What the responses answer, in order; GET once that runs out.
        case response(to: [HTTP.Method])
        case chunked
    }

    var kind: Kind
    var limits: HeadLimits
    var bytes: [UInt8]
}
