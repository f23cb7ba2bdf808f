import Bytes
import Config
import HTTP
import Policy
import Telemetry

/// Makes the spans of one loop's recorded requests.
struct SpanDesk: ~Copyable {
    /// Where they go; `nil` if nobody takes them.
    let ring: LogQueue?
    private let labels: SpanLabels?
    private var writer: SpanWriter?
    private var output = Buffer()

    init(_ snapshot: Snapshot, ring: LogQueue?, hiding labels: AccessLabels) {
        self.ring = ring
        guard ring != nil, snapshot.otlp != nil else {
            self.labels = nil
            writer = nil
            return
        }
        self.labels = SpanLabels(
            routes: snapshot.routes.map(\.name),
            upstreams: snapshot.upstreams.map { upstream in
                UpstreamLabel(name: upstream.name, addresses: upstream.servers.map(\.text))
            }, hiding: labels)
        writer = SpanWriter()
        output = Buffer(capacity: SpanWriter.bytesMax)
    }

    /// Makes the spans of a finished request: the gateway's, and the upstream's if one was asked.
    ///
    /// - Parameter now: Nanoseconds since 1970.
    @inline(never) mutating func note(
        _ record: AccessRecord, _ journal: borrowing Journal, method: Method, at now: UInt64
    ) {
        // One that began before a reload which ended the export is not told of.
        guard let ring, let labels, writer != nil else { return }
        var name: StaticString? = method.name
        if case .other = method { name = nil }
        let subject = SpanSubject(
            ids: journal.spanIDs, method: name, isSecure: journal.trace.contains(.isSecure),
            end: now)
        journal.text.withReadable { (source: borrowing Span<UInt8>) in
            output.removeAll()
            writer?.appendServer(
                to: &output, subject, record: record, request: journal.request, source: source,
                labels: labels)
            Self.give(output, to: ring)
            guard record.upstreamMicroseconds != nil else { return }
            output.removeAll()
            writer?.appendClient(
                to: &output, subject, record: record, request: journal.request, source: source,
                labels: labels)
            Self.give(output, to: ring)
        }
    }

    private static func give(_ span: borrowing Buffer, to ring: LogQueue) {
        if span.hasOverflowed { ring.countDrop() } else { ring.append(span) }
    }
}
