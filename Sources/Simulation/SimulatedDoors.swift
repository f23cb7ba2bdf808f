import Linux

/// The listeners of a simulated kernel, and who waits before them.
struct SimulatedDoors {
    var waiting: [[(stream: SimulatedStream, peer: SocketAddress)]]
    /// Whether those that wait are reported.
    var areReported = true
    private(set) var areOpen = true
    /// Clients that were accepted only to be closed.
    private(set) var shedCount = 0

    init(count: Int) { waiting = Array(repeating: [], count: count) }

    /// Listeners to report: level-triggered, as listeners are.
    var ready: [Int] { areReported ? waiting.indices.filter { !waiting[$0].isEmpty } : [] }

    func hasWaiting(_ listener: Int) -> Bool {
        waiting.indices.contains(listener) && !waiting[listener].isEmpty
    }

    mutating func shed(on listener: Int) {
        guard hasWaiting(listener) else { return }
        waiting[listener].removeFirst().stream.close(isReset: false)
        shedCount += 1
    }

    /// Closes for good; who waits is reset.
    mutating func close() {
        areOpen = false
        for (stream, _) in waiting.joined() { stream.close(isReset: true) }
        for listener in waiting.indices { waiting[listener] = [] }
    }
}
