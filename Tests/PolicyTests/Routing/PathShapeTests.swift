import Bytes
import Testing

@testable import Policy

@Suite struct PathShapeTests {
    @Test(
        arguments: [
            ("/a.b-c_d~/x", []), ("/a%20b%C3%A9", .plainEscape), ("/%61", .hiddenByte),
            ("/%2F%5C", [.hiddenByte, .laxity]), ("/a/./b", .dotSegment), ("/a/..", .dotSegment),
            ("/%2e", [.hiddenByte, .dotSegment]), ("/.a/..b/...", []), ("//", .laxity),
            ("/;", .laxity),
            ("/a\\b", .laxity), ("/%25", .hiddenByte), ("/a/", []), ("/", []),
        ] as [(String, PathShape)])
    func `a shape says what two readers could read in two ways`(_ path: String, _ shape: PathShape)
        throws
    {
        let bytes = Array(path.utf8)
        #expect(try PathShape(bytes.span, ByteRange(0, bytes.count)) == shape)
    }

    @Test(arguments: 0..<8)
    func `what is told plain has an empty shape, at every place in a word`(_ seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let odd = Array("/.%;\\-0a".utf8)
        var plainCount = 0
        for _ in 0..<4000 {
            // Mostly letters, so that oddities stand alone.
            let path =
                [0x2f]
                + (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    random.next() % 8 == 0
                        ? odd[Int(random.next() % 8)] : UInt8(0x61 + random.next() % 26)
                }
            // Surroundings that must not count.
            let bytes = Array("%..".utf8) + path + Array("/.;%".utf8)
            let range = ByteRange(start: 3, count: path.count)
            let isPlain = PathShape.isPlain(bytes.span, range)
            let shape = try? PathShape(bytes.span, range)
            #expect(isPlain == (shape == [] && !path.indices.contains { Self.isDotted(path, $0) }))
            if isPlain { plainCount += 1 }
        }
        #expect(plainCount > 400)
    }

    /// A dot behind a slash: told odd without being so, if the segment goes on.
    private static func isDotted(_ path: [UInt8], _ index: Int) -> Bool {
        path[index] == 0x2e && index > 0 && path[index - 1] == 0x2f
    }
}
