import Config
import Policy

extension ExplanationPage {
    /// Adds what the route asks of bodies, and how it reads this one.
    mutating func add(_ rules: BodySettings, _ verdict: Verdict) {
        guard rules != .none else { return }
        var lines: [[String]] = []
        if let depth = rules.jsonDepthMax { lines.append(["json", "nested up to \(depth) deep"]) }
        if let upload = rules.upload {
            let size = SizeText.format(upload.partBytesMax)
            let types = upload.types.map { $0.joined(separator: ", ") } ?? "all types, unseen"
            lines.append(["upload", "up to \(upload.partCountMax) parts of \(size)"])
            lines.append(["files", types])
        }
        switch verdict.body {
        case .unread: lines.append(["this body", "not looked through"])
        case .json: lines.append(["this body", "looked through as JSON"])
        case .multipart: lines.append(["this body", "looked through as an upload"])
        }
        section("body rules")
        rows(lines)
    }
}
