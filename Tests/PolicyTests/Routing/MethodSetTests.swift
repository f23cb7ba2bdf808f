import Bytes
import HTTP
import Testing

@testable import Policy

@Suite struct MethodSetTests {
    private static func allow(_ names: MethodNames, _ set: MethodSet) -> String {
        appended { names.append(set, to: &$0) }
    }

    @Test(arguments: Method.allCases.filter { $0 != .other })
    func `each standard method has the bit of its name`(_ method: Method) {
        let name = Array(method.name.description.utf8)
        let set = MethodNames().set(name.span, ByteRange(0, name.count))
        #expect(set == MethodSet(method))
        #expect(Self.allow(MethodNames(), set) == method.name.description)
    }

    @Test func `GET brings HEAD along, and nothing else brings anything`() {
        var names = MethodNames()
        #expect(Self.allow(names, names.learn(["POST", "GET"])) == "GET, HEAD, POST")
        #expect(Self.allow(names, names.learn(["HEAD"])) == "HEAD")
        #expect(names.learn([]).isEmpty)
    }

    @Test func `extension methods are learnt once and told apart by case`() {
        var names = MethodNames()
        let purge = names.learn(["PURGE"])
        #expect(names.learn(["PURGE"]) == purge)
        #expect(names.learn(["purge"]) != purge)
        let text = Array("PURGE".utf8)
        #expect(names.set(text.span, ByteRange(0, 5)) == purge)
        #expect(names.set(text.span, ByteRange(0, 4)) == .unlisted)
    }

    @Test func `all but tunnels and echoes are standard`() {
        let all = Method.allCases.filter { $0 != .other }.reduce(into: MethodSet()) {
            $0.insert(MethodSet($1))
        }
        #expect(MethodSet.standard == all.subtracting(.refused))
        #expect(MethodSet(.other) == .unlisted)
        #expect(MethodSet.any.isSuperset(of: [.unlisted, .standard, .refused]))
    }

    @Test func `what has no bit is not listed`() {
        #expect(Self.allow(MethodNames(), .unlisted).isEmpty)
        #expect(Self.allow(MethodNames(), []).isEmpty)
    }
}
