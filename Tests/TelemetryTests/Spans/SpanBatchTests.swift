import Bytes
import Testing

@testable import Telemetry

@Suite struct SpanBatchTests {
    /// A framed span of so many bytes in all, more than 130.
    private func span(_ mark: UInt8, size: Int = 200) -> [UInt8] {
        let inner = size - 3
        return [0x12, UInt8(inner & 0x7F) | 0x80, UInt8(inner >> 7)]
            + [UInt8](repeating: mark, count: inner)
    }

    private func batches(_ rings: [[UInt8]]) -> [SpanBatch] {
        var backlog = SpanBacklog()
        var batches: [SpanBatch] = []
        for ring in rings {
            backlog.fill(ring)
            while !backlog.isEmpty {
                var batch = SpanBatch()
                backlog.move(to: &batch)
                if batch.count > 0 { batches.append(batch) }
            }
        }
        return batches
    }

    @Test func `batches have 512 spans at most, in their order`() {
        let all = (0..<1100).flatMap { span(UInt8($0 % 250)) }
        let batches = batches([all])
        #expect(batches.map(\.count) == [512, 512, 76])
        #expect(batches.flatMap(\.bytes) == all)
    }

    @Test func `batches have a mebibyte at most`() {
        let all = (0..<100).flatMap { span(UInt8($0), size: 16_000) }
        let batches = batches([all])
        #expect(batches.map(\.count) == [65, 35])
        #expect(batches.allSatisfy { $0.bytes.count <= SpanBatch.bytesMax })
    }

    @Test func `what is no span ends its ring and nothing else`() {
        let batches = batches([span(1) + [0x12, 0xFF, 0x7F, 1], span(2)])
        #expect(batches.map(\.count) == [1, 1])
    }

    @Test func `a request holds who sends it, and the spans`() throws {
        let resource = TraceResource(
            version: "1.2.3", instance: "me", environment: "production")
        var backlog = SpanBacklog()
        backlog.fill(span(7) + span(8))
        var batch = SpanBatch()
        backlog.move(to: &batch)
        let bytes = resource.request(batch)
        var outer = ProtobufReader(bytes[...])
        let foundInner = outer.next()
        let inner = try #require(foundInner)
        #expect(inner.number == 1 && outer.place == bytes.count)
        var parts = ProtobufReader(bytes[inner.bytes])
        let foundAbout = parts.next()
        let about = try #require(foundAbout)
        #expect(about.number == 1)
        let text = String(decoding: bytes[about.bytes], as: UTF8.self)
        for name in ["service.name", "apus", "1.2.3", "me", "production"] {
            #expect(text.contains(name))
        }
        let foundScope = parts.next()
        let scope = try #require(foundScope)
        #expect(scope.number == 2 && parts.place == bytes.count)
        #expect(Array(bytes[scope.bytes].suffix(400)) == span(7) + span(8))
    }

    @Test func `a receiver says how many it refused`() {
        #expect(TraceResponse.rejectedCount([]) == 0)
        #expect(TraceResponse.rejectedCount([0x0A, 2, 8, 5]) == 5)
        #expect(TraceResponse.rejectedCount([0x0A, 6, 0x12, 1, 0x61, 8, 0x80, 1]) == 128)
        #expect(TraceResponse.rejectedCount(Array("<html>what?</html>".utf8)) == 0)
        #expect(TraceResponse.rejectedCount([UInt8](repeating: 0xFF, count: 99)) == 0)
    }

    @Test func `spans that find no room are dropped and counted`() throws {
        let pipeline = try SpanPipeline(loopCount: 2)
        var buffer = Buffer(capacity: 1000)
        buffer.append(span(3, size: 1000))
        for _ in 0..<1100 { pipeline.ring(0).append(buffer) }
        #expect(pipeline.counts.overflowed == 1100 - 1048)
        #expect(pipeline.takeAll(of: 0).count == 1_048_000)
        #expect(pipeline.takeAll(of: 1).isEmpty)
        pipeline.noteExported(5)
        pipeline.noteUndelivered(2)
        #expect(
            pipeline.counts == SpanCounts(exported: 5, overflowed: 52, undelivered: 2))
    }
}
