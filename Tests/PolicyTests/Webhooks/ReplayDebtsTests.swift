import Bytes
import Dice
import Testing

@testable import Policy

/// Debts whose answers tests compare.
private final class Notes {
    private var debts: ReplayDebts

    init(capacity: Int) { debts = ReplayDebts(capacity: capacity) }

    var owedCount: Int { debts.owedCount }
    var count: Int { debts.count }
    var droppedCount: UInt64 { debts.droppedCount }
    var brokenInvariant: String? { debts.brokenInvariant() }

    static func note(_ number: Int, from start: UInt64 = 0, until end: UInt64 = .max) -> ReplayNote
    {
        guard let text = ReplayID(Array("i:\(number)".utf8).span) else {
            preconditionFailure("a short text")
        }
        return ReplayNote(
            .commit, webhook: 3, text: text, ticket: ReplayTicket(UInt64(number)), from: start,
            until: end)
    }

    func begin(_ note: ReplayNote) -> UInt32? { debts.begin(note) }
    func owe(_ note: ReplayNote) { debts.owe(note) }
    func end(_ index: UInt32) { debts.end(index) }
    func putBack(_ index: UInt32) { debts.putBack(index) }

    func next(at now: UInt64 = 0) -> (index: UInt32, note: ReplayNote)? {
        debts.next(at: now).map { ($0, debts.note($0)) }
    }
}

@Suite struct ReplayDebtsTests {
    @Test func `notes are told in the order of their coming`() throws {
        let notes = Notes(capacity: 4)
        #expect(notes.next() == nil)
        for number in 1...3 { notes.owe(Notes.note(number)) }
        for number in 1...3 {
            let next = try #require(notes.next())
            #expect(next.note == Notes.note(number))
            notes.end(next.index)
        }
        #expect(notes.next() == nil && notes.count == 0 && notes.droppedCount == 0)
    }

    @Test func `the oldest gives way, but none that is on its way`() throws {
        let notes = Notes(capacity: 3)
        let first = try #require(notes.begin(Notes.note(1)))
        for number in 2...5 { notes.owe(Notes.note(number)) }
        #expect(notes.droppedCount == 2)
        #expect(notes.next()?.note == Notes.note(4))
        #expect(notes.next()?.note == Notes.note(5))
        #expect(notes.begin(Notes.note(6)) == nil)
        #expect(notes.droppedCount == 3)
        notes.putBack(first)
        #expect(notes.next()?.note == Notes.note(1))
        #expect(notes.brokenInvariant == nil)
    }

    @Test func `what did not arrive is told behind the others`() throws {
        let notes = Notes(capacity: 3)
        for number in 1...3 { notes.owe(Notes.note(number)) }
        let first = try #require(notes.next())
        notes.putBack(first.index)
        #expect((0..<3).map { _ in notes.next()?.note } == [2, 3, 1].map { Notes.note($0) })
    }

    @Test func `notes that say nothing any more are not told`() {
        let notes = Notes(capacity: 4)
        notes.owe(Notes.note(1, until: 10))
        notes.owe(Notes.note(2, until: 11))
        #expect(notes.next(at: 10)?.note == Notes.note(2, until: 11))
        #expect(notes.count == 1 && notes.droppedCount == 0)
    }

    @Test func `notes wait for their time, and keep nobody behind them waiting`() {
        let notes = Notes(capacity: 4)
        notes.owe(Notes.note(1, from: 10))
        notes.owe(Notes.note(2, from: 11))
        notes.owe(Notes.note(3))
        #expect(notes.next(at: 9)?.note == Notes.note(3))
        #expect(notes.next(at: 9) == nil)
        #expect(notes.owedCount == 2)
        #expect(notes.next(at: 10)?.note == Notes.note(1, from: 10))
        #expect(notes.next(at: 10) == nil)
        #expect(notes.next(at: 11)?.note == Notes.note(2, from: 11))
        #expect(notes.brokenInvariant == nil)
    }

    @Test(arguments: 0..<8)
    func `every note is told, void, dropped or still there`(seed: Int) {
        var dice = Dice(seed: UInt64(seed))
        let notes = Notes(capacity: [1, 2, 7, 100][seed % 4])
        var onTheirWay: [UInt32] = []
        var madeCount = 0
        var endedCount = 0
        for step in 0..<5000 {
            switch dice.below(5) {
            case 0, 1:
                madeCount += 1
                notes.owe(Notes.note(madeCount))
            case 2:
                madeCount += 1
                if let index = notes.begin(Notes.note(madeCount)) { onTheirWay.append(index) }
            case 3: if let next = notes.next() { onTheirWay.append(next.index) }
            default:
                guard !onTheirWay.isEmpty else { continue }
                let place = Int(dice.below(UInt64(onTheirWay.count)))
                let index = onTheirWay.remove(at: place)
                if dice.below(2) == 0 {
                    notes.putBack(index)
                } else {
                    notes.end(index)
                    endedCount += 1
                }
            }
            #expect(madeCount == endedCount + notes.count + Int(notes.droppedCount), "\(step)")
            #expect(notes.count == notes.owedCount + onTheirWay.count)
        }
        #expect(notes.brokenInvariant == nil)
    }
}

@Suite struct ReplayIDTests {
    private func text(_ bytes: [UInt8]) -> ReplayID? { ReplayID(bytes.span) }

    @Test(arguments: [1, 7, 8, 9, 66, 79, 80])
    func `a text of any length comes back as it was`(_ length: Int) throws {
        let bytes = (0..<length).map { UInt8(33 + $0 % 90) }
        let known = try #require(text(bytes))
        var buffer = Buffer(capacity: 100)
        known.append(to: &buffer)
        #expect(buffer.copy() == bytes)
        #expect(known.count == length)
        #expect(known == text(bytes))
        var other = bytes
        other[length - 1] ^= 1
        #expect(known != text(other))
    }

    @Test func `texts are neither empty nor too long`() {
        #expect(text([]) == nil)
        #expect(text(Array(repeating: 97, count: 81)) == nil)
    }
}
