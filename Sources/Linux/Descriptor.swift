import Glibc

/// A file descriptor with one owner; closed when that owner is gone.
package struct Descriptor: ~Copyable, Sendable {
    /// For calls to the kernel, by which nothing may close it.
    package let number: Int32

    /// - Parameter number: Open, and owned by nobody else.
    package init(owning number: Int32) {
        precondition(number >= 0, "a descriptor is not negative")
        self.number = number
    }

    deinit { _ = Glibc.close(number) }

    /// Gives the descriptor to an owner outside this type.
    package consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }
}
