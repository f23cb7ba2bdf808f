import Redis
import Telemetry

/// The life of a connection to a server of the store.
///
///     connecting ──► greeting: AUTH, SELECT, CLIENT SETNAME, ROLE ──► ready ──► closed
///
/// The greeting's commands are sent together and answered in this order.
struct StoreLinkMachine {
    enum Phase { case connecting, greeting, ready, closed }

    /// What a connection begins with, in the order of sending.
    struct Greeting: OptionSet {
        let rawValue: UInt8

        static let auth = Greeting(rawValue: 1)
        static let select = Greeting(rawValue: 2)
        static let name = Greeting(rawValue: 4)
        static let role = Greeting(rawValue: 8)

        /// The first step that is not answered.
        var next: Greeting { Greeting(rawValue: rawValue & (0 &- rawValue)) }
    }

    enum Event {
        case connected
        case connectFailed(StoreTrouble)
        /// An answer to the greeting.
        case answered(Reply)
        case timedOut
        case ended
        case garbled
    }

    /// What an answer to the greeting amounts to.
    enum Reply {
        case fine
        case refused(StoreTrouble)
    }

    enum Action: Equatable {
        case wait
        /// Send the greeting.
        case greet
        /// Calls can be sent.
        case begin
        case close(StoreTrouble)
    }

    private(set) var phase = Phase.connecting
    /// Steps that are not answered.
    private(set) var greeting: Greeting

    init(greeting: Greeting) { self.greeting = greeting }

    mutating func on(_ event: Event) -> Action {
        switch (phase, event) {
        case (.connecting, .connected):
            phase = greeting.isEmpty ? .ready : .greeting
            return greeting.isEmpty ? .begin : .greet
        case (.connecting, .connectFailed(let trouble)): return close(trouble)
        case (.connecting, .timedOut), (.greeting, .timedOut): return close(.connectTimeout)
        case (.greeting, .answered(let reply)): return greeted(reply)
        case (.closed, _), (.ready, .timedOut), (.ready, .connected), (.greeting, .connected),
            (.greeting, .connectFailed), (.ready, .connectFailed), (.ready, .answered):
            return .wait
        case (.connecting, .answered): return close(.garbled)
        case (_, .ended): return close(.lost)
        case (_, .garbled): return close(.garbled)
        }
    }

    private mutating func greeted(_ reply: Reply) -> Action {
        let step = greeting.next
        greeting.remove(step)
        // A name is for people: who may not have one can do without.
        if case .refused(let trouble) = reply, step != .name || !Self.isBearable(trouble) {
            return close(trouble)
        }
        guard greeting.isEmpty else { return .wait }
        phase = .ready
        return .begin
    }

    /// Whether the connection is of use though it has no name.
    private static func isBearable(_ trouble: StoreTrouble) -> Bool {
        switch trouble {
        case .authRequired, .tooManyClients, .garbled: false
        default: true
        }
    }

    private mutating func close(_ trouble: StoreTrouble) -> Action {
        phase = .closed
        return .close(trouble)
    }
}

extension StoreTrouble {
    init(_ error: StoreError) {
        switch error {
        case .noScript: self = .noScript
        case .moved, .ask: self = .moved
        case .readOnly: self = .readOnly
        case .loading: self = .loading
        case .masterDown: self = .masterDown
        case .clusterDown: self = .clusterDown
        case .tryAgain: self = .tryAgain
        case .outOfMemory: self = .outOfMemory
        case .notSaving: self = .notSaving
        case .authRequired: self = .authRequired
        case .wrongPassword: self = .wrongPassword
        case .noPermission: self = .noPermission
        case .busy: self = .busy
        case .tooManyClients: self = .tooManyClients
        case .other: self = .errorReply
        }
    }

    /// Whether only a write can show that it is over.
    var concernsWriting: Bool {
        switch self {
        case .refused, .unreachable, .connectTimeout, .unresolved, .timeout, .slow, .lost,
            .garbled, .masterUnknown, .tooManyClients, .tls:
            false
        case .notMaster, .moved, .readOnly, .loading, .masterDown, .clusterDown, .tryAgain,
            .outOfMemory, .notSaving, .authRequired, .wrongPassword, .noPermission, .busy,
            .noScript, .errorReply:
            true
        }
    }
}
