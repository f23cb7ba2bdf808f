/// A fixed number of plain values that are all zeros until they are written.
///
/// What was never touched costs no resident memory: a table for a million may be laid out and pay
/// for the thousand that came.
///
/// - Safety: the block is owned and freed by the deinitialiser, and every access checks its index.
///   All bits zero must be a value of `Element`: one of integers is, one with cases or references
///   may not be.
@safe @usableFromInline package struct ZeroedSlots<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline let elements: UnsafeMutablePointer<Element>
    @usableFromInline package let count: Int

    /// Lays the slots out; traps if the system has no memory left.
    ///
    /// - Parameter count: 1 to 2³².
    package init(count: Int) {
        precondition(count > 0 && count <= 1 << 32, "there are 1 to 2^32 slots")
        // calloc(3) aligns for any type but those of vectors, which have no place here.
        precondition(MemoryLayout<Element>.alignment <= 16, "an ordinary alignment")
        let bytes = unsafe ZeroedMemory.allocate(byteCount: count * MemoryLayout<Element>.stride)
        unsafe elements = bytes.bindMemory(to: Element.self, capacity: count)
        self.count = count
    }

    deinit { unsafe elements.deallocate() }

    /// The value at an index below ``count``.
    @inlinable package subscript(_ index: Int) -> Element {
        @inline(__always) get {
            precondition(index >= 0 && index < count, "an index of a slot")
            return unsafe elements[index]
        }
        @inline(__always) _modify {
            precondition(index >= 0 && index < count, "an index of a slot")
            yield unsafe &elements[index]
        }
    }
}
