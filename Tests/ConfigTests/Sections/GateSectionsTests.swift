import Policy
import Testing

@testable import Config

struct GateSectionsTests {
    private func gate(_ keys: String) -> GateSettings? {
        let lines = """
            listeners: { public: { bind: "127.0.0.1:8080" } }
            routes: [ { name: all, respond: {}\(keys) } ]
            """
        return load(lines).snapshot?.routes.first?.gate
    }

    @Test func `a route without the keys takes all that it matches`() {
        #expect(gate("") == .open)
        #expect(gate(", fetch_metadata: off") == .open)
    }

    @Test func `lists hold addresses, blocks and unix`() {
        let access = gate(", access: { allow: [10.0.0.0/8, 192.0.2.1, unix], deny: [\"::1\"] }")?
            .access
        #expect(access?.allow?.blocks.map(\.description) == ["10.0.0.0/8", "192.0.2.1/32"])
        #expect(access?.allow?.holdsUnix == true)
        #expect(access?.deny?.blocks.map(\.description) == ["::1/128"])
        #expect(access?.deny?.holdsUnix == false)
        #expect(gate(", access: { deny: [unix] }")?.access?.allow == nil)
    }

    @Test(arguments: FetchMetadataMode.allCases)
    func `each mode is written as it is called`(mode: FetchMetadataMode) {
        #expect(gate(", fetch_metadata: \(mode.rawValue)")?.fetchMetadata == mode)
    }

    @Test func `media types are kept as written`() {
        #expect(
            gate(", content_types: [application/json, image/*]")?.contentTypes
                == ["application/json", "image/*"])
    }
}
