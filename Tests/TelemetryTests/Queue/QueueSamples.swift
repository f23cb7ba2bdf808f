import Bytes
import Glibc
import Telemetry
import Testing

/// A line that tells who made it and which of theirs it is: `PRODUCER NUMBER xxx…`.
func numberedLine(_ producer: Int, _ number: Int, padding: Int) -> Buffer {
    var buffer = Buffer(capacity: 64 + padding)
    buffer.append(Array("\(producer) \(number) ".utf8))
    buffer.append([UInt8](repeating: 0x78, count: padding))
    buffer.append("\n")
    return buffer
}

/// What a reader found in numbered lines.
struct NumberedLines {
    /// The numbers of each producer, in order of appearance.
    private(set) var numbers: [Int: [Int]] = [:]
    /// Lines of the log about itself.
    private(set) var others: [String] = []
    /// Lines that are neither.
    private(set) var broken: [String] = []

    init(_ bytes: [UInt8], padding: Int) {
        for line in bytes.split(separator: 0x0A) {
            let text = String(decoding: line, as: UTF8.self)
            let parts = text.split(separator: " ", omittingEmptySubsequences: false)
            if parts.count == 3, let producer = Int(parts[0]), let number = Int(parts[1]),
                parts[2].utf8.count == padding, parts[2].allSatisfy({ $0 == "x" })
            {
                numbers[producer, default: []].append(number)
            } else if text.hasPrefix("{"), text.hasSuffix("}") {
                others.append(text)
            } else {
                broken.append(text)
            }
        }
        if let last = bytes.last, last != 0x0A { broken.append("no line end") }
    }

    var count: Int { numbers.values.reduce(0) { $0 + $1.count } }

    /// What the lines about dropped lines say, added up.
    var toldDrops: Int {
        others.reduce(0) { sum, line in
            let members = try? StrictJSON.members(ofLine: Array(line.utf8) + [0x0A])
            let told = members?.first { $0.key == "dropped" }?.value
            return sum + (told.flatMap { Int($0) } ?? 0)
        }
    }
}

/// A folder of its own that goes with the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/telemetry-XXXXXX".utf8CString)
        let isMade = unsafe mkdtemp(&template) != nil
        try #require(isMade)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in names { _ = unsafe unlink("\(path)/\(name)") }
        _ = unsafe rmdir(path)
    }

    /// Names of the files in it, sorted.
    var names: [String] {
        guard let folder = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    func contents(of name: String) -> [UInt8] {
        let file = unsafe open("\(path)/\(name)", O_RDONLY)
        guard file >= 0 else { return [] }
        defer { close(file) }
        return readAll(file)
    }
}

/// Reads to the end of a file or of a pipe whose writers have gone.
func readAll(_ descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    while let part = readSome(descriptor), !part.isEmpty { bytes += part }
    return bytes
}

/// Waits for bytes and reads them; empty at the end, `nil` on an error or when there are none now.
func readSome(_ descriptor: Int32) -> [UInt8]? {
    var part = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe read(descriptor, &part, part.count)
    return count < 0 ? nil : Array(part.prefix(count))
}

/// Both ends of a pipe; closed with it unless closed before.
final class TestPipe {
    private(set) var reader: Int32 = -1
    private(set) var writer: Int32 = -1

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe pipe(&ends) == 0)
        (reader, writer) = (ends[0], ends[1])
    }

    deinit {
        closeReader()
        closeWriter()
    }

    func closeReader() {
        if reader >= 0 { _ = close(reader) }
        reader = -1
    }

    func closeWriter() {
        if writer >= 0 { _ = close(writer) }
        writer = -1
    }
}
