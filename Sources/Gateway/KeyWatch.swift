import Config
import Linux
import Policy
import Reactor
import Synchronization
import Telemetry

/// Looks at files of keys every second, on a thread of its own, and hands what they hold to the
/// loops when they have changed: keys are rotated without a reload.
final class KeyWatch: Sendable {
    private struct State {
        var keys: WatchedKeys
        var changes: FileChanges
        var level: LogLevel
        var isRunning = false

        init(_ snapshot: Snapshot) {
            keys = WatchedKeys(snapshot, environment: ProcessStart.environment)
            changes = FileChanges(keys.files, at: FileStamp.init(of:))
            level = LogLevel(snapshot.log.level)
        }
    }

    /// Guard: the mutex, held while files are read and the loops told: what is told is of the
    /// configuration that they have.
    private let state: Mutex<State>
    private let mailboxes: [Mailbox<WorkerMessage>]
    private let log: LogPipeline

    private static let period: Int32 = 1000

    init(_ snapshot: Snapshot, mailboxes: [Mailbox<WorkerMessage>], log: LogPipeline) {
        state = Mutex(State(snapshot))
        self.mailboxes = mailboxes
        self.log = log
    }

    /// Starts the thread, if there is any file.
    func start() throws(Errno) {
        try state.withLock { state throws(Errno) in try start(&state) }
    }

    private func start(_ state: inout State) throws(Errno) {
        // Nobody looked at them between the reading of the configuration and here.
        let outcome = state.keys.read(state.keys.files)
        tell(outcome, at: .debug, from: state.level)
        guard !state.isRunning, !state.keys.files.isEmpty else { return }
        _ = try Thread(name: "apus-keys") { [self] in
            while true {
                Thread.pause(milliseconds: Self.period)
                self.state.withLock { state in
                    let changed = state.changes.look(at: FileStamp.init(of:))
                    guard !changed.isEmpty else { return }
                    let outcome = state.keys.read(changed)
                    tell(outcome, at: .info, from: state.level)
                }
            }
        }
        state.isRunning = true
    }

    /// Looks at the files of another configuration from now on.
    ///
    /// - Parameter handOver: Has the loops adopt it, and says what they have then, if they have;
    ///   nobody tells them of keys meanwhile.
    func adopt(_ handOver: () -> Snapshot?) throws(Errno) {
        try state.withLock { state throws(Errno) in
            guard let snapshot = handOver() else { return }
            let isRunning = state.isRunning
            state = State(snapshot)
            state.isRunning = isRunning
            try start(&state)
        }
    }

    /// Hands new keys to the loops, and says so.
    ///
    /// - Parameters:
    ///   - level: At which to tell of keys that were read; failures are errors.
    ///   - threshold: Lines below it are not written.
    private func tell(
        _ outcome: WatchedKeys.Outcome, at level: LogLevel, from threshold: LogLevel
    ) {
        Self.post(outcome, to: mailboxes)
        for line in outcome.notes {
            let level = line.failure == nil ? level : .error
            if level >= threshold { note(line, at: level) }
        }
    }

    static func post(_ outcome: WatchedKeys.Outcome, to mailboxes: [Mailbox<WorkerMessage>]) {
        // A table for each loop: counting references to one would have the loops wait for another.
        for mailbox in mailboxes {
            if let routes = outcome.routes, let policies = AuthTable(routes) {
                mailbox.post(.keysRead(policies))
            }
            if let webhooks = outcome.webhooks {
                mailbox.post(.webhooksRead(webhooks.map(WebhookVerifier.init)))
            }
        }
    }

    private func note(_ note: WatchedKeys.Note, at level: LogLevel) {
        let message: StaticString =
            note.failure == nil
            ? "keys read again" : "keys not read again, the former ones hold"
        var line = LineBuilder(level: level, event: .keys, message: message, time: LogClock.now())
        switch note.owner {
        case .route: line.add("route", note.name)
        case .webhook: line.add("webhook", note.name)
        }
        if let failure = note.failure {
            line.add("file", failure.file)
            line.add("reason", failure.reason)
        }
        log.submit(&line)
    }
}

/// Which of some files have changed, as far as looking at them from time to time can tell.
///
/// A change counts once the file has looked the same twice: whoever writes in place may not be
/// done.
struct FileChanges {
    private var files: [(path: String, known: FileStamp?, latest: FileStamp?)]

    init(_ paths: [String], at stamp: (String) -> FileStamp?) {
        files = paths.map { path in
            let now = stamp(path)
            return (path, now, now)
        }
    }

    /// Looks once more.
    ///
    /// - Returns: The files that have changed since the beginning, or since they were among these.
    mutating func look(at stamp: (String) -> FileStamp?) -> [String] {
        var changed: [String] = []
        for index in files.indices {
            let now = stamp(files[index].path)
            if now == files[index].latest, now != files[index].known {
                files[index].known = now
                changed.append(files[index].path)
            }
            files[index].latest = now
        }
        return changed
    }
}
