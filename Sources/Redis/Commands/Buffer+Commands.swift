package import Bytes

/// Commands as RESP arrays of bulk strings, written where they are sent from.
///
/// One that does not fit leaves ``Bytes/Buffer/hasOverflowed`` set: check it before sending.
extension Buffer {
    /// Begins a command of so many strings, its name included.
    package mutating func beginCommand(of count: Int) {
        append(UInt8(ascii: "*"))
        append(decimal: UInt64(count))
        append("\r\n")
    }

    /// Appends one string of a command.
    package mutating func appendBulk(_ bytes: borrowing Span<UInt8>) {
        append(UInt8(ascii: "$"))
        append(decimal: UInt64(bytes.count))
        append("\r\n")
        append(bytes)
        append("\r\n")
    }

    /// Appends one string of a command.
    package mutating func appendBulk(_ text: String) { appendBulk(Array(text.utf8).span) }

    /// Appends one string of a command; no allocation.
    package mutating func appendBulk(_ text: StaticString) {
        append(UInt8(ascii: "$"))
        append(decimal: UInt64(text.utf8CodeUnitCount))
        append("\r\n")
        append(text)
        append("\r\n")
    }

    /// Appends a number as one string of a command.
    package mutating func appendBulk(decimal value: UInt64) {
        var digitCount: UInt64 = 1
        var rest = value / 10
        while rest > 0 {
            digitCount &+= 1
            rest /= 10
        }
        append(UInt8(ascii: "$"))
        append(decimal: digitCount)
        append("\r\n")
        append(decimal: value)
        append("\r\n")
    }

    /// `AUTH`.
    ///
    /// - Parameter user: `nil` for the default one, in the form that servers before 6 know.
    package mutating func appendAuth(user: String?, password: String) {
        beginCommand(of: user == nil ? 2 : 3)
        append("$4\r\nAUTH\r\n")
        if let user { appendBulk(user) }
        appendBulk(password)
    }

    /// `SELECT`.
    package mutating func appendSelect(database: Int) {
        append("*2\r\n$6\r\nSELECT\r\n")
        appendBulk(decimal: UInt64(max(0, database)))
    }

    /// `CLIENT SETNAME`: what `CLIENT LIST` shows of this connection.
    package mutating func appendClientName() {
        append("*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$4\r\napus\r\n")
    }

    /// `PING`.
    package mutating func appendPing() { append("*1\r\n$4\r\nPING\r\n") }

    /// `PSUBSCRIBE`: messages on all channels whose names match.
    package mutating func appendSubscription(to pattern: borrowing Span<UInt8>) {
        append("*2\r\n$10\r\nPSUBSCRIBE\r\n")
        appendBulk(pattern)
    }

    /// `ROLE`: whether the server is a master.
    package mutating func appendRole() { append("*1\r\n$4\r\nROLE\r\n") }

    /// `ASKING`: the next command may ask for a slot that is just moving here.
    package mutating func appendAsking() { append("*1\r\n$6\r\nASKING\r\n") }

    /// `CLUSTER SLOTS`.
    package mutating func appendClusterSlots() {
        append("*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n")
    }

    /// Asks a sentinel where the master of this name is.
    package mutating func appendMasterQuery(_ master: String) {
        append("*3\r\n$8\r\nSENTINEL\r\n$23\r\nget-master-addr-by-name\r\n")
        appendBulk(master)
    }
}
