import Config
import Linux
import Reactor
import Synchronization

/// Looks up a name that nobody has looked up before, on a thread of its own for the one time.
///
/// A resolver that hangs takes one thread and no more: there is one question at a time.
final class NameQuery: Sendable {
    private struct Question: ~Copyable {
        var isAsked = false
        var name: ServerAddress?
        var answer: [SocketAddress] = []
    }

    /// Guard: the mutex, not held while a resolver is asked.
    private let question = Mutex(Question())
    private let isAnswered: Wakeup
    private let loop: ControlLoop

    init(loop: ControlLoop) throws(Errno) {
        isAnswered = try Wakeup()
        self.loop = loop
    }

    /// - Returns: None for a name without any, and while somebody else's question is open.
    func addresses(
        of name: String, port: UInt16, by deadline: MonotonicInstant
    ) async -> [SocketAddress] {
        let server = ServerAddress.name(name, port: port)
        guard begin(server) else { return [] }
        do throws(Errno) {
            _ = try Thread(name: "apus-query") { [self] in
                let found = NameResolver.addresses(of: name, port: port)
                question.withLock { question in
                    question.answer = found
                    question.isAsked = false
                }
                isAnswered.signal()
            }
        } catch {
            question.withLock { $0.isAsked = false }
            return []
        }
        guard await loop.readable(isAnswered.number, until: deadline) else { return [] }
        return question.withLock { $0.name == server ? $0.answer : [] }
    }

    private func begin(_ server: ServerAddress) -> Bool {
        question.withLock { question in
            guard !question.isAsked else { return false }
            isAnswered.clear()
            question.isAsked = true
            question.name = server
            question.answer = []
            return true
        }
    }
}
