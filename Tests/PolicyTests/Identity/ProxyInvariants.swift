import Bytes

@testable import Policy

/// What holds for any bytes that a connection begins with; the fuzzer and the corpus's test ask it.
enum ProxyInvariants {
    private enum Reading: Equatable {
        case unfinished
        case header(ProxyHeader)
        case refused(ProxyHeaderError)
    }

    /// - Returns: What does not hold; `nil` if all does.
    static func check(_ input: [UInt8]) -> String? {
        let bytes = Array(input.prefix(2 * ProxyHeader.byteCountMax))
        let whole = read(bytes)
        guard whole == expected(bytes) else {
            return "\(whole) where the protocol says \(expected(bytes))"
        }
        if case .unfinished = whole, bytes.count >= ProxyHeader.byteCountMax {
            return "no end is found, and none is missed"
        }
        if let fault = checkDivisions(bytes, whole) { return fault }
        guard case .header(let header) = whole else { return nil }
        guard header.byteCount > 0, header.byteCount <= bytes.count,
            header.byteCount <= ProxyHeader.byteCountMax
        else { return "a header of \(header.byteCount) bytes" }
        return checkEncodings(header)
    }

    /// However the bytes come, the first answer is the last.
    private static func checkDivisions(_ bytes: [UInt8], _ whole: Reading) -> String? {
        var answer = Reading.unfinished
        // What is decided is decided early; every length beyond is one of many.
        let lengths = Array(0...min(bytes.count, 300)) + stride(from: 301, to: bytes.count, by: 61)
        for length in lengths + [bytes.count] {
            let reading = read(Array(bytes.prefix(length)))
            if answer == .unfinished { answer = reading }
            guard reading == answer else { return "\(answer) became \(reading) by more bytes" }
        }
        return answer == whole ? nil : "\(answer) became \(whole)"
    }

    /// A source that was read is read again from the bytes that say it.
    private static func checkEncodings(_ header: ProxyHeader) -> String? {
        guard let source = header.source else { return nil }
        guard case .ip(let address, let port) = source else { return "a header names no socket" }
        for bytes in [text(address, port), binary(address, port)] {
            guard
                read(bytes + [0x47]) == .header(ProxyHeader(source: source, byteCount: bytes.count))
            else { return "\(address) is not read as it is written" }
        }
        return nil
    }

    private static func read(_ bytes: [UInt8]) -> Reading {
        do throws(ProxyHeaderError) {
            return try ProxyHeader.read(bytes.span).map(Reading.header) ?? .unfinished
        } catch {
            return .refused(error)
        }
    }
}

// MARK: - The protocol's text once more

extension ProxyInvariants {
    private static let signature = SlowBytes.of("\r\n\r\n\0\r\nQUIT\n")

    /// What is to be read of the bytes as a whole (The PROXY protocol, §2.1 and §2.2).
    private static func expected(_ bytes: [UInt8]) -> Reading {
        if bytes.isEmpty { return .unfinished }
        if bytes[0] == 0x50 { return expectedOfText(bytes) }
        guard bytes.prefix(12).elementsEqual(signature.prefix(bytes.count)) else {
            return .refused(.signatureMissing)
        }
        if bytes.count > 12, ![0x20, 0x21].contains(bytes[12]) { return .refused(.kindUnknown) }
        if bytes.count < 16 { return .unfinished }
        let end = 16 + Int(bytes[14]) * 256 + Int(bytes[15])
        if end > 4096 { return .refused(.lengthOutOfBounds) }
        let isLocal = bytes[12] == 0x20
        let sizes: [UInt8: Int] = [0: 0, 1: 12, 2: 36, 3: 216]
        guard let size = sizes[bytes[13] / 16], bytes[13] % 16 < 3 else {
            return isLocal ? local(bytes, end) : .refused(.kindUnknown)
        }
        if isLocal { return local(bytes, end) }
        if end < 16 + size { return .refused(.lengthOutOfBounds) }
        if bytes.count < end { return .unfinished }
        var source: Peer?
        if bytes[13] == 0x11 {
            source = .ip(address4(bytes[16..<20]), port: number(bytes[24..<26]))
        }
        if bytes[13] == 0x21 {
            source = .ip(address6(bytes[16..<32]), port: number(bytes[48..<50]))
        }
        return .header(ProxyHeader(source: source, byteCount: end))
    }

    private static func local(_ bytes: [UInt8], _ end: Int) -> Reading {
        bytes.count < end ? .unfinished : .header(ProxyHeader(source: nil, byteCount: end))
    }

    private static func expectedOfText(_ bytes: [UInt8]) -> Reading {
        let start = SlowBytes.of("PROXY ")
        guard bytes.prefix(6).elementsEqual(start.prefix(bytes.count)) else {
            return .refused(.signatureMissing)
        }
        // The line end is the last two of 107 bytes at most.
        guard let end = bytes.prefix(106).firstIndex(of: 0x0d) else {
            return bytes.count < 106 ? .unfinished : .refused(.lineMalformed)
        }
        guard end + 1 < bytes.count else { return .unfinished }
        guard bytes[end + 1] == 0x0a else { return .refused(.lineMalformed) }
        let words = SlowBytes.split(Array(bytes[6..<end]), at: 0x20)
        let header = { (source: Peer?) in
            Reading.header(ProxyHeader(source: source, byteCount: end + 2))
        }
        if words[0] == SlowBytes.of("UNKNOWN") { return header(nil) }
        guard words.count == 5, let source = number(words[3]), number(words[4]) != nil else {
            return .refused(.lineMalformed)
        }
        let readers = ["TCP4": AddressModel.v4, "TCP6": AddressModel.v6]
        guard let reader = readers[String(decoding: words[0], as: UTF8.self)],
            let address = reader(words[1]), reader(words[2]) != nil
        else { return .refused(.lineMalformed) }
        return header(.ip(address, port: source))
    }

    private static func number(_ text: [UInt8]) -> UInt16? {
        guard let number = SlowBytes.decimal(text, digitsMax: 5) else { return nil }
        return text.count > 1 && text[0] == 0x30 ? nil : UInt16(exactly: number)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        bytes.reduce(0) { $0 << 8 | UInt16($1) }
    }

    private static func address4(_ bytes: ArraySlice<UInt8>) -> IPAddress {
        IPAddress(v4: bytes.reduce(0) { $0 << 8 | UInt32($1) })
    }

    private static func address6(_ bytes: ArraySlice<UInt8>) -> IPAddress {
        IPAddress(
            v6: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    // MARK: Written

    private static func text(_ address: IPAddress, _ port: UInt16) -> [UInt8] {
        let (family, target) = address.family == .v4 ? ("TCP4", "10.0.0.1") : ("TCP6", "::1")
        return SlowBytes.of("PROXY \(family) \(address) \(target) \(port) 443\r\n")
    }

    private static func binary(_ address: IPAddress, _ port: UInt16) -> [UInt8] {
        let words = address.family == .v4 ? [] : [address.high]
        let all = (words + [address.low]).flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
        let bytes = address.family == .v4 ? Array(all.suffix(4)) : all
        let ports = [UInt8(port >> 8), UInt8(port & 255), 1, 187]
        let family: UInt8 = address.family == .v4 ? 0x11 : 0x21
        // An addition that is passed over.
        let rest = bytes + bytes + ports + [4, 0, 2, 9, 9]
        return signature + [0x21, family, 0, UInt8(rest.count)] + rest
    }
}
