/// What a route asks of request bodies while they pass, as configured.
package struct BodySettings: Sendable, Equatable {
    /// Deepest nesting of JSON, 1 to 1000; `nil` where JSON is not looked through.
    package var jsonDepthMax: Int?
    /// `nil` where uploads are not looked through.
    package var upload: UploadSettings?

    package init(jsonDepthMax: Int?, upload: UploadSettings?) {
        self.jsonDepthMax = jsonDepthMax
        self.upload = upload
    }

    /// Lets every body pass unseen.
    package static let none = BodySettings(jsonDepthMax: nil, upload: nil)
}

/// `upload` of a route: what a `multipart/form-data` body may hold.
package struct UploadSettings: Sendable, Equatable {
    /// Files and fields together; at least 1.
    package var partCountMax: Int
    /// Bytes of one part's content, its header lines left out; at least 1.
    package var partBytesMax: UInt64
    /// `type/subtype` or `type/*`, of parts that are files; `nil` for all, whose content is then
    /// not looked at.
    package var types: [String]?

    package init(partCountMax: Int, partBytesMax: UInt64, types: [String]?) {
        self.partCountMax = partCountMax
        self.partBytesMax = partBytesMax
        self.types = types
    }
}
