import Bytes
package import Linux

/// What came of asking a gateway how it is.
package enum HealthFinding: Equatable, Sendable {
    /// It answered with that status.
    case answered(UInt16)
    /// Nobody listens there, or the connection broke.
    case unreachable(Errno)
    /// The name has no address.
    case unknownName
    /// There was no whole status line in time.
    case silent
    /// What came is no HTTP.
    case nonsense
}

/// Asks a gateway how it is: one request on a connection of its own.
///
/// Blocks the calling thread; for a command, never for a loop.
package enum HealthProbe {
    /// Asks, at one address after the other until one can be connected to.
    package static func ask(_ target: HealthTarget, within timeout: Duration) -> HealthFinding {
        let deadline = Clock.monotonic().advanced(by: timeout)
        var finding = HealthFinding.unknownName
        for address in target.addresses() {
            do throws(Errno) {
                finding = try ask(target, at: address, until: deadline)
            } catch {
                finding = .unreachable(error)
                continue
            }
            return finding
        }
        return finding
    }

    private static func ask(
        _ target: HealthTarget, at address: SocketAddress, until deadline: MonotonicInstant
    ) throws(Errno) -> HealthFinding {
        let (socket, isConnected) = try Socket.connect(to: address)
        defer { socket.close() }
        let poller = try Poller()
        try poller.watch(socket.number, for: .stream, as: 0)
        var wait = Wait(deadline: deadline)
        if !isConnected {
            // Writability tells that connecting has ended, well or not.
            guard wait.passes(on: poller) else { return .silent }
            if let error = socket.connectError() { throw error }
        }
        var request = Buffer(capacity: 256 + target.path.utf8.count + target.authority.utf8.count)
        request.append("GET ")
        request.append(target.path.utf8.span)
        request.append(" HTTP/1.1\r\nHost: ")
        request.append(target.authority.utf8.span)
        request.append("\r\nUser-Agent: apus-health\r\nConnection: close\r\n\r\n")
        while !request.isEmpty {
            switch socket.send(request.count, of: request) {
            case .bytes(let count): request.consume(count)
            case .wouldBlock: guard wait.passes(on: poller) else { return .silent }
            case .ended: return .nonsense
            case .failed(let error): throw error
            }
        }
        return try status(from: socket, poller, &wait)
    }

    private static func status(
        from socket: Socket, _ poller: borrowing Poller, _ wait: inout Wait
    ) throws(Errno) -> HealthFinding {
        // No more is read than the status line's first part.
        var answer = Buffer(capacity: 64)
        while answer.count < Self.statusBytes {
            switch socket.receive(into: &answer) {
            case .bytes: continue
            case .wouldBlock: guard wait.passes(on: poller) else { return .silent }
            case .ended: return .nonsense
            case .failed(let error): throw error
            }
        }
        let line = String(decoding: answer.copy().prefix(Self.statusBytes), as: UTF8.self)
        guard line.hasPrefix("HTTP/1."), line.dropFirst(8).hasPrefix(" "), line.hasSuffix(" "),
            let status = UInt16(line.dropFirst(9).prefix(3)), status >= 100
        else { return .nonsense }
        return .answered(status)
    }

    /// Of `HTTP/1.1 200 `.
    private static let statusBytes = 13

    /// Waiting for whatever comes next, until the deadline.
    private struct Wait: ~Copyable {
        let deadline: MonotonicInstant
        var reports = Reports(capacity: 1)

        init(deadline: MonotonicInstant) { self.deadline = deadline }

        /// - Returns: `false` once time is up.
        mutating func passes(on poller: borrowing Poller) -> Bool {
            let left = deadline.nanoseconds(since: Clock.monotonic())
            guard left > 0 else { return false }
            // Rounded up, and never so long that it does not fit.
            poller.wait(
                milliseconds: Int32(clamping: left / 1_000_000 &+ 1), into: &reports)
            return true
        }
    }
}
