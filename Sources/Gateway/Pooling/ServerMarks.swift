import Synchronization
import Telemetry

/// Which of an upstream's servers the last attempt to connect to failed at, whichever loop made it.
///
/// Loops choose by what they saw themselves; this is what operators are told, so that a loop
/// without traffic does not call a server down that others have long reached again.
final class ServerMarks: Sendable {
    /// Guarded by being atomic; no other memory depends on it, so relaxed ordering is enough.
    private final class Mark: Sendable {
        let isDown = Atomic(false)
    }

    private let marks: [Mark]

    init(count: Int) { marks = (0..<count).map { _ in Mark() } }

    /// - Parameter server: Index into the upstream's configured servers.
    func note(_ server: Int, isDown: Bool) {
        guard marks.indices.contains(server) else { return }
        // Mostly there is nothing to change, and a store would take the line from all other loops.
        if marks[server].isDown.load(ordering: .relaxed) != isDown {
            marks[server].isDown.store(isDown, ordering: .relaxed)
        }
    }

    /// How many there are of each kind; those that nobody has tried are held to be up.
    var counts: ServerCounts {
        let down = marks.count { $0.isDown.load(ordering: .relaxed) }
        return ServerCounts(up: marks.count - down, down: down)
    }
}
