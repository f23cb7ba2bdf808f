package import Policy

/// Files of keys, read again while serving.
package enum KeyFiles {
    /// Why keys could not be read again.
    package struct Failure: Error, Equatable, Sendable {
        package let file: String
        /// The end of a sentence about the file; it holds nothing of what is in there.
        package let reason: String
    }

    /// The settings with what their files hold now, checked as when the configuration was loaded.
    package static func reread(_ settings: JWTSettings) throws(Failure) -> JWTSettings {
        var fresh = settings
        switch settings.source {
        case .text: return settings
        case .keyFiles(let files):
            for (index, file) in files.enumerated() {
                guard let file else { continue }
                var key = try read(file, KeyText.publicKey(inFile:))
                key.id = settings.keys[index].id
                fresh.keys[index] = key
            }
        case .keySet(let file): fresh.keys = try read(file, KeyText.keySet)
        }
        for algorithm in settings.algorithms
        where !fresh.keys.contains(where: { $0.fits(algorithm) }) {
            throw Failure(
                file: settings.source.files[0], reason: "holds no key for \(algorithm.rawValue)")
        }
        return fresh
    }

    private static func read<Value>(
        _ file: String, _ body: (String) throws(Objection) -> Value
    ) throws(Failure) -> Value {
        do throws(Objection) {
            return try body(file)
        } catch {
            throw Failure(file: file, reason: error.what)
        }
    }
}
