package import Bytes

/// What a route's CORS policy made of a request; the policy itself stands with the route.
package struct CORSVerdict: Sendable, Equatable {
    package var standing: CORSStanding
    /// Where the `Origin` stands that may be told it is allowed; empty if none may.
    package var origin: ByteRange

    package init(_ standing: CORSStanding, origin: ByteRange) {
        self.standing = standing
        self.origin = origin
    }

    /// The verdict on requests that no policy looks at.
    package static var none: CORSVerdict { CORSVerdict(.none, origin: .empty) }
}

/// Where a request stands to a route's CORS policy.
@usableFromInline package enum CORSStanding: UInt8, CaseIterable, Sendable {
    /// No policy, or no `Origin` in the request.
    case none
    /// A page of the very origin that is asked: no matter of the policy.
    case own
    /// From an allowed origin.
    case allowed
    /// From any other: the browser is told nothing.
    case foreign
    /// A preflight that is granted.
    case preflight
    /// A preflight that is not.
    case preflightRefused

    /// Whether it is counted: what came of the policy, which is nothing without a foreign origin.
    ///
    /// Patterns in these, since `==` calls through a witness from other modules.
    @inlinable package var isCounted: Bool {
        switch self {
        case .none, .own: false
        case .allowed, .foreign, .preflight, .preflightRefused: true
        }
    }

    package var isRefused: Bool {
        switch self {
        case .foreign, .preflightRefused: true
        case .none, .own, .allowed, .preflight: false
        }
    }

    package var isPreflight: Bool {
        switch self {
        case .preflight, .preflightRefused: true
        case .none, .own, .allowed, .foreign: false
        }
    }
}

/// A verdict, and what follows from it at the policy's place in the order.
struct CORSJudgement: Equatable {
    var verdict: CORSVerdict
    /// `nil` if the request goes on.
    var action: VerdictAction?

    static var none: CORSJudgement { CORSJudgement(verdict: .none, action: nil) }
}
