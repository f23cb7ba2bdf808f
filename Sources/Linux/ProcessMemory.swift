import CLinux
import Glibc

/// Memory of the process as a whole.
package enum ProcessMemory {
    /// Gives back what starting took: reading a configuration touches far more code than serving
    /// does, and leaves gaps in the heap (madvise(2), malloc_trim(3)).
    ///
    /// Nothing ever writes to the code, so what is needed again comes back out of the page cache.
    package static func releaseStart() {
        _ = unsafe madvise(apus_code(), apus_code_size(), MADV_DONTNEED)
        malloc_trim(0)
    }
}
