/// What is known of files of each media type: signatures as their formats define them (RFC 2083,
/// ISO 10918, ISO 14496-12, ISO 32000, PKWARE's APPNOTE, RFC 1952, RFC 3533, RFC 9639, RFC 9559).
package enum MediaSignatures {
    /// The types whose content can be told, in lower case, by name.
    package static let names: [String] = table.keys.sorted()

    /// The types that an entry of `types` stands for; a wildcard stands for those of its kind whose
    /// content can be told and holds no program.
    package static func expand(_ entry: String) -> [String] {
        let lowered = entry.lowercased()
        guard lowered.hasSuffix("/*") else { return [lowered] }
        let group = lowered.dropLast()
        return names.filter { $0.hasPrefix(group) && table[$0]?.kind != .markup }
    }

    /// Whether something is known of the type, in lower case.
    package static func isKnown(_ type: String) -> Bool { table[type] != nil }

    /// How the content of a type is checked.
    static func check(of type: String) -> ContentCheck { table[type] ?? ContentCheck(kind: .any) }

    /// What begins like these is not the text that it may look like.
    static let foreignToText: [Signature] = [
        pdf, Signature(text: "%!PS-Adobe-"), zip, Signature(text: "GIF87a"),
        Signature(text: "GIF89a"), jpeg, gzip, elf, Signature(text: "Rar!"), sevenZip,
        Signature(text: "RIFF????WEBP"), Signature(text: "RIFF????WAVE"), Signature(text: "OggS"),
    ]

    private static let pdf = Signature(text: "%PDF-")
    private static let zip = Signature([0x50, 0x4b, 3, 4])
    /// Of an archive that holds nothing.
    private static let emptyZip = Signature([0x50, 0x4b, 5, 6])
    private static let ole = Signature([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])
    private static let jpeg = Signature([0xff, 0xd8, 0xff])
    private static let gzip = Signature([0x1f, 0x8b, 8])
    private static let elf = Signature([0x7f, 0x45, 0x4c, 0x46])
    private static let sevenZip = Signature([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c])
    private static let matroska = Signature([0x1a, 0x45, 0xdf, 0xa3])
    private static let mp4 = Signature(text: "????ftyp")
    /// Layer III of any MPEG version, without regard to rate and padding.
    private static let mpegFrame = Signature([0xff, 0xe2], masks: [0xff, 0xe6])

    private static let table: [String: ContentCheck] = {
        var table: [String: ContentCheck] = [:]
        for (types, signatures) in signed {
            for type in types { table[type] = ContentCheck(kind: .signed(signatures)) }
        }
        for type in texts { table[type] = ContentCheck(kind: .text) }
        for type in markups { table[type] = ContentCheck(kind: .markup) }
        table["application/json"] = ContentCheck(kind: .json)
        return table
    }()

    private static let texts = [
        "text/plain", "text/csv", "text/tab-separated-values", "text/markdown", "text/calendar",
        "text/vcard", "text/vtt", "application/x-ndjson", "application/yaml",
    ]

    /// Browsers run what stands in these: a wildcard never stands for them.
    private static let markups = [
        "text/html", "text/xml", "text/css", "text/javascript", "application/javascript",
        "application/xml", "application/xhtml+xml", "image/svg+xml",
    ]

    private static let signed: [([String], [Signature])] = images + documents + recordings

    private static let images: [([String], [Signature])] = [
        (["image/png"], [Signature([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])]),
        (["image/jpeg", "image/jpg"], [jpeg]),
        (["image/gif"], [Signature(text: "GIF87a"), Signature(text: "GIF89a")]),
        (["image/webp"], [Signature(text: "RIFF????WEBP")]),
        (["image/avif"], brands(["avif", "avis", "mif1", "msf1"])),
        (
            ["image/heic", "image/heif"],
            brands(["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"])
        ),
        (["image/bmp"], [Signature(text: "BM")]),
        (
            ["image/tiff"],
            [Signature([0x49, 0x49, 0x2a, 0]), Signature([0x4d, 0x4d, 0, 0x2a])]
        ),
        (["image/x-icon", "image/vnd.microsoft.icon"], [Signature([0, 0, 1, 0])]),
    ]

    private static let documents: [([String], [Signature])] = [
        (["application/pdf"], [pdf]),
        (["application/zip", "application/x-zip-compressed"], [zip, emptyZip]),
        (
            [
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "application/vnd.openxmlformats-officedocument.presentationml.presentation",
                "application/vnd.oasis.opendocument.text",
                "application/vnd.oasis.opendocument.spreadsheet",
                "application/vnd.oasis.opendocument.presentation", "application/epub+zip",
            ], [zip]
        ),
        (
            ["application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"],
            [ole]
        ),
        (["application/gzip", "application/x-gzip"], [gzip]),
        (["application/x-7z-compressed"], [sevenZip]),
    ]

    private static let recordings: [([String], [Signature])] = [
        (["video/mp4", "video/quicktime", "audio/mp4", "audio/x-m4a"], [mp4]),
        (["video/webm", "audio/webm", "video/x-matroska"], [matroska]),
        (["audio/mpeg", "audio/mp3"], [Signature(text: "ID3"), mpegFrame]),
        (
            ["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"],
            [Signature(text: "RIFF????WAVE")]
        ),
        (["audio/ogg", "video/ogg", "application/ogg"], [Signature(text: "OggS")]),
        (["audio/flac", "audio/x-flac"], [Signature(text: "fLaC")]),
        (["audio/aac"], [Signature([0xff, 0xf0], masks: [0xff, 0xf6])]),
    ]

    /// The major brands of ISO base media files.
    private static func brands(_ names: [StaticString]) -> [Signature] {
        names.map { name in
            Signature(Array("\0\0\0\0ftyp\(name)".utf8), masks: [0, 0, 0, 0])
        }
    }
}
