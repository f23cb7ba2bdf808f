import Synchronization

/// How producers wake the writer: not at all while it is busy, at a quarter of a ring while it
/// naps, at the first line while it sleeps.
final class WriterSignal: Sendable {
    private let state = Atomic<UInt8>(Rest.none.rawValue)
    private let pipe: WakePipe?

    enum Rest: UInt8 {
        /// Awake, or waiting for its output: lines wake it not.
        case none
        /// Until a time: only a ring that fills wakes it.
        case nap
        /// Without end: the first line wakes it.
        case sleep
    }

    /// A signal that nobody waits for.
    init() { pipe = nil }

    init(pipe: WakePipe) { self.pipe = pipe }

    /// The writer's call, before it looks at the queues a last time and rests.
    func enter(_ rest: Rest) {
        state.store(rest.rawValue, ordering: .sequentiallyConsistent)
    }

    /// A producer's call, after it has published a line.
    func lineCame(isFilling: Bool) {
        let rest = state.load(ordering: .sequentiallyConsistent)
        if rest == Rest.none.rawValue { return }
        if rest == Rest.nap.rawValue, !isFilling { return }
        wakeIfResting()
    }

    /// Wakes the writer for something other than a line.
    func wake() {
        state.store(Rest.none.rawValue, ordering: .sequentiallyConsistent)
        pipe?.signal()
    }

    /// Of several producers only the first makes the system call.
    private func wakeIfResting() {
        let rest = state.exchange(Rest.none.rawValue, ordering: .sequentiallyConsistent)
        if rest != Rest.none.rawValue { pipe?.signal() }
    }
}
