import CLinux
import Glibc

/// A thread of the kernel that runs one closure.
package struct Thread: ~Copyable, Sendable {
    private let handle: pthread_t

    /// - Parameters:
    ///   - name: At most 15 bytes; what `top -H` shows.
    ///   - body: Runs on the new thread, once.
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(Errno) {
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var handle = pthread_t()
        let code = unsafe pthread_create(
            &handle, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                unsafe pthread_setname_np(pthread_self(), start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            unsafe start.release()
            throw Errno(code)
        }
        self.handle = handle
    }

    deinit {
        // A thread that nobody waits for would else leave its stack behind when it ends.
        _ = pthread_detach(handle)
    }

    /// Waits until the closure has returned.
    package consuming func join() {
        _ = pthread_join(handle, nil)
        discard self
    }

    /// Blocks the calling thread for a while; never a loop's (poll(2)).
    package static func pause(milliseconds: Int32) {
        _ = poll(nil, 0, milliseconds)
    }

    /// CPUs that this process may run on (sched_getaffinity(2)).
    package static var usableCPUCount: Int {
        var set = InlineArray<16, UInt64>(repeating: 0)
        let size = MemoryLayout<InlineArray<16, UInt64>>.size
        guard unsafe sched_getaffinity(0, size, &set) == 0 else { return 1 }
        var count = 0
        for index in set.indices { count += set[index].nonzeroBitCount }
        return max(1, count)
    }
}

private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
