import ArgumentParser
import Config
import Gateway
import Linux

/// The command `apus explain`.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what would become of a request, without serving.",
        usage: """
            apus explain METHOD URL [-H 'Name: value']... [--from IP]
                                [--listener NAME] [--config FILE]
            """,
        discussion: """
            Shows the route that takes the request and why each other does not; the upstream and \
            the very request that its server would get, or the answer; the rate limits, and whose \
            bucket the request would take from; the headers that the response would be given; the \
            limits and timeouts that hold. It is the code that serves \
            which says so. <new> and <now> stand for values that differ each time.

            The URL is as the client would write it. Without --from the request comes from an \
            address that nobody trusts.

            EXAMPLES
              apus explain GET http://example.com/api/health
              apus explain POST https://example.com/login -H 'Content-Length: 20'
              apus explain GET http://a.com/ --from 10.0.0.7 -H 'X-Forwarded-For: ::1'

            EXIT CODES
              0   explained, whatever becomes of the request
              64  the method, URL, header, address or listener is none
              78  the configuration is invalid
            """)

    @Argument(help: "As on the wire: GET, POST, …")
    var method: String

    @Argument(help: "http://… or https://…")
    var url: String

    @Option(
        name: [.customShort("H"), .customLong("header")],
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A header of the request; may be repeated.", valueName: "Name: value"))
    var fields: [String] = []

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp(
            "The address of the peer, or unix. (default: \(Inquiry.clientByDefault))",
            valueName: "ip"))
    var client: String?

    @Option(
        help: ArgumentHelp(
            "The listener that the request comes to. (default: the first)", valueName: "name"))
    var listener: String?

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        let snapshot = try Configuration.load(options.path)
        let inquiry = Inquiry(
            method: method, url: url, fields: fields, client: client, listener: listener,
            now: Clock.wall())
        do throws(InquiryProblem) {
            print(try Inspection.explain(inquiry, by: snapshot), terminator: "")
        } catch {
            StandardError.write(line: "apus: \(error.text)")
            throw Ending.wrongUsage
        }
    }
}
