import Linux
import Policy
import Synchronization

/// Certificates that deliveries name and no loop knows, in the order in which they were missed.
final class CertificateOrders: Sendable {
    private struct Order {
        let url: CertificateURL
        /// Deliveries that wait for it.
        var count = 1
    }

    private struct State: ~Copyable {
        var waiting: [Order] = []
        /// The one that is looked for now.
        var current: CertificateURL?
        /// Of who looks for them; `nil` before there is anybody.
        var wakeup: Wakeup?
    }

    /// Guard: the mutex, held to look through a few URLs.
    private let state = Mutex(State())

    /// Strangers choose the URLs: more of them wait for nobody.
    static let countMax = 16

    /// Has a certificate be looked for, for one more delivery.
    ///
    /// - Returns: Whether it will be; there may be too many before it.
    func want(_ url: CertificateURL) -> Bool {
        state.withLock { state in
            if state.current == url { return true }
            if let index = state.waiting.firstIndex(where: { $0.url == url }) {
                state.waiting[index].count += 1
                return true
            }
            guard state.waiting.count < Self.countMax else { return false }
            state.waiting.append(Order(url: url))
            if state.wakeup != nil { state.wakeup?.signal() }
            return true
        }
    }

    /// A delivery waits no longer: what nobody waits for is not looked for.
    func leave(_ url: CertificateURL) {
        state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.url == url }) else { return }
            state.waiting[index].count -= 1
            if state.waiting[index].count == 0 { state.waiting.remove(at: index) }
        }
    }

    // MARK: Who looks for them

    /// Has orders wake whoever calls this, once.
    ///
    /// - Returns: A descriptor that is readable when there may be an order.
    func attend() throws(Errno) -> Int32 {
        let wakeup = try Wakeup()
        let number = wakeup.number
        wakeup.signal()
        let held = Mutex<Wakeup?>(wakeup)
        state.withLock { state in state.wakeup = held.withLock { $0.take() } }
        return number
    }

    /// Takes the oldest order; it is being looked for until the next call.
    func takeNext() -> CertificateURL? {
        state.withLock { state in
            if state.wakeup != nil { state.wakeup?.clear() }
            state.current = state.waiting.isEmpty ? nil : state.waiting.removeFirst().url
            return state.current
        }
    }
}
