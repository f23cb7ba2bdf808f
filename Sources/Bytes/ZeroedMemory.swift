import Glibc

/// Memory of zeros that costs nothing resident until it is touched (calloc(3)).
package enum ZeroedMemory {
    /// - Returns: Memory that `deallocate()` frees. Traps if the system has none left.
    package static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        guard let memory = unsafe calloc(1, max(1, byteCount)) else {
            preconditionFailure("out of memory at start")
        }
        return unsafe memory
    }
}
