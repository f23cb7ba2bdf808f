import Testing

@testable import Policy

struct ContentCheckTests {
    private func admits(_ type: String, _ bytes: [UInt8]) -> Bool {
        var prefix = Prefix()
        for byte in bytes.prefix(Prefix.bytesMax) { prefix.append(byte) }
        return MediaSignatures.check(of: type).admits(prefix)
    }

    /// First bytes of real files.
    private static let samples: [String: [UInt8]] = [
        "image/png": [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13],
        "image/jpeg": [0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46],
        "image/gif": Array("GIF89a\u{1}\0".utf8),
        "image/webp": Array("RIFF\u{24}\0\0\0WEBPVP8 ".utf8),
        "image/avif": Array("\0\0\0\u{1c}ftypavif".utf8),
        "image/heic": Array("\0\0\0\u{18}ftypheic".utf8),
        "image/tiff": [0x49, 0x49, 0x2a, 0, 8, 0, 0, 0], "image/bmp": Array("BM6\0".utf8),
        "image/x-icon": [0, 0, 1, 0, 1, 0],
        "application/pdf": Array("%PDF-1.7\n".utf8),
        "application/zip": [0x50, 0x4b, 3, 4, 20, 0],
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": [
            0x50, 0x4b, 3, 4, 20, 0,
        ],
        "application/msword": [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
        "application/gzip": [0x1f, 0x8b, 8, 0],
        "application/x-7z-compressed": [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c],
        "video/mp4": Array("\0\0\0\u{20}ftypisom".utf8), "video/webm": [0x1a, 0x45, 0xdf, 0xa3],
        "audio/mpeg": [0xff, 0xfb, 0x90, 0x64], "audio/wav": Array("RIFF\u{24}\0\0\0WAVEfmt ".utf8),
        "audio/ogg": Array("OggS\0".utf8), "audio/flac": Array("fLaC\0".utf8),
        "audio/aac": [0xff, 0xf1, 0x50, 0x80],
        "text/plain": Array("hello".utf8), "text/csv": Array("a,b\r\n1,2\r\n".utf8),
        "application/json": Array("{\"a\":1}".utf8), "image/svg+xml": Array("<svg xmlns".utf8),
    ]

    @Test(arguments: samples.keys.sorted()) func `a file is taken for what it is`(_ type: String) {
        let sample = Self.samples[type] ?? []
        #expect(admits(type, sample))
        #expect(!admits(type, []) || MediaSignatures.check(of: type).isText)
        // What else it may be taken for is of the same family, or text with rules of its own.
        for other in Self.samples.keys.sorted() where other != type && admits(other, sample) {
            let families = [
                ["application/zip", "document"], ["image/avif", "image/heic", "video/mp4"],
                ["text/", "application/json", "image/svg+xml"],
                // A script does not begin with a signature; only its NUL would be refused.
                ["image/svg+xml", ""],
            ]
            #expect(
                families.contains { family in
                    family.contains { type.contains($0) } && family.contains { other.contains($0) }
                }, "\(type) is taken for \(other)")
        }
    }

    @Test(arguments: ["ID3\u{3}", "GIF87a", "MM\0*", "PK\u{5}\u{6}"])
    func `other beginnings of a type are known as well`(text: String) {
        let types = ["audio/mpeg", "image/gif", "image/tiff", "application/zip"]
        #expect(types.contains { admits($0, Array(text.utf8)) })
    }

    @Test(arguments: ["<html>", "<!doctype", "<?php", "</a", "<sCript", "GIF89a", "Rar!", "\u{1}a"])
    func `plain text begins with no markup, program or picture`(text: String) {
        #expect(!admits("text/plain", Array(text.utf8)))
        #expect(!admits("text/csv", Array(text.utf8)))
    }

    @Test(arguments: ["<", "< b", "<3", "a<b>", "", "5 < 6", "%", "PK"])
    func `text may hold what is no markup`(text: String) {
        #expect(admits("text/plain", Array(text.utf8)))
    }

    @Test func `a wildcard stands for what can be told and holds no program`() {
        #expect(MediaSignatures.expand("image/*").contains("image/png"))
        #expect(!MediaSignatures.expand("image/*").contains("image/svg+xml"))
        #expect(!MediaSignatures.expand("text/*").contains("text/html"))
        #expect(MediaSignatures.expand("Image/SVG+xml") == ["image/svg+xml"])
        #expect(MediaSignatures.expand("model/*").isEmpty)
        #expect(MediaSignatures.names.allSatisfy { $0 == $0.lowercased() })
        #expect(!MediaSignatures.isKnown("application/octet-stream"))
    }
}
