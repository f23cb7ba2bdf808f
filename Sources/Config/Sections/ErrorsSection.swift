import Policy

/// `errors`: how the gateway tells of errors.
enum ErrorsSection {
    static let pages = Key(
        "pages", Kind.names(page, count: 0...64, check: checkStatus), default: [],
        example: "{}",
        "Files in place of the gateway's words, by status: .html, .txt or .json, told by Accept")

    static let sentry = Key(
        optional: "sentry_dsn",
        Kind<SentryDSN>.discreet(
            .text(expected: "a DSN such as http://KEY@sentry.internal:9000/1", pattern: nil),
            parse: EndpointText.sentry), unset: "nobody",
        example: "\"http://${SENTRY_KEY}@sentry.internal:9000/1\"",
        "Who is told of answers of 500 and above and of what else goes wrong: a DSN of Sentry"
    ).commentedOut()

    static let section = Section(
        "errors", "How the gateway tells of errors", keys: [pages.description, sentry.description])
    static let kind = Kind<ErrorsDraft>.section(section, make: make)
    static let key = Key(
        "errors", kind, default: ErrorsDraft(), section.summary)

    /// What one answer has room for, beside its head.
    private static let bytesMax = 32 << 10

    private static func make(_ fields: Fields) -> ErrorsDraft {
        var pages: [UInt16: ErrorPage] = [:]
        for named in fields[self.pages] {
            guard let status = UInt16(named.name), let page = named.value else { continue }
            pages[status] = page
        }
        return ErrorsDraft(pages: pages, sentry: fields[sentry])
    }

    /// 4xx that the gateway answers with; any 5xx, as an app's may be replaced.
    private static func checkStatus(_ text: String) throws(Objection) {
        let own = Set(ProblemCode.allCases.map(\.status)).filter { $0 < 500 }.sorted()
        let advice = "\(own.map(String.init).joined(separator: ", ")), or 500 to 599"
        guard let status = UInt16(text), text.utf8.count == 3 else {
            throw Objection("is not a status", advice: advice)
        }
        guard own.contains(status) || (500...599).contains(status) else {
            throw Objection("is not a status of the gateway's errors", advice: advice)
        }
    }

    private static let page = Kind<ErrorPage>(
        .text(expected: "the path of a file", pattern: nil), format: { _ in nil }, parse: read)

    private static func read(_ path: String) throws(Objection) -> ErrorPage {
        guard let format = format(of: path) else {
            throw Objection("does not say what it is", advice: "end it in .html, .txt or .json")
        }
        let bytes: [UInt8]
        do throws(FileReading.Failure) {
            bytes = try FileReading.read(path, .regular, bytesMax: bytesMax)
        } catch {
            throw Objection("is no file that can be read: it \(error.reason)")
        }
        guard !bytes.isEmpty else { throw Objection("is an empty file") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Objection("is not UTF-8, as which it would be sent")
        }
        let page = ErrorPage(text, format: format)
        guard page.bytesMax <= bytesMax else {
            throw Objection(
                "holds \(ErrorPage.placeholder) so often that it may grow beyond "
                    + SizeText.format(UInt64(bytesMax)))
        }
        return page
    }

    private static func format(of path: String) -> ProblemFormat? {
        let path = path.lowercased()
        let formats: [(String, ProblemFormat)] = [
            (".html", .html), (".htm", .html), (".txt", .text), (".json", .json),
        ]
        return formats.first { path.hasSuffix($0.0) }?.1
    }
}

/// `errors` as decoded.
struct ErrorsDraft: Sendable {
    /// By status.
    var pages: [UInt16: ErrorPage] = [:]
    var sentry: SentryDSN?
}
