package import Bytes
package import Crypto

/// The key that a limit's bucket has in Redis: `PREFIX LIMIT ":{" MATERIAL "}"`.
///
/// The braces have a cluster keep all buckets of one client together. What stands between them are
/// bytes of a fixed set, 64 at most: other material gives way to its digest, so that nothing of a
/// client's choice that is long or binary gets into a key.
package struct LimitKeyText: Sendable {
    /// Of material that stands in a key as it is.
    private static let materialBytesMax = 64
    private static let plain = ByteSet(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:=~/@-")

    private let beginning: [UInt8]

    /// - Parameter prefix: Without braces, as those would move what decides a key's place.
    package init(prefix: String, limit: String) {
        beginning = Array("\(prefix)\(limit):{".utf8)
    }

    /// No key is longer.
    package var bytesMax: Int { beginning.count + Self.materialBytesMax + 1 }

    /// Appends the key for what ``LimitKeyPlan`` has read.
    package func append(
        _ material: borrowing Span<UInt8>, _ digester: inout Digester, to buffer: inout Buffer
    ) {
        buffer.append(beginning)
        if Self.isPlain(material) {
            buffer.append(material)
        } else {
            // No plain material begins so.
            buffer.append("#")
            let digest = digester.digest(of: material, .sha256)
            Base64.appendText(
                of: digest.bytes.span.extracting(0..<digest.count), .url, to: &buffer)
        }
        buffer.append("}")
    }

    private static func isPlain(_ material: borrowing Span<UInt8>) -> Bool {
        guard material.count <= materialBytesMax else { return false }
        for index in material.indices where !plain.contains(material[index]) { return false }
        return true
    }
}
