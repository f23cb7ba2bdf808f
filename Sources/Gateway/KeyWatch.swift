import Config
import Linux
import Policy
import Reactor
import Telemetry

/// Looks at files of keys every second, on a thread of its own, and hands what they hold to the
/// loops when they have changed: keys are rotated without a reload.
final class KeyWatch: Sendable {
    private let keys: WatchedKeys
    private let mailboxes: [Mailbox<WorkerMessage>]
    private let log: LogPipeline
    private let level: LogLevel

    private static let period: Int32 = 1000

    init(_ snapshot: Snapshot, mailboxes: [Mailbox<WorkerMessage>], log: LogPipeline) {
        keys = WatchedKeys(snapshot, environment: ProcessStart.environment)
        self.mailboxes = mailboxes
        self.log = log
        level = LogLevel(snapshot.log.level)
    }

    /// Starts the thread, if there is any file.
    func start() throws(Errno) {
        let files = keys.files
        guard !files.isEmpty else { return }
        _ = try Thread(name: "apus-keys") { [self] in
            var changes = FileChanges(files, at: FileStamp.init(of:))
            var keys = keys
            // Nobody looked at them between the reading of the configuration and here.
            tell(keys.read(files), at: .debug)
            while true {
                Thread.pause(milliseconds: Self.period)
                let changed = changes.look(at: FileStamp.init(of:))
                if !changed.isEmpty { tell(keys.read(changed), at: .info) }
            }
        }
    }

    /// Hands new keys to the loops, and says so.
    ///
    /// - Parameter level: At which to tell of keys that were read; failures are errors.
    private func tell(_ outcome: WatchedKeys.Outcome, at level: LogLevel) {
        Self.post(outcome, to: mailboxes)
        for line in outcome.notes { note(line, at: line.failure == nil ? level : .error) }
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
        guard level >= self.level else { return }
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
