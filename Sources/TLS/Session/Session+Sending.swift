package import Bytes
import COpenSSL
package import Linux

extension Session {
    /// The longest plaintext of a record (RFC 8446 §5.1).
    private static var recordBytes: Int { 16 << 10 }

    /// Sends the first `count` bytes that wait in `buffer`, which keeps them.
    ///
    /// A record that the socket takes only in part cannot be taken back. All but the last of its
    /// bytes count as sent then; that one is told of once the rest of the ciphertext is with the
    /// kernel. So a caller that waits until all is sent waits for the truth; as with a socket, it
    /// comes back with the bytes that are left.
    package mutating func send(
        _ count: Int, of buffer: borrowing Buffer, isLast: Bool
    ) -> IOResult {
        buffer.withReadable { (bytes: borrowing Span<UInt8>) in
            send(bytes.extracting(0..<count), isLast: isLast)
        }
    }

    /// Sends `head`, then `tailCount` bytes of `tail`, the beginnings of both in one record.
    ///
    /// - Parameter desk: Where they are put together; its content is lost.
    package mutating func send(
        _ head: borrowing Buffer, then tailCount: Int, of tail: borrowing Buffer, isLast: Bool,
        desk: inout Buffer
    ) -> IOResult {
        desk.removeAll()
        var joined = 0
        if head.count < Self.recordBytes, desk.room >= Self.recordBytes {
            desk.append(head)
            joined = min(tailCount, Self.recordBytes - head.count)
            desk.append(tail, count: joined)
        }
        let isWhole = joined == tailCount
        let first =
            desk.isEmpty
            ? send(head.count, of: head, isLast: false)
            : send(desk.count, of: desk, isLast: isLast && isWhole)
        guard case .bytes(let sent) = first, sent == head.count + joined, !isWhole else {
            return first
        }
        let rest = tail.withReadable { (bytes: borrowing Span<UInt8>) in
            send(bytes.extracting(joined..<tailCount), isLast: isLast)
        }
        switch rest {
        case .bytes(let more): return .bytes(sent + more)
        case .wouldBlock: return first
        case .ended, .failed: return rest
        }
    }

    private mutating func send(_ bytes: borrowing Span<UInt8>, isLast: Bool) -> IOResult {
        if unsafe line.pointee.hasUnsent, unsafe !line.pointee.flush() { return sendStop() }
        Self.forgetOthersErrors()
        var sent = 0
        if hasOwed, !bytes.isEmpty {
            hasOwed = false
            sent = 1
        }
        while sent < bytes.count {
            let part = bytes.extracting(sent..<min(bytes.count, sent + Self.recordBytes))
            unsafe line.pointee.isLast = isLast && sent + part.count == bytes.count
            var moved = 0
            let result = unsafe part.withUnsafeBytes {
                unsafe SSL_write_ex(ssl, $0.baseAddress, $0.count, &moved)
            }
            guard result == 1 else {
                // A failure is told of at once, whatever went before: a caller told of less than
                // it gave waits for the socket, which need not have anything to report any more.
                let stop = sendStop()
                if case .wouldBlock = stop, sent > 0 { return .bytes(sent) }
                return stop
            }
            sent += moved
            if unsafe line.pointee.hasUnsent {
                hasOwed = true
                return sent > 1 ? .bytes(sent - 1) : .wouldBlock
            }
        }
        return .bytes(sent)
    }

    /// Why nothing was sent (SSL_write_ex(3)).
    private func sendStop() -> IOResult {
        if let error = unsafe line.pointee.writeFailure {
            ERR_clear_error()
            return .failed(error)
        }
        guard ERR_peek_error() == 0 else {
            ERR_clear_error()
            return .failed(.protocolViolated)
        }
        let isWaiting = unsafe line.pointee.hasUnsent || SSL_want(ssl) != SSL_NOTHING
        return isWaiting ? .wouldBlock : .failed(.protocolViolated)
    }

    /// Tells the peer that no more bytes will follow (the closure alert, RFC 8446 §6.1), as far as
    /// the socket takes it at once.
    package mutating func endWrites() {
        guard isEstablished, unsafe line.pointee.writeFailure == nil else { return }
        guard unsafe SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN == 0 else { return }
        // What follows closes the socket, or ends its side: then this may leave with that.
        unsafe line.pointee.isLast = true
        _ = unsafe SSL_shutdown(ssl)
        ERR_clear_error()
    }
}
