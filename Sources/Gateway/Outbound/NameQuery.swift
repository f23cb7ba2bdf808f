import Linux
import Reactor
import Synchronization

/// Looks up names that no configuration has, each on a thread of its own for the one time.
///
/// A resolver that hangs takes one thread and no more: there is one question at a time. An answer
/// that comes too late is there for who asks again.
final class NameQuery: Sendable {
    private struct Question: ~Copyable {
        var name = ""
        var isAsked = false
        var answer: [SocketAddress] = []
        var answered = MonotonicInstant(nanoseconds: 0)
    }

    /// Guard: the mutex, not held while a resolver is asked.
    private let question = Mutex(Question())
    private let isAnswered: Wakeup
    private let loop: ControlLoop

    /// An answer holds for so long.
    private static let answerLength = Duration.seconds(30)

    init(loop: ControlLoop) throws(Errno) {
        isAnswered = try Wakeup()
        self.loop = loop
    }

    /// Asks on the control loop, one caller at a time.
    ///
    /// - Returns: None for a name without any, and while the answer to another question is awaited.
    func addresses(
        of name: String, port: UInt16, by deadline: MonotonicInstant
    ) async -> [SocketAddress] {
        switch begin(name) {
        case .known(let answer): return answer
        case .busy: return []
        case .asked: break
        case .new:
            do throws(Errno) {
                _ = try Thread(name: "apus-query") { [self] in
                    note(NameResolver.addresses(of: name, port: port))
                }
            } catch {
                question.withLock { $0.isAsked = false }
                return []
            }
        }
        _ = await loop.readable(isAnswered.number, until: deadline)
        return question.withLock { $0.isAsked ? [] : $0.answer }
    }

    private enum Beginning {
        case known([SocketAddress])
        /// A resolver is busy with another name.
        case busy
        /// It is asked for this name.
        case asked
        case new
    }

    private func begin(_ name: String) -> Beginning {
        question.withLock { question in
            guard !question.isAsked else { return question.name == name ? .asked : .busy }
            let age = Clock.monotonic().nanoseconds(since: question.answered)
            if question.name == name, !question.answer.isEmpty,
                age < Self.answerLength.wholeNanoseconds
            {
                return .known(question.answer)
            }
            isAnswered.clear()
            question.name = name
            question.isAsked = true
            question.answer = []
            return .new
        }
    }

    private func note(_ answer: [SocketAddress]) {
        question.withLock { question in
            question.answer = answer
            question.answered = Clock.monotonic()
            question.isAsked = false
            isAnswered.signal()
        }
    }
}
