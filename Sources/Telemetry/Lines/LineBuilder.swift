import Bytes

/// Makes any line but access lines: common fields first, then what is added, in that order.
///
/// One can be used for line after line without allocating. Texts are escaped and shortened to 2
/// KiB; one that was, or that held bytes which are no UTF-8, is followed by its length. A field
/// that does not fit is left out, and the line stays valid.
package struct LineBuilder: ~Copyable {
    /// The line so far, without its end.
    private var fields: Buffer

    /// Begins a line; `time` is the loop's clock, or ``LogClock/now()``.
    package init(
        level: LogLevel, event: EventName, message: StaticString, time: borrowing LogClock
    ) {
        fields = Buffer(capacity: 16_384)
        begin(level: level, event: event, message: message, time: time)
    }

    /// Forgets the line and begins another.
    package mutating func begin(
        level: LogLevel, event: EventName, message: StaticString, time: borrowing LogClock
    ) {
        fields.removeAll()
        var line = fields.beginLine(reserving: 0)
        line.put(fixed: "{\"time\":\"")
        line.put(time)
        line.put("\",\"level\":\"")
        line.put(name: level.name)
        line.put("\",\"event\":\"")
        line.put(name: event.name)
        line.put("\",\"message\":\"")
        line.put(name: message)
        line.put("\"")
        fields.endLine(line)
    }

    /// Adds a text; an empty one is left out.
    package mutating func add(_ key: StaticString, _ text: borrowing Span<UInt8>) {
        guard text.count > 0 else { return }
        var line = fields.beginLine(reserving: 0)
        line.put(key: key)
        line.put("\"")
        line.putText(text, bytesMax: TextLimit.value)
        line.put("\"")
        if line.isAltered { line.putRawLength(key, text.count) }
        fields.endLine(line)
    }

    /// Adds the origin or URL that a client sent, without the secrets in it.
    package mutating func add(
        _ key: StaticString, url: borrowing Span<UInt8>, hiding labels: borrowing AccessLabels
    ) {
        guard url.count > 0 else { return }
        var line = fields.beginLine(reserving: 0)
        line.put(key: key)
        line.put("\"")
        line.putURL(url, labels.redaction)
        line.put("\"")
        if line.isAltered { line.putRawLength(key, url.count) }
        fields.endLine(line)
    }

    /// Adds a text; an empty one is left out.
    package mutating func add(_ key: StaticString, _ text: String) {
        add(key, Array(text.utf8).span)
    }

    /// Adds a name that needs no escape.
    package mutating func add(_ key: StaticString, _ name: StaticString) {
        var line = fields.beginLine(reserving: 0)
        line.put(key: key)
        line.put("\"")
        line.put(name: name)
        line.put("\"")
        fields.endLine(line)
    }

    /// Adds a whole number.
    package mutating func add(_ key: StaticString, _ number: Int) {
        var line = fields.beginLine(reserving: 0)
        line.put(key: key)
        if number < 0 { line.put("-") }
        line.put(decimal: UInt64(number.magnitude))
        fields.endLine(line)
    }

    /// Adds milliseconds with three decimals; the key should end in `_ms`.
    package mutating func add(_ key: StaticString, microseconds: UInt64) {
        var line = fields.beginLine(reserving: 0)
        line.put(key: key)
        line.put(milliseconds: microseconds)
        fields.endLine(line)
    }

    /// Ends the line and lends it.
    ///
    /// - Postcondition: Only ``begin(level:event:message:time:)`` may follow.
    mutating func end(_ body: (borrowing Buffer) -> Void) {
        fields.hasOverflowed = false
        fields.append("}\n")
        body(fields)
    }
}

extension LineCursor {
    fileprivate mutating func put(key: StaticString) {
        put(",\"")
        put(name: key)
        put("\":")
    }

    /// Puts how many bytes a text had that does not stand there as it was.
    fileprivate mutating func putRawLength(_ key: StaticString, _ byteCount: Int) {
        put(",\"")
        put(name: key)
        put("_bytes\":")
        put(decimal: UInt64(byteCount))
    }
}
