import CLinux
import Glibc

/// What a descriptor can do now (epoll_ctl(2)).
@usableFromInline package struct Readiness: OptionSet, Sendable {
    @usableFromInline package let rawValue: UInt32

    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

    // Numbers as in <sys/epoll.h>, which inlined code cannot name; a test compares them.

    /// Bytes, a connection or an end can be read.
    @inlinable package static var readable: Readiness { Readiness(rawValue: 0x1) }
    /// There is room to write; for a connect in progress: it has ended, well or not.
    @inlinable package static var writable: Readiness { Readiness(rawValue: 0x4) }
    /// The peer will send no more.
    @inlinable package static var ended: Readiness { Readiness(rawValue: 0x2000) }
    /// Both directions are dead, or an error waits.
    @inlinable package static var broken: Readiness { Readiness(rawValue: 0x18) }
}

/// One descriptor's readiness, under the word it was registered with.
@usableFromInline package struct Report: Sendable {
    /// What the descriptor was watched as; for a loop a `Token`.
    @usableFromInline package let word: UInt64
    /// What has come to be so since the last report, or still is, by the ``Interest``.
    @usableFromInline package let readiness: Readiness

    @inlinable package init(word: UInt64, readiness: Readiness) {
        self.word = word
        self.readiness = readiness
    }
}

/// What one wait found ready, in kernel order.
///
/// - Safety: the kernel writes through `events` during `epoll_wait` alone, at most `capacity` of
///   them; only those below `count` are read.
@safe package struct Reports: ~Copyable {
    fileprivate let events: UnsafeMutablePointer<epoll_event>
    fileprivate let capacity: Int
    /// How many reports the last wait filled in.
    package fileprivate(set) var count = 0

    /// - Parameter capacity: Reports a wait returns at most: the bound of one turn's work.
    package init(capacity: Int) {
        self.capacity = capacity
        unsafe events = .allocate(capacity: capacity)
    }

    deinit { unsafe events.deallocate() }

    /// The report at a place from 0 to ``count`` - 1; copied, as the next wait writes over it.
    package subscript(_ index: Int) -> Report {
        precondition(index >= 0 && index < count, "a report of this wait")
        let event = unsafe events[index]
        return unsafe Report(
            word: event.data.u64, readiness: Readiness(rawValue: event.events))
    }
}

/// How a descriptor is watched.
package enum Interest: Sendable {
    /// Both directions, each change reported once: registered once, never changed.
    case stream
    /// Readable as long as something is there.
    case source
    /// Readable, reported once.
    case sourceOnce
    /// Writable, reported once.
    case sinkOnce
    /// A listener that several loops watch: a connection wakes one of them.
    case sharedListener

    var mask: UInt32 {
        switch self {
        case .stream:
            EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        case .source: EPOLLIN.rawValue
        case .sourceOnce: EPOLLIN.rawValue | EPOLLONESHOT.rawValue
        case .sinkOnce: EPOLLOUT.rawValue | EPOLLONESHOT.rawValue
        case .sharedListener: EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue
        }
    }
}

/// An epoll instance.
///
/// Any thread may watch and forget; one waits.
package struct Poller: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// Makes the instance (epoll_create1(2)).
    ///
    /// - Throws: `.tooManyOpenFiles` and its kin, or `.outOfMemory`.
    package init() throws(Errno) {
        let number = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard number >= 0 else { throw Errno.last() }
        descriptor = Descriptor(owning: number)
    }

    /// Watches a descriptor until it is closed.
    ///
    /// - Throws: `.outOfMemory` or `ENOSPC`, if the kernel has no room for one more.
    package func watch(
        _ number: Int32, for interest: Interest, as word: UInt64
    ) throws(Errno) {
        var event = unsafe epoll_event(events: interest.mask, data: epoll_data_t(u64: word))
        guard unsafe epoll_ctl(descriptor.number, EPOLL_CTL_ADD, number, &event) == 0 else {
            throw Errno.last()
        }
    }

    /// Stops watching a descriptor that stays open.
    ///
    /// One that is closed needs no such call.
    package func forget(_ number: Int32) {
        _ = epoll_ctl(descriptor.number, EPOLL_CTL_DEL, number, nil)
    }

    /// Sleeps until something is ready or time is up.
    ///
    /// - Parameters:
    ///   - milliseconds: 0 returns at once; `nil` sleeps without end.
    ///   - reports: What was there is forgotten. A signal leaves it empty.
    /// - SeeAlso: epoll_wait(2).
    package func wait(milliseconds: Int32?, into reports: inout Reports) {
        let count = unsafe apus_epoll_wait(
            descriptor.number, reports.events, Int32(reports.capacity), milliseconds ?? -1)
        reports.count = max(0, Int(count))
        if count < 0 && errno != EINTR { _ = Errno.last() }
    }
}
