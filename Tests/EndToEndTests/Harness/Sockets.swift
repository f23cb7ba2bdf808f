import Glibc

/// The address that a test talks to or listens on.
enum Address {
    case ip4(UInt16)
    case ip6(UInt16)
    case unix(String)

    /// Calls the kernel with the address in its form.
    fileprivate func withKernelForm<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        switch self {
        case .ip4(let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return unsafe call(&address, body)
        case .ip6(let port):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            return unsafe call(&address, body)
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
                unsafe place.copyBytes(from: path.utf8.prefix(place.count - 1))
            }
            return unsafe call(&address, body)
        }
    }

    private func call<Form, Result>(
        _ form: inout Form, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        unsafe withUnsafeMutableBytes(of: &form) { bytes in
            let address = unsafe bytes.assumingMemoryBound(to: sockaddr.self)
            guard let start = address.baseAddress else { preconditionFailure("no address") }
            return unsafe body(start, socklen_t(bytes.count))
        }
    }

    fileprivate func socket() throws -> Int32 {
        let family =
            switch self {
            case .ip4: AF_INET
            case .ip6: AF_INET6
            case .unix: AF_UNIX
            }
        let number = Glibc.socket(
            family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw Unmet("no socket: errno \(errno)") }
        return number
    }
}

/// A socket that is closed with its last owner.
final class Descriptor: Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    /// - Parameter receiveBytes: The kernel's buffer for what has not been read; small: a slow
    ///   client.
    static func connected(to address: Address, receiveBytes: Int32? = nil) throws -> Descriptor {
        let descriptor = Descriptor(try address.socket())
        if let receiveBytes { descriptor.set(SO_RCVBUF, receiveBytes) }
        let result = unsafe address.withKernelForm { unsafe connect(descriptor.number, $0, $1) }
        guard result == 0 else { throw Unmet("no connection to \(address): errno \(errno)") }
        return descriptor
    }

    /// Begins to connect and does not wait for it.
    static func begun(to address: Address) throws -> Descriptor {
        let descriptor = Descriptor(try address.socket())
        _ = fcntl(descriptor.number, F_SETFL, O_NONBLOCK)
        let result = unsafe address.withKernelForm { unsafe connect(descriptor.number, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else { throw Unmet("errno \(errno)") }
        return descriptor
    }

    static func listening(on address: Address, backlog: Int32 = 256) throws -> Descriptor {
        let descriptor = Descriptor(try address.socket())
        descriptor.set(SO_REUSEADDR, 1)
        let result = unsafe address.withKernelForm { unsafe bind(descriptor.number, $0, $1) }
        guard result == 0, listen(descriptor.number, backlog) == 0 else {
            throw Unmet("cannot listen on \(address): errno \(errno)")
        }
        return descriptor
    }

    /// Two ends of one stream, each of a number that no program of ours has a meaning for.
    static func pair() throws -> (Descriptor, Descriptor) {
        var numbers: (Int32, Int32) = (-1, -1)
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let result = unsafe withUnsafeMutablePointer(to: &numbers) { place in
            unsafe place.withMemoryRebound(to: Int32.self, capacity: 2) {
                unsafe socketpair(AF_UNIX, type, 0, $0)
            }
        }
        guard result == 0 else { throw Unmet("no pair of sockets: errno \(errno)") }
        let ends = (Descriptor(numbers.0), Descriptor(numbers.1))
        return (try ends.0.moved(), try ends.1.moved())
    }

    private func moved() throws -> Descriptor {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 16)
        guard copy >= 0 else { throw Unmet("no descriptor: errno \(errno)") }
        return Descriptor(copy)
    }

    func set(_ option: Int32, _ value: Int32) {
        var value = value
        unsafe setsockopt(
            number, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Sends each piece by itself (TCP_NODELAY).
    func sendAtOnce() {
        var value: Int32 = 1
        unsafe setsockopt(
            number, Int32(IPPROTO_TCP), TCP_NODELAY, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The port that the kernel chose.
    var port: UInt16 {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        unsafe withUnsafeMutableBytes(of: &address) { bytes in
            let place = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
            guard let place = unsafe place else { return }
            _ = unsafe getsockname(number, place, &length)
        }
        // The port stands at the same place in both families.
        return UInt16(bigEndian: address.sin6_port)
    }

    /// Takes the next connection; `nil` once nobody listens any more.
    func accepted() -> Descriptor? {
        while true {
            let client = accept(number, nil, nil)
            if client >= 0 {
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                return Descriptor(client)
            }
            guard errno == EINTR || errno == ECONNABORTED else { return nil }
        }
    }

    /// Closing it from now on takes away what the peer has not read, by a reset.
    func closeByReset() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(
            number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }
}

/// Ports outside the range from which the kernel gives clients theirs, so that nobody takes one
/// between our choice and the gateway's bind.
enum Ports {
    private static let next = Counter(Int(getpid()) * 131 % 18_000)

    static func free() throws -> UInt16 {
        for _ in 0..<2000 {
            let port = UInt16(11_000 + next.increment() % 20_000)
            if (try? Descriptor.listening(on: .ip4(port))) != nil { return port }
        }
        throw Unmet("no port is free")
    }
}
