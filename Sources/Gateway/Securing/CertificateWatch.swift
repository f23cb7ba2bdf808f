import Config
import Linux
import Reactor
import Synchronization
import Telemetry

/// Looks at files of certificates and keys every second, on a thread of its own, and has the loops
/// begin TLS with what they hold once they have changed: certificates are renewed without a reload.
///
/// Connections that stand go on with what they began with.
final class CertificateWatch: Sendable {
    private struct State {
        var snapshot: Snapshot
        var changes: FileChanges
        var isRunning = false

        init(_ snapshot: Snapshot, since changes: FileChanges) {
            self.snapshot = snapshot
            self.changes = changes
        }
    }

    /// Guard: the mutex, held while files are read and the loops told.
    private let state: Mutex<State>
    private let board: CertificateBoard
    private let mailboxes: [Mailbox<WorkerMessage>]
    private let log: LogPipeline

    private static let period: Int32 = 1000

    /// - Parameter changes: Begun before the files were read, so that none is missed.
    init(
        _ snapshot: Snapshot, since changes: FileChanges, board: CertificateBoard,
        mailboxes: [Mailbox<WorkerMessage>], log: LogPipeline
    ) {
        state = Mutex(State(snapshot, since: changes))
        self.board = board
        self.mailboxes = mailboxes
        self.log = log
    }

    /// Starts the thread, if there is any file.
    func start() throws(Errno) {
        try state.withLock { state throws(Errno) in try start(&state) }
    }

    private func start(_ state: inout State) throws(Errno) {
        guard !state.isRunning, !Provisioning.files(of: state.snapshot).isEmpty else { return }
        _ = try Thread(name: "apus-certs") { [self] in
            while true {
                Thread.pause(milliseconds: Self.period)
                self.state.withLock { state in
                    let changed = Set(state.changes.look(at: FileStamp.init(of:)))
                    if !changed.isEmpty { read(state.snapshot, changed) }
                }
            }
        }
        state.isRunning = true
    }

    private func read(_ snapshot: Snapshot, _ changed: Set<String>) {
        var files = ProvisioningFiles(changed: changed)
        let contexts = Provisioning.contexts(of: snapshot, after: board.contexts, &files)
        board.set(contexts, files.problems, unread: files.unread)
        for mailbox in mailboxes { mailbox.post(.secured(contexts)) }
        let isToldOf = LogLevel.info >= LogLevel(snapshot.log.level)
        if files.problems.isEmpty, isToldOf { note(.info, "certificates read again", nil) }
        for problem in files.problems {
            note(.error, "certificates not read again, the former ones hold", problem)
        }
    }

    /// Looks at the files of another configuration from now on.
    ///
    /// - Parameters:
    ///   - next: As loaded.
    ///   - handOver: Has the loops adopt it, with contexts of its own, and says what they have
    ///     then, if they have; nobody tells them of other contexts meanwhile.
    func adopt<Failure: Error>(
        _ next: Snapshot, _ handOver: () throws(Failure) -> Snapshot
    ) throws(Failure) {
        try state.withLock { state throws(Failure) in
            let changes = FileChanges(ofCertificates: next)
            let snapshot = try handOver()
            let isRunning = state.isRunning
            state = State(snapshot, since: changes)
            state.isRunning = isRunning
            // Without a thread they serve all the same, and are read at the next reload.
            try? start(&state)
        }
    }

    private func note(_ level: LogLevel, _ message: StaticString, _ problem: ProvisioningProblem?) {
        var line = LineBuilder(
            level: level, event: .certificates, message: message, time: LogClock.now())
        if let problem {
            line.add("file", problem.file)
            line.add("reason", "\(problem.path) \(problem.reason)")
        }
        log.submit(&line)
    }
}

extension FileChanges {
    /// Of all files of certificates and keys that a configuration names.
    init(ofCertificates snapshot: Snapshot) {
        self.init(Provisioning.files(of: snapshot).sorted(), at: FileStamp.init(of:))
    }
}
