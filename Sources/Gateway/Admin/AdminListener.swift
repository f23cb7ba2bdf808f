import Bytes
import Config
import HTTP
import Linux
import Policy
import Reactor
import Synchronization
import Telemetry

/// The listener for operators, on the control loop, so that nothing asked here ever takes time from
/// a request.
final class AdminListener: Sendable {
    private let socket: ListeningSocket
    private let desk: AdminDesk
    private let loop: ControlLoop
    private let openCount = Mutex(0)
    private let readers = Mutex(0)
    /// The status as it was rendered last for readers of events, and when.
    private let latest = Mutex<(text: [UInt8], time: MonotonicInstant)?>(nil)

    /// Requests that are answered at the same time; further ones wait in the kernel.
    private static let openMax = 32
    /// A request that takes longer is cut off.
    private static let patience: Duration = .seconds(10)
    /// Readers of events, which are among those.
    static let readersMax = 8
    /// Between two events.
    private static let period: Duration = .seconds(1)

    /// `nil` without an `admin` section.
    init?(
        _ snapshot: Snapshot, crew: WorkerCrew, reloader: Reloader, log: LogPipeline,
        loop: ControlLoop
    ) throws(BindProblem) {
        guard let settings = snapshot.admin else { return nil }
        socket = try Binding.listen(on: settings.bind, as: "admin", count: 1)[0]
        self.loop = loop
        desk = AdminDesk(
            settings, crew: crew, reloads: ReloadDesk(reloader), log: log, loop: loop)
    }

    /// Answers for ever.
    func serve() async {
        while true {
            await loop.readable(socket.number)
            guard openCount.withLock({ $0 }) < Self.openMax else {
                await loop.sleep(for: .milliseconds(50))
                continue
            }
            do throws(Errno) {
                guard let (client, peer) = try socket.accept() else { continue }
                openCount.withLock { $0 += 1 }
                loop.begin { [self] in
                    let connection = AdminConnection(client, from: peer, loop: loop)
                    loop.begin { [loop] in
                        await loop.sleep(for: Self.patience)
                        connection.giveUp()
                    }
                    await answer(on: connection)
                    connection.close()
                    openCount.withLock { $0 -= 1 }
                }
            } catch {
                // Out of descriptors: whoever asks will ask again.
                await loop.sleep(for: .milliseconds(200))
            }
        }
    }

    private func answer(on connection: AdminConnection) async {
        switch await connection.request() {
        case .nobody: return
        case .refused(let code): await connection.send(.problem(code, id: nil), to: nil)
        case .request(let request):
            switch await desk.answer(request) {
            case .response(let response): await connection.send(response, to: request)
            case .events: await tell(request, on: connection)
            }
        }
    }

    // MARK: Events

    /// Tells a reader the status each second until it is gone, or does not keep up.
    private func tell(_ request: AdminRequest, on connection: AdminConnection) async {
        let opening = AdminResponse(200, "text/event-stream", [])
        guard !request.method.isHead else { return await connection.send(opening, to: request) }
        let isWelcome = readers.withLock { count in
            count += 1
            return count <= Self.readersMax
        }
        defer { readers.withLock { $0 -= 1 } }
        guard isWelcome else {
            let problem = AdminResponse.problem(
                .overloaded, "As many readers follow the events as may.", retryAfter: 5,
                id: request.id)
            return await connection.send(problem, to: request)
        }
        guard await connection.beginStream(opening, to: request) else { return }
        while true {
            let event = event()
            var output = Buffer(capacity: event.count)
            output.append(event)
            guard connection.push(&output) else { return }
            await loop.sleep(for: Self.period)
            // What could not be sent in a second will be late for ever.
            guard connection.push(&output), output.isEmpty else { return }
        }
    }

    /// The event of this second, which all readers get.
    private func event() -> [UInt8] {
        let now = Clock.monotonic()
        return latest.withLock { latest in
            if let known = latest, now.nanoseconds(since: known.time) < 500_000_000 {
                return known.text
            }
            let text = Array("event: status\ndata: \(desk.status.compact)\n\n".utf8)
            latest = (text, now)
            return text
        }
    }
}
