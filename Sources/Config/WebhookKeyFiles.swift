package import Policy

extension KeyFiles {
    /// The settings with what the files of their secrets hold now.
    ///
    /// The texts are expanded as when the configuration was loaded, by the same rules.
    ///
    /// - Parameter environment: The one that the configuration was loaded with.
    package static func reread(
        _ settings: WebhookSettings, environment: [String: String]
    ) throws(Failure) -> WebhookSettings {
        guard let first = settings.source.files.first else { return settings }
        var fresh = settings
        if settings.scheme.isOfCertificate {
            do throws(Objection) {
                fresh.keys = [try WebhookKeyText.certificate(inFile: first, settings.scheme)]
            } catch {
                throw Failure(file: first, reason: error.what)
            }
            return fresh
        }
        fresh.keys = []
        for written in settings.source.written {
            let text = try expanded(written, environment)
            do throws(WebhookKeyProblem) {
                fresh.keys.append(try WebhookKey(text, for: settings.scheme))
            } catch {
                // A secret without a file was taken at loading, and is the same now.
                let file = Expansion.files(in: [written]).first ?? first
                throw Failure(file: file, reason: "holds a secret that \(error.reason)")
            }
        }
        return fresh
    }

    private static func expanded(
        _ written: String, _ environment: [String: String]
    ) throws(Failure) -> String {
        var text = ""
        for piece in Expansion.pieces(of: written) {
            switch piece {
            case .literal(let literal): text += literal
            case .reference(let reference):
                guard let file = Expansion.file(of: reference) else {
                    text += Expansion.value(ofVariable: reference, in: environment) ?? ""
                    continue
                }
                do throws(FileReading.Failure) {
                    text += try Expansion.text(of: file)
                } catch {
                    throw Failure(file: file, reason: error.reason)
                }
                // As at loading; and many references to a file must not ask for gigabytes.
                guard text.utf8.count <= WebhooksSection.secretBytesMax else {
                    throw Failure(file: file, reason: "makes a secret longer than 16KiB")
                }
            case .unclosed: continue
            }
        }
        guard !text.isEmpty else {
            let file = Expansion.files(in: [written]).first ?? ""
            throw Failure(file: file, reason: "makes an empty secret")
        }
        return text
    }
}
