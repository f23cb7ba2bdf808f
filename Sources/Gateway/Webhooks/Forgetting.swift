import Bytes
import Linux
import Policy
import Redis
import Synchronization

/// What came of having an event forgotten.
enum ForgetRuling: Sendable {
    case forgotten
    case unknown
    /// A delivery of it is with the app, which may still accept it.
    case inFlight
    /// Redis did not answer: it may know the event.
    case storeAway
}

/// Asks one loop to have Redis forget an event; the answer comes back once.
final class ForgetOrder: Sendable {
    /// Index into the snapshot's webhooks.
    let webhook: Int
    let text: ReplayID

    private enum Answer {
        case open(CheckedContinuation<ForgetRuling, Never>?)
        case given(ForgetRuling)
    }

    /// Guard: the mutex; whoever gives the first answer resumes whoever waits.
    private let answer = Mutex(Answer.open(nil))

    init(webhook: Int, text: ReplayID) {
        self.webhook = webhook
        self.text = text
    }

    /// Gives the answer, unless there is one.
    func resolve(_ ruling: ForgetRuling) {
        let waiter = answer.withLock { answer -> CheckedContinuation<ForgetRuling, Never>? in
            guard case .open(let waiter) = answer else { return nil }
            answer = .given(ruling)
            return waiter
        }
        waiter?.resume(returning: ruling)
    }

    /// Suspends until there is an answer; one task may wait.
    func ruling() async -> ForgetRuling {
        await withCheckedContinuation { continuation in
            let given = answer.withLock { answer -> ForgetRuling? in
                if case .given(let ruling) = answer { return ruling }
                answer = .open(continuation)
                return nil
            }
            if let given { continuation.resume(returning: given) }
        }
    }
}

extension ForgetRuling {
    /// What the script answered.
    ///
    /// - Returns: `nil` for what no such script answers.
    init?(_ integers: ReplyIntegers) {
        guard integers.count == 2, integers[1] >= 0 else { return nil }
        switch (integers[0], integers[1]) {
        case (0, _): self = .inFlight
        case (1, 0): self = .unknown
        case (1, _): self = .forgotten
        default: return nil
        }
    }
}

/// What Redis is told to forget, by the word of an operator.
extension Worker where Kernel: ~Copyable {
    /// Asks Redis; the order is answered by the deadline of one command.
    mutating func forget(_ order: ForgetOrder) {
        guard storeAdmits(), desk.replays.orders.count < Self.ordersMax else {
            return order.resolve(.storeAway)
        }
        desk.replays.lastOrder &+= 1
        let number = desk.replays.lastOrder
        let isAsked = callReplays(
            for: .forgetting(number), "forget", order.text, .nobody, webhook: order.webhook,
            microseconds: 1,
            until: transport.now.advanced(byNanoseconds: plan.storeTimeout))
        guard isAsked else { return order.resolve(.storeAway) }
        desk.replays.orders[number] = order
    }

    private static var ordersMax: Int { 64 }

    /// Takes the answer.
    mutating func forgettingAnswered(_ number: UInt32, _ answer: StoreAnswer) {
        guard let order = desk.replays.orders.removeValue(forKey: number) else { return }
        guard case .integers = answer else { return order.resolve(.storeAway) }
        guard let ruling = ForgetRuling(store.reply) else {
            noteStoreNonsense()
            return order.resolve(.storeAway)
        }
        order.resolve(ruling)
    }
}
