import Config
import Linux
import Policy
import Reactor
import Telemetry

/// Looks at files of keys every second, on a thread of its own, and hands what they hold to the
/// loops when they have changed: keys are rotated without a reload.
final class KeyWatch: Sendable {
    private let routes: [Route]
    private let files: [String]
    private let mailboxes: [Mailbox<WorkerMessage>]
    private let log: LogPipeline
    private let level: LogLevel

    private static let period: Int32 = 1000

    init(_ snapshot: Snapshot, mailboxes: [Mailbox<WorkerMessage>], log: LogPipeline) {
        routes = snapshot.routes
        files = Set(routes.flatMap(\.keyFiles)).sorted()
        self.mailboxes = mailboxes
        self.log = log
        level = LogLevel(snapshot.log.level)
    }

    /// Starts the thread, if there is any file.
    func start() throws(Errno) {
        guard !files.isEmpty else { return }
        _ = try Thread(name: "apus-keys") { [self] in
            var changes = FileChanges(files, at: FileStamp.init(of:))
            var routes = routes
            // Nobody looked at them between the reading of the configuration and here.
            read(files, into: &routes, telling: .debug)
            while true {
                Thread.pause(milliseconds: Self.period)
                let changed = changes.look(at: FileStamp.init(of:))
                if !changed.isEmpty { read(changed, into: &routes, telling: .info) }
            }
        }
    }

    /// Reads the keys of the routes that a file concerns; a route keeps its own if they cannot be
    /// read.
    ///
    /// - Parameter level: At which to tell of keys that were read; failures are errors.
    private func read(
        _ changed: [String], into routes: inout [Route], telling level: LogLevel
    ) {
        var isAnyRead = false
        for index in routes.indices where routes[index].keyFiles.contains(where: changed.contains) {
            guard case .jwt(let settings) = routes[index].auth else { continue }
            do throws(KeyFiles.Failure) {
                routes[index].auth = .jwt(try KeyFiles.reread(settings))
                isAnyRead = true
                note(level, "keys read again", route: routes[index].name, nil)
            } catch {
                note(
                    .error, "keys not read again, the former ones hold", route: routes[index].name,
                    error)
            }
        }
        guard isAnyRead else { return }
        // A table for each loop: counting references to one would have the loops wait for another.
        for mailbox in mailboxes {
            if let policies = AuthTable(routes) { mailbox.post(.keysRead(policies)) }
        }
    }

    private func note(
        _ level: LogLevel, _ message: StaticString, route: String, _ failure: KeyFiles.Failure?
    ) {
        guard level >= self.level else { return }
        var line = LineBuilder(level: level, event: .keys, message: message, time: LogClock.now())
        line.add("route", route)
        if let failure {
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

extension Route {
    fileprivate var keyFiles: [String] {
        guard case .jwt(let settings) = auth else { return [] }
        return settings.source.files
    }
}
