import Bytes
import Testing

@testable import HTTP

@Suite struct TokenListTests {
    private func isSubset(_ part: String, of whole: String) -> Bool {
        let (one, other) = (Array("-\(part)-".utf8), Array("--\(whole)--".utf8))
        return TokenList.isSubset(
            one.span, ByteRange(1, one.count - 1), of: other.span, ByteRange(2, other.count - 2))
    }

    @Test(arguments: [
        ("a", "a"), ("a", "b, a"), ("A,b", "B , a"), (" a ,, a", "a"), ("foo/2", "bar, FOO/2"),
    ])
    func `a list whose every element stands in the other is part of it`(part: String, whole: String)
    {
        #expect(isSubset(part, of: whole))
    }

    @Test(arguments: [
        ("a", ""), ("a, c", "a, b"), ("", "a"), (", ,", "a"), ("aa", "a"), ("a", "aa"),
        ("a b", "a, b"),
    ])
    func `a list with another element, or none, is not`(part: String, whole: String) {
        #expect(!isSubset(part, of: whole))
    }
}
