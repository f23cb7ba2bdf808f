import Bytes
import COpenSSL
import Linux
import Synchronization

/// Keys of session tickets (RFC 5077 §4, RFC 8446 §4.6.1), shared by all loops.
///
/// The newest encrypts; older ones still decrypt. Either keys are drawn here and replaced after a
/// while, so that one stolen from memory opens little of the past, or they come from a file that
/// several gateways share.
package final class TicketKeys: Sendable {
    private struct State {
        /// The newest first.
        var keys: [TicketKey]
        var drawn: MonotonicInstant
    }

    /// Guard: the mutex, held while a few keys are looked at, once a handshake.
    private let state: Mutex<State>
    /// Nanoseconds that a key encrypts; `nil` for keys of a file.
    private let rotation: UInt64?
    /// Drawn keys that are kept: tickets end with the second of them.
    private static let drawnMax = 2
    private static let fileMax = 16

    /// Keys of this process alone.
    ///
    /// - Parameter rotation: How long one encrypts; tickets are accepted for up to twice as long.
    package init(rotation: Duration) {
        self.rotation = UInt64(clamping: rotation.components.seconds) * 1_000_000_000
        state = Mutex(State(keys: [TicketKey(.drawn())], drawn: Clock.monotonic()))
    }

    /// Keys that several gateways share.
    ///
    /// - Parameter file: Lines of 80 bytes in Base64: 16 of a name, 32 of an AES-256 key, 32 of an
    ///   HMAC key. The first line encrypts.
    package init(file: [UInt8]) throws(TLSProblem) {
        rotation = nil
        state = Mutex(State(keys: try Self.read(file), drawn: Clock.monotonic()))
    }

    private static func read(_ file: [UInt8]) throws(TLSProblem) -> [TicketKey] {
        var keys: [TicketKey] = []
        for line in file.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            var text = Array(line)
            defer { SecretBytes.forget(&text) }
            guard keys.count < fileMax, var bytes = Base64.decoded(text, .standard),
                bytes.count == 80
            else { throw .ticketKeysMalformed }
            keys.append(TicketKey(bytes))
            SecretBytes.forget(&bytes)
        }
        guard !keys.isEmpty else { throw .ticketKeysMalformed }
        return keys
    }

    /// The key that encrypts at this time.
    func current(at now: MonotonicInstant = Clock.monotonic()) -> TicketKey {
        state.withLock { state in
            rotate(&state, at: now)
            return state.keys[0]
        }
    }

    /// The key of a name, and whether it still encrypts.
    func key(
        named name: UnsafeRawBufferPointer, at now: MonotonicInstant = Clock.monotonic()
    ) -> (key: TicketKey, isCurrent: Bool)? {
        let keys = state.withLock { state in
            rotate(&state, at: now)
            return state.keys
        }
        for (index, key) in keys.enumerated() where unsafe key.isNamed(name) {
            return (key, index == 0)
        }
        return nil
    }

    private func rotate(_ state: inout State, at now: MonotonicInstant) {
        guard let rotation else { return }
        let age = now.nanoseconds(since: state.drawn)
        guard age >= rotation else { return }
        // After a long silence the former key has had its time as well.
        let former = age < rotation.multipliedClamping(by: 2) ? state.keys : []
        state.keys = Array(([TicketKey(.drawn())] + former).prefix(Self.drawnMax))
        state.drawn = now
    }
}

extension UInt64 {
    fileprivate func multipliedClamping(by factor: UInt64) -> UInt64 {
        let (product, overflows) = multipliedReportingOverflow(by: factor)
        return overflows ? .max : product
    }
}

/// One key: its name, and what encrypts and authenticates.
///
/// - Safety: The memory is filled in `init`, only read from then on, and overwritten before
///   `deinit` frees it.
@safe final class TicketKey: Sendable {
    private nonisolated(unsafe) let start: UnsafeMutablePointer<UInt8>

    static let nameBytes = 16
    static let byteCount = 80

