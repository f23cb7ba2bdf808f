import Policy

/// The keys of a route that look through request bodies while they pass.
enum BodyKeys {
    static let json = Key(
        optional: "json", JSONSection.kind, unset: "not looked through", JSONSection.section.summary
    )
    static let upload = Key(
        optional: "upload", UploadSection.kind, unset: "not looked through",
        UploadSection.section.summary)

    static let descriptions = [json.description, upload.description]

    static func make(_ fields: Fields) -> BodySettings {
        BodySettings(jsonDepthMax: fields[json], upload: fields[upload])
    }
}

/// `json` of a route.
enum JSONSection {
    static let maxDepth = Key(
        "max_depth", Kind.integer(1...1000), default: 32,
        "Arrays and objects within one another; deeper ones are answered 400")

    static let section = Section(
        "routes[].json", "What bodies of the type application/json, or of one like it, may be",
        keys: [maxDepth.description])
    static let kind = Kind<Int>.section(section) { fields in fields[maxDepth] }
}

/// `upload` of a route.
enum UploadSection {
    static let parts = Key(
        "parts", Kind.integer(1...10_000), default: 32,
        "Files and fields of one body; more are answered 413")
    static let partSize = Key(
        "part_size", Kind.size(1...1 << 40), default: 10 << 20,
        "One file or field; a longer one is answered 413 (limits.body bounds the whole body)")
    static let types = Key(
        optional: "types", Kind.list(GateKeys.mediaType.located, count: 1...64),
        unset: "all, unseen",
        "Types of files, such as image/* or application/pdf; others are answered 415, as are files "
            + "that do not begin as their type does")

    static let section = Section(
        "routes[].upload", "What multipart/form-data bodies may be; others are answered 415",
        keys: [parts.description, partSize.description, types.description])
    static let kind = Kind<UploadSettings>.section(section) { fields in
        let types = fields[types]
        for type in types ?? [] { check(type, report: fields.place.report) }
        return UploadSettings(
            partCountMax: fields[parts], partBytesMax: fields[partSize],
            types: types?.map(\.value))
    }

    /// A wildcard stands for types whose content can be told; other types are named.
    private static func check(_ type: Located<String>, report: Report) {
        let types = MediaSignatures.expand(type.value)
        if types.isEmpty {
            type.object(
                Objection("holds no type whose content is known here", advice: "name the types"),
                report: report)
        } else if types.contains(where: { !MediaSignatures.isKnown($0) }) {
            report.warning(
                at: type.position, type.path,
                "is not known by its content: files of this type pass unseen")
        }
    }
}
