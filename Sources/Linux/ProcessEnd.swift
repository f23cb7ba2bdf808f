import Glibc

/// The end of the process, from any thread.
package enum ProcessEnd {
    /// Ends without waiting for anybody (_exit(2)).
    package static func now(code: Int32) -> Never { _exit(code) }
}
