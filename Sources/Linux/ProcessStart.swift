import CLinux
import Glibc

/// What the process was started with.
package enum ProcessStart {
    /// The environment (environ(7)); of a name that is there twice the first value counts, as for
    /// getenv(3).
    package static var environment: [String: String] {
        var values: [String: String] = [:]
        guard var entry = unsafe apus_environment() else { return values }
        while let text = unsafe entry.pointee {
            let parts = unsafe String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 {
                let name = String(parts[0])
                if values[name] == nil { values[name] = String(parts[1]) }
            }
            unsafe entry += 1
        }
        return values
    }

    /// Allows this process all descriptors that the system grants it (setrlimit(2)): the soft limit
    /// is low for the sake of select(2), which is not used here.
    package static func raiseDescriptorLimit() {
        var limit = rlimit()
        let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard unsafe getrlimit(descriptors, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(descriptors, &limit)
    }
}

/// Standard error, for whoever started the process.
package enum StandardError {
    /// Writes a line; whether it arrives is nobody's business (write(2)).
    package static func write(line: String) {
        var rest = Array("\(line)\n".utf8)[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.write(2, bytes.baseAddress, bytes.count)
            }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
