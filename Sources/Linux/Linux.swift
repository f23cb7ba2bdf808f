// The kernel, as the rest of the house sees it: owned descriptors, sockets, epoll, clocks, signals,
// threads, randomness.
//
// The only module that says "fd". Each call is one system call with its man page beside it, its
// errors an `Errno` by typed throws, its restarts after EINTR done. Nothing here decides: which
// error is fatal, who may be accepted, how long to wait are the callers' questions.
//
//     Poller ──► Report(word, Readiness)      ListeningSocket ──accept──► Socket
//       ▲                                                                   │
//     Wakeup (eventfd), SignalQueue (signalfd)                read, write: IOResult, never a wait
//
// What it must never do:
// - block, except for `Poller` when it is asked to wait and for `NameResolver`, which says so;
// - own a descriptor twice, or leave one open that its owner forgot;
// - go on after EBADF or EFAULT: those are faults of ours, and trap.
//
// Begin with `Socket`, then `Poller`.
