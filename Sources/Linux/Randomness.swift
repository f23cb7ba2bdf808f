import CLinux
import Glibc

/// Random bits of the kernel (getrandom(2)).
package enum Randomness {
    /// 64 bits, fit for seeds.
    package static func word() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
