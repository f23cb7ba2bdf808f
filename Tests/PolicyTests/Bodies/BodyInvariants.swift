import Bytes

@testable import Policy

/// What holds for any bytes that are sent as a body; the fuzzer and the corpus's test ask it.
///
/// The first byte says by which rules, the second where the body is divided, the rest is the body.
enum BodyInvariants {
    static let boundaries = ["b", "----FormBoundary7MA4YWxkTrZu0gW", "--b--b", "-"]
    private static let uploads: [UploadSettings] = [
        UploadSettings(
            partCountMax: 3, partBytesMax: 24,
            types: ["image/*", "text/plain", "application/json"]),
        UploadSettings(partCountMax: 3, partBytesMax: 6, types: ["text/*", "image/svg+xml"]),
        UploadSettings(partCountMax: 100, partBytesMax: 1 << 40, types: nil),
        UploadSettings(
            partCountMax: 5, partBytesMax: .max,
            types: ["application/pdf", "audio/*", "application/octet-stream"]),
    ]
    private static let depthMax = 5

    /// Made once: there is more in making them than in reading a small body.
    private static let jsonRules = rules(BodySettings(jsonDepthMax: depthMax, upload: nil))
    private static let uploadRules = uploads.map {
        rules(BodySettings(jsonDepthMax: nil, upload: $0))
    }

    private static func rules(_ settings: BodySettings) -> BodyRules? { BodyRules(settings) }

    /// - Returns: What does not hold; `nil` if all does.
    static func check(_ input: [UInt8]) -> String? {
        guard input.count >= 2 else { return nil }
        let body = Array(input.dropFirst(2))
        let isJSON = input[0] & 1 == 1
        let boundary = boundaries[Int(input[0] >> 1 & 3)]
        let choice = Int(input[0] >> 3 & 3)
        let upload = uploads[choice]
        let head = Array(boundary.utf8)
        let reading = { (step: Int, lead: Int) in
            isJSON
                ? verdict(body, .json, of: head, jsonRules, step, lead)
                : verdict(
                    body, .multipart(boundary: ByteRange(0, head.count)), of: head,
                    uploadRules[choice], step, lead)
        }
        let whole = reading(.max, 0)
        let lead = body.isEmpty ? 0 : Int(input[1]) % (body.count + 1)
        for (step, lead) in [(1, 0), (.max, lead), (7, lead), (64, 0)] {
            let pieces = reading(step, lead)
            guard pieces != whole else { continue }
            return "\(pieces.map { "\($0)" } ?? "passes") in pieces of \(step) behind \(lead), "
                + "but \(whole.map { "\($0)" } ?? "passes") whole"
        }
        guard whole == nil else { return nil }
        return isJSON ? jsonFault(body) : uploadFault(body, boundary, upload)
    }

    // MARK: Reading

    /// Why a JSON text is refused.
    ///
    /// - Parameters:
    ///   - step: Bytes of a piece.
    ///   - lead: Bytes of a first piece before those; 0 for none.
    static func jsonVerdict(
        _ body: [UInt8], depthMax: Int, step: Int = .max, lead: Int = 0
    ) -> RefusalReason? {
        let settings = BodySettings(jsonDepthMax: depthMax, upload: nil)
        return verdict(body, .json, of: [], rules(settings), step, lead)
    }

    /// Why an upload is refused.
    static func uploadVerdict(
        _ body: [UInt8], _ boundary: String, _ upload: UploadSettings, step: Int = .max,
        lead: Int = 0
    ) -> RefusalReason? {
        let bytes = Array(boundary.utf8)
        let reading = BodyReading.multipart(boundary: ByteRange(0, bytes.count))
        let settings = BodySettings(jsonDepthMax: nil, upload: upload)
        return verdict(body, reading, of: bytes, rules(settings), step, lead)
    }

    private static func verdict(
        _ body: [UInt8], _ reading: BodyReading, of head: [UInt8], _ rules: BodyRules?,
        _ step: Int, _ lead: Int
    ) -> RefusalReason? {
        var inspectors = BodyInspectors()
        let place = inspectors.begin(reading, of: head.span, by: rules)
        defer { inspectors.end(place) }
        do throws(RefusalReason) {
            var start = 0
            while start < body.count {
                let size = start == 0 && lead > 0 ? lead : step
                let end = size < body.count - start ? start + size : body.count
                try inspectors.read(body.span.extracting(start..<end), at: place)
                start = end
            }
            try inspectors.finish(at: place)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Asking another reader

    /// A text that passed is nowhere nested deeper, read at leisure.
    private static func jsonFault(_ body: [UInt8]) -> String? {
        var depth = 0
        var isInString = false
        var isEscaped = false
        for byte in body {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") {
                depth += 1
                if depth > depthMax { return "a text that is too deep passes" }
            } else if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
                depth -= 1
            }
        }
        return nil
    }

    /// An upload that passed falls into parts wherever the delimiter's bytes stand, each with a
    /// head and a content that is not too long.
    private static func uploadFault(
        _ body: [UInt8], _ boundary: String, _ upload: UploadSettings
    ) -> String? {
        let pieces = pieces(of: body[...], by: Array("--\(boundary)".utf8))
        let lineEnd: [UInt8] = [13, 10]
        guard pieces.count >= 2, pieces[0].isEmpty || Array(pieces[0]) == lineEnd,
            let last = pieces.last.map(Array.init),
            last == Array("--".utf8) || last == Array("--\r\n".utf8)
        else { return "an upload passes that has no beginning or no end" }
        let parts = pieces.dropFirst().dropLast()
        guard parts.count <= upload.partCountMax else { return "too many parts pass" }
        for part in parts {
            guard part.starts(with: lineEnd), part.suffix(2) == lineEnd[...],
                let headEnd = part.firstRange(of: lineEnd + lineEnd),
                part.endIndex - headEnd.upperBound >= 2
            else { return "a part passes that has no head or no line ends" }
            let head = String(decoding: part[..<headEnd.lowerBound], as: UTF8.self).lowercased()
            guard head.contains("content-disposition:") else { return "a part without name passes" }
            let size = part.endIndex - headEnd.upperBound - 2
            guard UInt64(size) <= upload.partBytesMax else { return "a part too large passes" }
        }
        return nil
    }

    private static func pieces(of body: ArraySlice<UInt8>, by mark: [UInt8]) -> [ArraySlice<UInt8>]
    {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = body
        while let range = rest.firstRange(of: mark) {
            pieces.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return pieces + [rest]
    }
}
