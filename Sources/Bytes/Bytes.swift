// Memory whose size is settled in advance, and words to speak of bytes in it.
//
// Imports no module of ours, and knows nothing of what the bytes mean. Whatever holds bytes of a
// connection or finds a connection again is made of these parts:
//
//     BufferPool ──take──► Buffer ──read as──► Span<UInt8> ──told of by──► ByteRange
//         ▲                  │
//         └──────give────────┘           Slab<Element> ──named by──► SlabIndex (slot, generation)
//
// Tables that may stay mostly empty are `ZeroedSlots`.
//
// What it must never do:
// - grow: a buffer that is full says so, a slab that is full refuses, and the caller decides;
// - let a pointer out: all unsafe expressions are within the types that own the memory, each below
//   a check of its bounds.
//
// Hot helpers are `@inlinable`: a call across modules for each byte would cost more than the byte.
//
// Begin with `Buffer`, then `Slab`.
