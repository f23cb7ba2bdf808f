import Dice
import Testing

@testable import HTTP

@Suite struct FieldNameSetTests {
    @Test func `sets behave as sets do`() {
        var dice = Dice(seed: 2)
        for _ in 0..<200 {
            let first = Set((0..<5).map { _ in FieldName.allCases.randomElement(using: &dice) })
            let second = Set((0..<5).map { _ in FieldName.allCases.randomElement(using: &dice) })
            let (one, two) = (made(of: first), made(of: second))
            for name in FieldName.allCases {
                #expect(one.contains(name) == first.contains(name))
                #expect(one.union(two).contains(name) == first.union(second).contains(name))
                #expect(
                    one.subtracting(two).contains(name) == first.subtracting(second).contains(name))
                #expect(
                    one.intersection(two).contains(name)
                        == first.intersection(second).contains(name))
            }
            #expect(one.intersects(two) == !first.isDisjoint(with: second))
        }
    }

    private func made(of names: Set<FieldName?>) -> FieldNameSet {
        var set: FieldNameSet = []
        for name in names { if let name { set.insert(name) } }
        return set
    }

    @Test func `what is taken out is out`() {
        var set: FieldNameSet = [.host, .date]
        set.remove(.host)
        #expect(set == [.date])
        set.remove(.date)
        #expect(set.isEmpty)
    }

    @Test func `what concerns one connection is exactly what RFC 9110 7_6_1 lists`() {
        let hopByHop: [FieldName] = [
            .connection, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding, .upgrade,
            .proxyAuthenticate, .proxyAuthorization,
        ]
        for name in FieldName.allCases {
            #expect(FieldNameSet.hopByHop.contains(name) == hopByHop.contains(name))
        }
    }
}
