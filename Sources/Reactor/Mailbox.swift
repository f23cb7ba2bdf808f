package import Linux
import Synchronization

/// Messages for a loop from other threads, read once a turn.
package final class Mailbox<Message: Sendable>: Sendable {
    private let waiting = Mutex<[Message]>([])
    /// What the loop's poller watches.
    package let wakeup: Wakeup

    /// - Throws: `.tooManyOpenFiles` and its kin, if there is no descriptor for the wakeup.
    package init() throws(Errno) { wakeup = try Wakeup() }

    /// Leaves a message and wakes the loop.
    ///
    /// Any thread may call it.
    package func post(_ message: Message) {
        waiting.withLock { $0.append(message) }
        wakeup.signal()
    }

    /// Takes all messages, in the order they were posted.
    ///
    /// The loop alone calls it.
    package func takeAll() -> [Message] {
        wakeup.clear()
        return waiting.withLock { messages in
            let taken = messages
            messages = []
            return taken
        }
    }
}
