import Policy
import Testing

@testable import Config

struct BodySectionsTests {
    private func bodies(_ keys: String) -> BodySettings? {
        let lines = """
            listeners: { public: { bind: "127.0.0.1:8080" } }
            routes: [ { name: all, respond: {}\(keys) } ]
            """
        return load(lines).snapshot?.routes.first?.gate.bodies
    }

    @Test func `a route without the keys lets bodies pass unseen`() {
        #expect(bodies("") == BodySettings.none)
    }

    @Test func `what a section leaves out has a default`() {
        #expect(bodies(", json: {}")?.jsonDepthMax == 32)
        #expect(
            bodies(", upload: {}")?.upload
                == UploadSettings(partCountMax: 32, partBytesMax: 10 << 20, types: nil))
    }

    @Test func `what a section says holds`() {
        #expect(bodies(", json: { max_depth: 1000 }")?.jsonDepthMax == 1000)
        #expect(
            bodies(", upload: { parts: 3, part_size: 5KiB, types: [image/*, text/csv] }")?.upload
                == UploadSettings(
                    partCountMax: 3, partBytesMax: 5 << 10, types: ["image/*", "text/csv"]))
    }
}
