import CLinux
import Glibc

/// Where a socket is bound or connected (ip(7), ipv6(7), unix(7)).
package enum SocketAddress: Hashable, Sendable {
    /// Address in host order.
    case ipv4(UInt32, port: UInt16)
    /// Address in two halves, host order; `scope` is the interface of a link-local address.
    case ipv6(UInt64, UInt64, port: UInt16, scope: UInt32)
    /// At most 107 bytes of path.
    case unix(path: String)

    var family: Int32 {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    /// Whether the address is of a family that reaches other hosts.
    package var isInternet: Bool {
        if case .unix = self { return false }
        return true
    }

    /// Lends the address in the kernel's form.
    func withKernelForm<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        switch self {
        case .ipv4(let address, let port):
            var form = sockaddr_in()
            form.sin_family = sa_family_t(AF_INET)
            form.sin_port = port.bigEndian
            form.sin_addr.s_addr = address.bigEndian
            return unsafe lend(&form, body)
        case .ipv6(let high, let low, let port, let scope):
            var form = sockaddr_in6()
            form.sin6_family = sa_family_t(AF_INET6)
            form.sin6_port = port.bigEndian
            form.sin6_scope_id = scope
            unsafe withUnsafeMutableBytes(of: &form.sin6_addr) { bytes in
                unsafe bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
                unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return unsafe lend(&form, body)
        case .unix(let path):
            var form = sockaddr_un()
            form.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &form.sun_path) { bytes in
                unsafe bytes.copyBytes(from: path.utf8.prefix(bytes.count - 1))
            }
            return unsafe lend(&form, body)
        }
    }

    private func lend<Form, R>(
        _ form: inout Form, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
    ) -> R {
        unsafe withUnsafePointer(to: &form) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe body(address, socklen_t(MemoryLayout<Form>.size))
            }
        }
    }

    /// Reads what the kernel wrote; `nil` for a family that is not ours.
    init?(kernelForm storage: sockaddr_storage) {
        let family = Int32(storage.ss_family)
        let form = unsafe withUnsafeBytes(of: storage) { bytes -> SocketAddress? in
            switch family {
            case AF_INET:
                let address = unsafe bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
                let port = unsafe bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)
                return .ipv4(UInt32(bigEndian: address), port: UInt16(bigEndian: port))
            case AF_INET6:
                let port = unsafe bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)
                let high = unsafe bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                let low = unsafe bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
                let scope = unsafe bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
                return .ipv6(
                    UInt64(bigEndian: high), UInt64(bigEndian: low),
                    port: UInt16(bigEndian: port), scope: scope)
            case AF_UNIX:
                // Clients of a unix socket are unnamed; the path would be our own.
                return .unix(path: "")
            default:
                return nil
            }
        }
        guard let form else { return nil }
        self = form
    }
}
