import Bytes
import HTTP

/// How far a body has been looked at that is held, as it came, in its client's input.
///
/// Nothing is consumed: what is framed stays framed, and whoever passes the body on later finds it
/// as if it had come this moment.
struct HeldBody {
    enum Progress {
        case whole
        /// More has to be read; the input may need more room than it has.
        case needsMore
        case tooLarge
        case malformed(WireError)
    }

    private var reader: BodyReader
    private let framing: BodyFraming
    /// Bytes at the front of the input that were looked at.
    private var lookedAt = 0
    /// Bytes of the body among them.
    private(set) var byteCount = 0
    private let bytesMax: Int
    /// Taken from the process's budget.
    var reservedBytes = 0

    /// - Parameter bytesMax: Of the body.
    init(_ framing: BodyFraming, bytesMax: Int) {
        reader = BodyReader(framing)
        self.framing = framing
        self.bytesMax = bytesMax
    }

    /// Bytes that the body takes in the input at most: chunks of a byte each are six bytes, and
    /// nobody needs many of these.
    private var rawBytesMax: Int { bytesMax * 2 + Self.framingBytesMax }
    private static let framingBytesMax = 16 << 10

    var isWhole: Bool { reader.isFinished }

    /// Bytes of the input that are the body's, once it is whole.
    var rawByteCount: Int { lookedAt }

    /// Room that the input should have now.
    ///
    /// It grows with what has come: who only announces a long body holds no memory for it.
    ///
    /// - Parameter capacity: What it has.
    func room(above capacity: Int) -> Int {
        let wanted = max(2 * capacity, Self.framingBytesMax)
        guard case .length(let length) = framing else { return min(wanted, rawBytesMax) }
        return min(wanted, Int(clamping: length))
    }

    /// Looks at what has come.
    ///
    /// - Parameter trailers: Storage for those of a chunked body.
    mutating func look(at input: borrowing Buffer, trailers: inout [Field]) -> Progress {
        do throws(WireError) {
            while !reader.isFinished {
                let progress = try input.withReadable {
                    (bytes: borrowing Span<UInt8>) throws(WireError) -> BodyProgress in
                    try reader.read(
                        bytes.extracting(min(lookedAt, bytes.count)..<bytes.count),
                        trailers: &trailers)
                }
                switch progress {
                case .data(let range):
                    lookedAt += range.end
                    byteCount += range.count
                case .end(let count): lookedAt += count
                case .needsMore(let count):
                    lookedAt += count
                    return isTooLarge ? .tooLarge : .needsMore
                }
                if isTooLarge { return .tooLarge }
            }
            return .whole
        } catch {
            return .malformed(error)
        }
    }

    /// Also what is announced counts.
    var isTooLarge: Bool {
        byteCount > bytesMax || lookedAt >= rawBytesMax
            || reader.announcedByteCount > UInt64(bytesMax - byteCount)
    }

    /// Appends the body of a whole one, without its framing.
    func append(from input: borrowing Buffer, to body: inout Buffer, trailers: inout [Field]) {
        var reader = BodyReader(framing)
        var offset = 0
        while !reader.isFinished {
            let part = try? input.withReadable {
                (bytes: borrowing Span<UInt8>) throws(WireError) -> ByteRange? in
                let rest = bytes.extracting(offset..<bytes.count)
                guard case .data(let range) = try reader.read(rest, trailers: &trailers) else {
                    return nil
                }
                body.append(rest, range)
                return range
            }
            // It was read once before: what is no data is its end.
            guard let part = part ?? nil else { return }
            offset += part.end
        }
    }
}
