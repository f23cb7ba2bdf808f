import Foundation

/// Bounded reading of files: the one place of Config that touches the file system.
///
/// Foundation's handles, because the calls of the C library would need unsafe pointers here.
enum FileReading {
    /// Why a file could not be read, as the end of a sentence about it.
    struct Failure: Error, Equatable { let reason: String }

    /// What may stand behind a path.
    enum Source {
        /// A file, or a pipe that somebody writes a configuration into.
        case any
        /// A file only: reading a pipe or a device could wait for ever.
        case regular
    }

    /// The whole content, which is at most `bytesMax` long.
    static func read(_ path: String, _ source: Source, bytesMax: Int) throws(Failure) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw Failure(reason: "does not exist") }
        let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: resolved)
        let type = attributes?[.type] as? FileAttributeType
        // What is still a link leads nowhere, or to a pipe that only its number names.
        let isLink = type == .typeSymbolicLink
        let absent = Failure(reason: "does not exist, or its folder cannot be searched")
        guard type != nil else { throw absent }
        guard type != .typeDirectory else { throw Failure(reason: "is a folder") }
        guard source == .any || type == .typeRegular else {
            throw isLink ? absent : Failure(reason: "is not a regular file")
        }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw isLink ? absent : Failure(reason: "cannot be opened: no permission to read it")
        }
        defer { try? handle.close() }
        do {
            var content: [UInt8] = []
            // A pipe gives what it has; more follows.
            while let part = try handle.read(upToCount: bytesMax + 1 - content.count), !part.isEmpty
            {
                content += part
                guard content.count <= bytesMax else {
                    throw Failure(reason: "is larger than \(SizeText.format(UInt64(bytesMax)))")
                }
            }
            return content
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(reason: "cannot be read")
        }
    }
}
