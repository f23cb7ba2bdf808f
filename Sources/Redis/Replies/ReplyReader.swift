import Bytes
import CHiredis

/// Reads the replies of one connection, in whatever pieces they arrive.
///
/// - Safety: `reader` is hiredis' and freed once. `box` outlives it: hiredis calls the functions in
///   it, and hands them `box`'s own address, only from within ``feed(_:)`` and ``next()``, which
///   have exclusive access to this type. The texts that hiredis passes end with the call and are
///   copied.
@safe package struct ReplyReader: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>
    private let box: UnsafeMutablePointer<ReplyBox>
    private let limits: ReplyLimits
    /// Whether the tape holds a whole reply, which the next one replaces.
    private var isWhole = false

    /// Allocates the reader's storage.
    package init(_ limits: ReplyLimits) {
        self.limits = limits
        unsafe box = .allocate(capacity: 1)
        unsafe box.initialize(to: ReplyBox(tape: ReplyTape(limits)))
        let functions = unsafe box.pointer(to: \.functions)
        guard let created = unsafe redisReaderCreateWithFunctions(functions) else {
            preconditionFailure("no memory for a reader of replies")
        }
        unsafe created.pointee.privdata = UnsafeMutableRawPointer(box)
        unsafe reader = created
    }

    deinit {
        unsafe redisReaderFree(reader)
        unsafe box.deinitialize(count: 1)
        unsafe box.deallocate()
    }

    /// Takes what has arrived; ``next()`` tells what it amounts to.
    package mutating func feed(_ bytes: borrowing Span<UInt8>) throws(ReplyProblem) {
        let result = unsafe bytes.withUnsafeBytes { bytes in
            unsafe redisReaderFeed(
                reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard result == REDIS_OK else { throw .garbled }
    }

    /// Puts the next reply on ``tape``.
    ///
    /// - Returns: Whether a whole one has arrived.
    /// - Throws: For good: nothing that follows on this connection can be read.
    package mutating func next() throws(ReplyProblem) -> Bool {
        if isWhole {
            unsafe box.pointee.tape.clear()
            isWhole = false
        }
        var object: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &object) == REDIS_OK else {
            // The functions below refuse what is too large the way malloc refuses.
            throw unsafe reader.pointee.err == REDIS_ERR_OOM ? .tooLarge : .garbled
        }
        isWhole = unsafe object != nil
        if isWhole { return true }
        let unreadCount = unsafe reader.pointee.len - reader.pointee.pos
        guard unreadCount <= limits.unreadBytesMax else { throw .tooLarge }
        return false
    }

    /// Whether a part of a reply has arrived.
    package var isWithinReply: Bool {
        // A task without a type is one that waits for its first byte.
        unsafe reader.pointee.len > reader.pointee.pos
            || reader.pointee.ridx >= 0 && reader.pointee.rstack.0.type != -1
    }

    /// The reply that ``next()`` has found, or a part of one.
    package var tape: ReplyTape { unsafe box.pointee.tape }

    /// The reply itself, an array's elements left out; `nil` before the first.
    package var root: ReplyItem? { unsafe box.pointee.tape.items.first }

    /// The reply's elements, if it is an array of integers alone.
    ///
    /// - Parameter integers: Gets them; as many as it holds at most.
    /// - Returns: How many there are; `nil` if it is anything else.
    package func readIntegers(into integers: inout ReplyIntegers) -> Int? {
        let items = tape.items
        guard case .array(let count)? = items.first, count == items.count - 1,
            count <= ReplyIntegers.countMax
        else { return nil }
        integers.removeAll()
        for index in 1..<items.count {
            guard case .integer(let value) = items[index] else { return nil }
            integers.append(value)
        }
        return count
    }
}

/// Integers of a reply, in place: `now` and three for each of eight keys.
package struct ReplyIntegers: Sendable {
    package static var countMax: Int { 25 }

    private var values = InlineArray<25, Int64>(repeating: 0)
    package private(set) var count = 0

    package init() {}

    /// In the order of the reply.
    package subscript(_ index: Int) -> Int64 {
        precondition(index >= 0 && index < count, "an integer of the reply")
        return values[index]
    }

    mutating func removeAll() { count = 0 }

    mutating func append(_ value: Int64) {
        guard count < Self.countMax else { return }
        values[count] = value
        count &+= 1
    }
}

/// What hiredis' reader is given: functions to call, and what these write to.
private struct ReplyBox {
    var functions = unsafe redisReplyObjectFunctions(
        createString: { task, bytes, count in
            unsafe ReplyBox.append(task) { tape in
                let text = unsafe Span(
                    _unsafeElements: UnsafeBufferPointer(
                        start: UnsafeRawPointer(bytes)?.assumingMemoryBound(to: UInt8.self),
                        count: count))
                switch unsafe task?.pointee.type {
                case REDIS_REPLY_STRING:
                    return tape.append(text: text, as: ReplyItem.string, isMessage: false)
                case REDIS_REPLY_STATUS:
                    return tape.append(text: text, as: ReplyItem.status, isMessage: true)
                default:
                    return tape.append(text: text, as: ReplyItem.error, isMessage: true)
                }
            }
        },
        createArray: { task, count in
            unsafe ReplyBox.append(task) { $0.append(arrayOf: Int(count)) }
        },
        createInteger: { task, value in
            unsafe ReplyBox.append(task) { $0.append(.integer(Int64(value))) }
        },
        createNil: { task in unsafe ReplyBox.append(task) { $0.append(.null) } },
        // Objects are the box itself, which hiredis does not own.
        freeObject: { _ in })
    var tape: ReplyTape

    /// - Returns: An object that stands for the value; `nil` if there is no room for it.
    static func append(
        _ task: UnsafePointer<redisReadTask>?, _ body: (inout ReplyTape) -> Bool
    ) -> UnsafeMutableRawPointer? {
        guard let box = unsafe task?.pointee.privdata else { return nil }
        let tape = unsafe box.assumingMemoryBound(to: ReplyBox.self)
        return unsafe body(&tape.pointee.tape) ? box : nil
    }
}
