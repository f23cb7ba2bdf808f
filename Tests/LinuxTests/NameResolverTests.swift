import Testing

@testable import Linux

struct NameResolverTests {
    @Test func `this machine's own name leads to loopback, each address once`() {
        let addresses = NameResolver.addresses(of: "localhost", port: 80)
        let loopback: [SocketAddress] = [
            .ipv4(0x7F00_0001, port: 80), .ipv6(0, 1, port: 80, scope: 0),
        ]
        #expect(!addresses.isEmpty)
        #expect(addresses.allSatisfy(loopback.contains))
        #expect(Set(addresses).count == addresses.count)
    }

    @Test func `an address is its own name`() {
        #expect(NameResolver.addresses(of: "192.0.2.7", port: 1) == [.ipv4(0xC000_0207, port: 1)])
        #expect(NameResolver.addresses(of: "::1", port: 2) == [.ipv6(0, 1, port: 2, scope: 0)])
    }

    @Test func `what cannot be a name has no address`() {
        #expect(NameResolver.addresses(of: String(repeating: "a", count: 300), port: 1) == [])
    }
}
