import Bytes
import Crypto
import Dice
import Testing

@testable import Policy

/// Debts keep what their key was here; nothing else asks for it.
private let someKey = BucketKey(low: 7, high: 4)

private struct NamedDebt: Equatable {
    let text: String
    let debt: Debt
}

/// A table whose answers tests compare.
private final class Debts {
    private var table: DebtTable

    init(capacity: Int) {
        table = DebtTable(capacity: capacity, key: SipHash.Key(1, 2))
    }

    var count: Int { table.count }
    var droppedCount: UInt64 { table.droppedCount }
    var brokenInvariant: String? { table.brokenInvariant() }

    func add(_ text: String, _ cost: UInt64, limit: Int = 0, burst: UInt64 = 100) -> Bool {
        let bytes = Array(text.utf8)
        return table.add(
            Debt(limit: limit, key: someKey, cost: cost), text: bytes.span, burst: burst)
    }

    func next() -> NamedDebt? {
        var text = Buffer(capacity: 200)
        guard let debt = table.takeNext(&text) else { return nil }
        return NamedDebt(text: String(decoding: text.copy(), as: UTF8.self), debt: debt)
    }

    func removeAll() { table.removeAll() }
}

@Suite struct DebtTableTests {
    @Test func `a key's debts are one, and no more than its burst`() {
        let debts = Debts(capacity: 8)
        #expect(debts.next() == nil)
        #expect(debts.add("apus:a:{x}", 3, limit: 2))
        #expect(debts.add("apus:a:{x}", 4, limit: 2))
        #expect(debts.count == 1)
        #expect(
            debts.next()
                == NamedDebt(text: "apus:a:{x}", debt: Debt(limit: 2, key: someKey, cost: 7)))
        #expect(debts.count == 0)
        for cost in [60, 60, UInt64.max] { #expect(debts.add("k", cost)) }
        #expect(debts.next()?.debt.cost == 100)
        #expect(debts.next() == nil)
    }

    @Test func `debts of two limits stay apart though their texts are the same`() {
        let debts = Debts(capacity: 8)
        #expect(debts.add("{=x}", 3, limit: 1))
        #expect(debts.add("{=x}", 4, limit: 2))
        #expect(debts.add("{=x}", 1, limit: 1))
        #expect(debts.count == 2)
        #expect(debts.brokenInvariant == nil)
        #expect(debts.next()?.debt == Debt(limit: 2, key: someKey, cost: 4))
        #expect(debts.next()?.debt == Debt(limit: 1, key: someKey, cost: 4))
        #expect(debts.brokenInvariant == nil)
    }

    @Test func `what finds no room is counted`() {
        let debts = Debts(capacity: 2)
        #expect(debts.add("a", 1))
        #expect(debts.add("b", 1))
        #expect(!debts.add("c", 1))
        #expect(debts.add("b", 1))
        #expect(!debts.add(String(repeating: "x", count: 161), 1))
        #expect(!debts.add("", 1))
        #expect(debts.droppedCount == 3)
        #expect(debts.count == 2)
        debts.removeAll()
        #expect(debts.count == 0)
        #expect(debts.brokenInvariant == nil)
        #expect(debts.add("c", 1))
        #expect(debts.droppedCount == 3)
    }

    @Test(arguments: [1, 7, 8, 9, 63, 64, 159, 160])
    func `keys of any length come back as they were`(length: Int) {
        let debts = Debts(capacity: 4)
        let text = String((0..<length).map { Character(UnicodeScalar(UInt8(33 + $0 % 90))) })
        #expect(debts.add(text, 1))
        #expect(debts.add(text + "", 1))
        #expect(debts.next() == NamedDebt(text: text, debt: Debt(limit: 0, key: someKey, cost: 2)))
    }

    @Test(arguments: 0..<12)
    func `all debts come out that went in, as in a dictionary`(seed: Int) {
        var dice = Dice(seed: UInt64(seed))
        let capacity = [1, 2, 30, 500][seed % 4]
        let debts = Debts(capacity: capacity)
        var model: [String: Debt] = [:]
        var droppedCount: UInt64 = 0
        for count in 0..<4000 {
            if dice.below(3) > 0 {
                let text = "key \(dice.below(UInt64(capacity) * 3 / 2 + 1))"
                let limit = text.utf8.count
                let cost = 1 + dice.below(40)
                let isKnown = model[text] != nil
                if isKnown || model.count < capacity {
                    let sum = min(100, (model[text]?.cost ?? 0) + cost)
                    model[text] = Debt(limit: limit, key: someKey, cost: sum)
                    #expect(debts.add(text, cost, limit: limit))
                } else {
                    droppedCount += 1
                    #expect(!debts.add(text, cost, limit: limit))
                }
            } else if let next = debts.next() {
                #expect(model.removeValue(forKey: next.text) == next.debt)
            } else {
                #expect(model.isEmpty)
            }
            if count % 100 == 0 { #expect(debts.brokenInvariant == nil) }
        }
        #expect(debts.droppedCount == droppedCount)
        while let next = debts.next() {
            #expect(model.removeValue(forKey: next.text) == next.debt)
        }
        #expect(model.isEmpty)
        #expect(debts.brokenInvariant == nil)
    }
}
