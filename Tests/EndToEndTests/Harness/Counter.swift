import Synchronization

/// A number that several threads count up.
final class Counter: Sendable {
    private let count: Atomic<Int>

    init(_ start: Int = 0) { count = Atomic(start) }

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    /// - Returns: What it was before.
    @discardableResult
    func increment(by step: Int = 1) -> Int {
        count.add(step, ordering: .sequentiallyConsistent).oldValue
    }
}

/// Values that several threads note down.
final class Notes<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    var all: [Value] { values.withLock { $0 } }

    func add(_ value: Value) { values.withLock { $0.append(value) } }
}

/// A door that stays open once somebody has opened it.
final class Door: Sendable {
    private let isOpen = Atomic(false)

    var isPassable: Bool { isOpen.load(ordering: .sequentiallyConsistent) }

    func open() { isOpen.store(true, ordering: .sequentiallyConsistent) }

    func pass() throws { try eventually("the door opens", within: 60) { isPassable } }
}
