import Glibc
import Testing

@testable import Linux

struct SocketAddressTests {
    private func storage(of address: SocketAddress) -> sockaddr_storage {
        var storage = sockaddr_storage()
        unsafe address.withKernelForm { form, size in
            unsafe withUnsafeMutableBytes(of: &storage) { bytes in
                unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: form, count: Int(size)))
            }
        }
        return storage
    }

    @Test(arguments: [
        SocketAddress.ipv4(0x0102_0304, port: 0x0506), .ipv4(.max, port: .max), .ipv4(0, port: 0),
        .ipv6(0x2001_0db8_0001_0002, 0x0003_0004_0005_0006, port: 443, scope: 0),
        .ipv6(0xfe80_0000_0000_0000, 1, port: 1, scope: 7),
    ])
    func `an address survives the way into the kernel's form and back`(_ address: SocketAddress) {
        #expect(SocketAddress(kernelForm: storage(of: address)) == address)
        #expect(address.isInternet)
    }

    @Test func `the kernel's form has the network's order`() {
        let bytes = unsafe withUnsafeBytes(of: storage(of: .ipv4(0x0102_0304, port: 0x0506))) {
            unsafe Array($0.prefix(8))
        }
        #expect(bytes.dropFirst(2) == [5, 6, 1, 2, 3, 4])
    }

    @Test func `a unix path of any length stays within the form`() {
        for length in [0, 1, 107, 108, 500] {
            let path = String(repeating: "p", count: length)
            let bytes = unsafe withUnsafeBytes(of: storage(of: .unix(path: path))) {
                unsafe Array($0.dropFirst(2))
            }
            #expect(bytes.prefix { $0 == 112 }.count == min(length, 107))
        }
        #expect(!SocketAddress.unix(path: "a").isInternet)
    }

    @Test func `a family that is not ours is none`() {
        var storage = sockaddr_storage()
        storage.ss_family = sa_family_t(AF_NETLINK)
        #expect(SocketAddress(kernelForm: storage) == nil)
    }
}