    init(_ bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount, "a ticket key has 80 bytes")
        let start = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.byteCount)
        for (index, byte) in bytes.enumerated() { unsafe (start + index).initialize(to: byte) }
        unsafe self.start = unsafe start
    }

    deinit {
        unsafe OPENSSL_cleanse(start, Self.byteCount)
        unsafe start.deallocate()
    }

    func isNamed(_ name: UnsafeRawBufferPointer) -> Bool {
        // Names are sent in the clear: nothing is learned from how long this takes.
        unsafe name.elementsEqual(UnsafeRawBufferPointer(start: start, count: Self.nameBytes))
    }

    /// Sets up what a ticket is encrypted or decrypted with.
    ///
    /// - Parameter isSealing: Then the name and a fresh vector are written.
    /// - Returns: Whether OpenSSL could do it.
    func prepare(
        name: UnsafeMutablePointer<UInt8>, vector: UnsafeMutablePointer<UInt8>,
        cipher: OpaquePointer, mac: OpaquePointer, isSealing: Bool
    ) -> Bool {
        guard let aes = unsafe Self.aes ?? Self.fetch() else { return false }
        if isSealing {
            unsafe name.update(from: start, count: Self.nameBytes)
            guard unsafe RAND_bytes(vector, 16) == 1 else { return false }
        }
        return unsafe EVP_CipherInit_ex2(
            cipher, aes, start + 16, vector, isSealing ? 1 : 0, nil) == 1
            && apus_ticket_mac(mac, start + 48, 32) == 1
    }

    /// Fetched once: a search by name for each ticket costs more than the cipher.
    private nonisolated(unsafe) static let aes = unsafe fetch()

    /// What is fetched again is the same, counted once more.
    private static func fetch() -> OpaquePointer? {
        unsafe EVP_CIPHER_fetch(nil, "AES-256-CBC", nil)
    }
}

extension [UInt8] {
    fileprivate static func drawn() -> [UInt8] {
        (0..<10).flatMap { _ -> [UInt8] in
            let word = Randomness.word()
            return (0..<8).map { UInt8(truncatingIfNeeded: word &>> (8 * UInt64($0))) }
        }
    }
}

/// The callback of tickets (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)).
enum TicketCall {
    static func install(in context: ContextHandle) throws(TLSProblem) {
        try unsafe context.set {
            unsafe CInt(
                SSL_CTX_set_tlsext_ticket_key_evp_cb($0) { ssl, name, vector, cipher, mac, seals in
                    unsafe TicketCall.prepare(ssl, name, vector, cipher, mac, seals == 1)
                })
        }
    }

    private static let failed: CInt = -1
    private static let unknown: CInt = 0
    private static let done: CInt = 1
    /// As well, and the client is to get a new ticket.
    private static let renews: CInt = 2

    private static func prepare(
        _ ssl: OpaquePointer?, _ name: UnsafeMutablePointer<UInt8>?,
        _ vector: UnsafeMutablePointer<UInt8>?, _ cipher: OpaquePointer?, _ mac: OpaquePointer?,
        _ isSealing: Bool
    ) -> CInt {
        guard let keys = unsafe ContextHandle.extras(of: ssl)?.tickets, let name = unsafe name,
            let vector = unsafe vector, let cipher = unsafe cipher, let mac = unsafe mac
        else { return failed }
        if isSealing {
            let isReady = unsafe keys.current().prepare(
                name: name, vector: vector, cipher: cipher, mac: mac, isSealing: true)
            return isReady ? done : failed
        }
        let given = unsafe UnsafeRawBufferPointer(start: name, count: TicketKey.nameBytes)
        guard let (key, isCurrent) = unsafe keys.key(named: given) else { return unknown }
        let isReady = unsafe key.prepare(
            name: name, vector: vector, cipher: cipher, mac: mac, isSealing: false)
        guard isReady else { return failed }
        // Tickets of TLS 1.3 are used once (RFC 8446 §C.4).
        return unsafe isCurrent && SSL_version(ssl) != TLS1_3_VERSION ? done : renews
    }
}
