import Config
import Policy

/// What the files of keys held when they were read last.
///
/// Whose files cannot be read keeps the keys that it had.
struct WatchedKeys {
    private(set) var routes: [Route]
    private(set) var webhooks: [WebhookSettings]
    private let environment: [String: String]

    /// - Parameter environment: What texts beside the files in a webhook's secrets are made of.
    init(_ snapshot: Snapshot, environment: [String: String]) {
        routes = snapshot.routes
        webhooks = snapshot.webhooks
        self.environment = environment
    }

    /// The paths of all of them, each once.
    var files: [String] {
        Set(routes.flatMap(\.keyFiles) + webhooks.flatMap(\.source.files)).sorted()
    }

    /// What came of reading some files once more.
    struct Outcome {
        /// Of all routes; `nil` if none has other keys than before.
        var routes: [Route]?
        /// All of them; `nil` if none has other keys than before.
        var webhooks: [WebhookSettings]?
        var notes: [Note] = []
    }

    /// Whose keys were read, or why they were not.
    struct Note {
        enum Owner { case route, webhook }

        let owner: Owner
        let name: String
        let failure: KeyFiles.Failure?
    }

    /// Reads the keys of all whom one of these files concerns.
    mutating func read(_ changed: [String]) -> Outcome {
        var outcome = Outcome()
        for index in routes.indices where routes[index].keyFiles.contains(where: changed.contains) {
            guard case .jwt(let settings) = routes[index].auth else { continue }
            var failure: KeyFiles.Failure?
            do throws(KeyFiles.Failure) {
                routes[index].auth = .jwt(try KeyFiles.reread(settings))
                outcome.routes = routes
            } catch {
                failure = error
            }
            outcome.notes.append(Note(owner: .route, name: routes[index].name, failure: failure))
        }
        for index in webhooks.indices
        where webhooks[index].source.files.contains(where: changed.contains) {
            let settings = webhooks[index]
            var failure: KeyFiles.Failure?
            do throws(KeyFiles.Failure) {
                webhooks[index] = try KeyFiles.reread(settings, environment: environment)
                outcome.webhooks = webhooks
            } catch {
                failure = error
            }
            outcome.notes.append(Note(owner: .webhook, name: settings.name, failure: failure))
        }
        return outcome
    }
}

extension Route {
    fileprivate var keyFiles: [String] {
        guard case .jwt(let settings) = auth else { return [] }
        return settings.source.files
    }
}
