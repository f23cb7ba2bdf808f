import Bytes
import Testing

@testable import Policy

struct BodyInspectorsTests {
    private func rules(depthMax: Int) -> BodyRules? {
        BodyRules(
            BodySettings(
                jsonDepthMax: depthMax,
                upload: UploadSettings(partCountMax: 1, partBytesMax: 9, types: nil)))
    }

    private func read(
        _ text: String, at place: UInt32, _ inspectors: inout BodyInspectors
    ) -> RefusalReason? {
        let bytes = Array(text.utf8)
        do throws(RefusalReason) {
            try inspectors.read(bytes.span, at: place)
            return nil
        } catch {
            return error
        }
    }

    @Test func `places are given anew, with nothing left in them`() {
        var inspectors = BodyInspectors()
        let head = Array("b".utf8)
        for _ in 0..<3 {
            let one = inspectors.begin(.json, of: head.span, by: rules(depthMax: 2))
            let other = inspectors.begin(
                .multipart(boundary: ByteRange(0, 1)), of: head.span, by: rules(depthMax: 2))
            #expect(Set([one, other]) == [0, 1])
            #expect(inspectors.count == 2)
            #expect(read("[[\"", at: one, &inspectors) == nil)
            #expect(read("--b\r\nX", at: other, &inspectors) == nil)
            inspectors.end(one)
            inspectors.end(other)
            #expect(inspectors.count == 0)
        }
        let place = inspectors.begin(.json, of: head.span, by: rules(depthMax: 1))
        #expect(read("[]", at: place, &inspectors) == nil)
        #expect(read("[[", at: place, &inspectors) == .jsonTooDeep)
    }

    @Test func `a body that is not read has no place`() {
        var inspectors = BodyInspectors()
        let nothing: [UInt8] = []
        #expect(
            inspectors.begin(.unread, of: nothing.span, by: rules(depthMax: 1))
                == BodyInspectors.none)
        #expect(inspectors.begin(.json, of: nothing.span, by: nil) == BodyInspectors.none)
        inspectors.end(BodyInspectors.none)
        #expect(inspectors.count == 0)
    }
}
