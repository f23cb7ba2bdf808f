/// A file that a command is given beside the configuration.
package enum GivenFile {
    /// Why it could not be read, as the end of a sentence about it.
    package struct Failure: Error, Equatable, Sendable {
        package let reason: String
    }

    /// The whole content, which is at most `bytesMax` long.
    package static func read(_ path: String, bytesMax: Int) throws(Failure) -> [UInt8] {
        do throws(FileReading.Failure) {
            return try FileReading.read(path, .any, bytesMax: bytesMax)
        } catch {
            throw Failure(reason: error.reason)
        }
    }
}
