import ArgumentParser
import Config
import Gateway
import Linux

/// The command `apus sign`.
struct Sign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Sign a request as a provider of webhooks would, to try out a route.",
        usage: """
            apus sign PROVIDER --secret S --url U [--body-file F] [--method M]
                               [--timestamp T] [--id ID] [--curl]
            apus sign PROVIDER --webhook NAME --url U … [--config FILE]
            """,
        discussion: """
            Prints the headers that the provider would send, as arguments of curl in the quotes \
            of a shell; with --curl the whole command line. The URL is the one that the provider \
            knows: twilio and square sign it.

            With --webhook the secret, and for generic how it is used, are those of a webhook of \
            the configuration.

            EXAMPLES
              apus sign stripe --secret "$S" --url http://localhost:8080/stripe \\
                --body-file event.json --curl
              apus sign twilio --secret "$S" --url https://api.example.com/sms
              apus sign generic --webhook mine --url http://localhost:8080/mine

            EXIT CODES
              0   signed
              64  no such provider, or one that signs with a private key; a
                  secret or URL that is none; a file that cannot be read
              78  the configuration of --webhook is invalid
            """)

    @Argument(help: "stripe, github, … as in the configuration")
    var provider: String

    @Option(help: ArgumentHelp("What you share with the provider.", valueName: "s"))
    var secret: String?

    @Option(help: ArgumentHelp("http://… or https://…", valueName: "u"))
    var url: String

    @Option(help: ArgumentHelp("A file with the body. (default: none)", valueName: "f"))
    var bodyFile: String?

    @Option(help: ArgumentHelp("The method.", valueName: "m"))
    var method = "POST"

    @Option(help: ArgumentHelp("When, in seconds since 1970. (default: now)", valueName: "t"))
    var timestamp: Int64?

    @Option(help: ArgumentHelp("The id of the event. (default: a new one)", valueName: "id"))
    var id: String?

    @Option(help: ArgumentHelp("A webhook of the configuration.", valueName: "name"))
    var webhook: String?

    @Flag(help: "Print a whole command line.")
    var curl = false

    @OptionGroup var options: ConfigurationOption

    /// Of a body: what no gateway takes longer than.
    private static let bodyBytesMax = 16 << 20

    func validate() throws {
        guard (secret == nil) != (webhook == nil) else {
            throw ValidationError("Either --secret or --webhook is needed.")
        }
    }

    func run() throws {
        var request = SigningRequest(try signer(), url: url)
        request.method = method
        request.timestamp = timestamp
        request.id = id
        if let bodyFile {
            do throws(GivenFile.Failure) {
                request.body = try GivenFile.read(bodyFile, bytesMax: Self.bodyBytesMax)
            } catch {
                throw complaint("the file of the body \(error.reason)")
            }
        }
        do throws(SigningProblem) {
            let signed = try Inspection.sign(request, at: Clock.wall())
            print(curl ? signed.curl(bodyFile: bodyFile) : signed.arguments)
            if !curl, signed.url != url {
                StandardError.write(line: "apus: the provider would send it to \(signed.url)")
            }
        } catch {
            throw complaint(error.text)
        }
    }

    private func signer() throws -> SigningRequest.Signer {
        guard let webhook else { return .provider(provider, secret: secret ?? "") }
        return .webhook(webhook, provider: provider, try Configuration.load(options.path))
    }

    private func complaint(_ text: String) -> ExitCode {
        StandardError.write(line: "apus: \(text)")
        return Ending.wrongUsage
    }
}
