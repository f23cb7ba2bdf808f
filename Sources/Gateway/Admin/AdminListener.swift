import Bytes
import Config
import HTTP
import Linux
import Policy
import Reactor
import Synchronization
import Telemetry

/// The listener for operators: `/livez` and `/metrics`, on the control loop, so that no scrape ever
/// takes time from a request.
final class AdminListener: Sendable {
    private let socket: ListeningSocket
    private let crew: WorkerCrew
    private let openCount = Mutex(0)

    /// Requests that are answered at the same time; further ones wait in the kernel.
    private static let openMax = 32
    /// A request that takes longer is cut off.
    private static let patience: Duration = .seconds(10)

    /// `nil` without an `admin` section.
    init?(_ snapshot: Snapshot, crew: WorkerCrew) throws(BindProblem) {
        guard let bind = snapshot.admin?.bind else { return nil }
        socket = try Binding.listen(on: bind, as: "admin", count: 1)[0]
        self.crew = crew
    }

    /// Answers for ever.
    func serve(on loop: ControlLoop) async {
        while true {
            await loop.readable(socket.number)
            guard openCount.withLock({ $0 }) < Self.openMax else {
                await loop.sleep(for: .milliseconds(50))
                continue
            }
            do throws(Errno) {
                guard let (client, _) = try socket.accept() else { continue }
                openCount.withLock { $0 += 1 }
                loop.begin { [self] in
                    let connection = AdminConnection(client, loop: loop)
                    loop.begin {
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
        guard let request = await connection.request() else { return }
        await connection.send(response(to: request))
    }

    private func response(to request: AdminRequest) -> AdminResponse {
        switch request {
        case .get("/livez", _):
            AdminResponse(200, "application/json", Array("{\"status\":\"alive\"}\n".utf8))
        case .get("/metrics", let accept):
            metricsPage(PageFormat(accept: accept))
        case .get: AdminResponse(404, problem: .notFound)
        case .otherMethod: AdminResponse(405, problem: .methodNotAllowed)
        case .malformed: AdminResponse(400, problem: .badRequest)
        }
    }

    private func metricsPage(_ format: PageFormat) -> AdminResponse {
        let page = MetricsPage.render(
            format, loops: crew.metrics, names: crew.names, process: ProcessSample.read(),
            gateway: crew.sample)
        return AdminResponse(200, format.contentType, page)
    }
}

/// What an operator asks.
enum AdminRequest: Equatable {
    /// GET, and HEAD, of a path without its query, with what `Accept` says.
    case get(String, accept: String)
    case otherMethod
    case malformed
}

/// What an operator gets.
struct AdminResponse {
    let status: UInt16
    let contentType: StaticString
    let body: [UInt8]

    init(_ status: UInt16, _ contentType: StaticString, _ body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    init(_ status: UInt16, problem code: ProblemCode) {
        var text = Buffer(capacity: 2 * ProblemBody.bytesMax)
        let nobody: [UInt8] = []
        ProblemBody(code, .json, retryAfter: nil).append(
            to: &text, requestID: nobody.span, violated: Buffer())
        self.init(status, ProblemFormat.json.contentType, text.copy())
    }

    /// The whole message.
    ///
    /// Security headers as the `api` preset has them.
    func message(date: Int64) -> Buffer {
        var output = Buffer(capacity: 8192 + body.count)
        output.appendStatusLine(status)
        output.append("Date: ")
        HTTPDate.append(secondsSinceEpoch: date, to: &output)
        output.append("\r\nContent-Type: ")
        output.append(contentType)
        output.append("\r\nContent-Length: ")
        output.append(decimal: UInt64(body.count))
        output.append("\r\nConnection: close\r\n")
        if status == 405 { output.append("Allow: GET, HEAD\r\n") }
        SecurityHeaders(.api).appendAll(to: &output, isSecure: false)
        output.append("\r\n")
        output.append(body)
        return output
    }
}
