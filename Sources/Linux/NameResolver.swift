import CLinux
import Glibc

/// The system's resolver (getaddrinfo(3)).
///
/// It blocks for as long as it takes: never call it on a
/// loop.
package enum NameResolver {
    /// - Returns: Addresses of both families, in the order that the system prefers, each once;
    ///   empty if the name has none or cannot be looked up now.
    package static func addresses(of name: String, port: UInt16) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_family = AF_UNSPEC
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(name, "\(port)", &hints, &list) == 0 else { return [] }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            unsafe next = entry.pointee.ai_next
            var storage = sockaddr_storage()
            let size = unsafe min(
                Int(entry.pointee.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
            unsafe withUnsafeMutableBytes(of: &storage) { bytes in
                unsafe bytes.copyMemory(
                    from: UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: size))
            }
            guard let address = SocketAddress(kernelForm: storage) else { continue }
            if !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }
}
