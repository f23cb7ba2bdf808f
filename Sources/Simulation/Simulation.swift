// A kernel in memory behind Gateway's `Transport`, for tests that play clients, apps and faults.
//
//     test ──► SimulatedKernel ◄──calls── SimulatedTransport ◄──Worker
//        plays both ends, moves the clock, says which call fails (SimulatedFaults)
//
// A run depends on its seed alone (`SeededRandom`): the same seed plays the same order of bytes,
// reports and failures, and a seed that failed is replayed by its number. The kernel reports as an
// edge-triggered epoll does, and notes calls that no correct caller makes.
//
// It never ships: the program does not import it.
//
// Begin with `SimulatedKernel`.
