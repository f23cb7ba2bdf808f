import Glibc

/// Starts a detached thread that gets no signals: they are for the process's other threads.
func startThread(_ body: @escaping @Sendable () -> Void) throws(LogProblem) {
    let argument = unsafe Unmanaged.passRetained(ThreadBody(run: body))
    var all = sigset_t()
    var old = sigset_t()
    var thread = pthread_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &old)
    let result = unsafe pthread_create(
        &thread, nil,
        { argument in
            guard let argument = unsafe argument else { return nil }
            unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
            return nil
        }, argument.toOpaque())
    unsafe pthread_sigmask(SIG_SETMASK, &old, nil)
    guard result == 0 else {
        unsafe argument.release()
        throw LogProblem(.thread, errno: result)
    }
    _ = pthread_detach(thread)
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Of the monotonic clock, for lengths of time.
func monotonicNanoseconds() -> Int64 { nanoseconds(of: CLOCK_MONOTONIC) }

extension LogClock {
    /// A clock that stands at the present; for those off the loops, which read their own once a
    /// turn.
    package static func now() -> LogClock {
        LogClock(nowMillisecondsSinceEpoch: nanoseconds(of: CLOCK_REALTIME) / 1_000_000)
    }
}

/// Neither clock fails, and both fit for 292 years after their zero.
private func nanoseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}
