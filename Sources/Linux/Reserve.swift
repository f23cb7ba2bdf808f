import Glibc

/// A descriptor held for the moment when there are none left.
///
/// With all descriptors in use a waiting connection can be neither accepted nor refused, and the
/// listener stays ready for ever. Releasing this one makes room to accept it and close it.
package struct Reserve: ~Copyable {
    private var descriptor: Descriptor?

    /// - Throws: `.tooManyOpenFiles` and its kin, if none is left even now.
    package init() throws(Errno) {
        descriptor = Self.open()
        if descriptor == nil { throw Errno.last() }
    }

    /// Closes the held descriptor, so that one call has one; ``retake()`` follows.
    package mutating func release() { descriptor = nil }

    /// Takes a descriptor again; without success the next ``release()`` frees nothing.
    package mutating func retake() { descriptor = Self.open() }

    private static func open() -> Descriptor? {
        let number = unsafe Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
        return number >= 0 ? Descriptor(owning: number) : nil
    }
}
