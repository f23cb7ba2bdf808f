// What a loop is made of: sleeping until something is ready, timers, messages from other threads.
//
//     Loop ──turn──► reports, each with a Token (kind, slot, generation), and the time
//     TimerWheel ──► what is due by then       Mailbox ◄── other threads, drained once a turn
//
// There are two kinds of loops. Workers build theirs from these parts, without a suspension on the
// way of a request. `ControlLoop` is the other: an executor for tasks, so that what is not hot
// (signals, the admin listener, names) is plain `async` code on the same kind of loop.
//
// What it must never do:
// - know HTTP, or what a token's slot holds;
// - read the clock more than once a turn, or fire a timer early;
// - run a task's code on any thread but the loop's own.
//
// Begin with `Loop` and `Token`, then `TimerWheel`.
