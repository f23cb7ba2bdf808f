import Bytes
import HTTP

/// What a request asks the table for.
extension RouteTable {
    /// What of a head does not depend on how its path is read.
    func query(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, _ listener: Int,
        _ scratch: inout PolicyScratch
    ) -> Query {
        Query(
            host: hostPattern(head.authority, bytes, &scratch), listener: listener,
            method: wantedMethod(head, bytes))
    }

    /// The pattern of the host, an IPv6 literal being compared in its canonical spelling.
    private func hostPattern(
        _ authority: ByteRange, _ bytes: borrowing Span<UInt8>, _ scratch: inout PolicyScratch
    ) -> UInt32 {
        if hosts.isTrivial { return 0 }
        let range = RequestHost.range(of: authority, in: bytes)
        guard range.count > 2, bytes[range.start] == 0x5b,
            let address = IPAddress(bytes, ByteRange(range.start + 1, range.end - 1))
        else { return hosts.pattern(ofHost: bytes, range) }
        scratch.host.removeAll()
        scratch.host.append(0x5b)
        address.append(to: &scratch.host)
        scratch.host.append(0x5d)
        return scratch.host.withReadable { text in
            hosts.pattern(ofHost: text, ByteRange(0, text.count))
        }
    }

    /// The method that routes are asked for: a CORS preflight's is the one that it announces.
    func wantedMethod(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>
    ) -> MethodSet {
        switch head.method {
        case .options:
            guard let announced = Preflight.announcedMethod(head) else { break }
            return methodNames.set(bytes, announced)
        case .other: return methodNames.set(bytes, head.methodName)
        default: break
        }
        return MethodSet(head.method)
    }
}

extension RouteTable.HeaderTest {
    /// Whether some line of this name has exactly this value.
    func isMet(by head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>) -> Bool {
        for index in head.fields.indices {
            let field = head.fields[index]
            if field.hash != hash || field.isDisguised { continue }
            if bytes.holdsFolded(name.span, at: field.name),
                bytes.holds(value.span, at: field.value)
            {
                return true
            }
        }
        return false
    }
}
