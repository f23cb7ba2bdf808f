import CHiredis

/// The hiredis whose reply reader this process uses.
package enum RedisLibrary {
    /// As its headers say: the library has no call that tells.
    package static var version: String {
        "\(HIREDIS_MAJOR).\(HIREDIS_MINOR).\(HIREDIS_PATCH)"
    }
}
