import Bytes
import Testing

@testable import HTTP

@Suite struct HTTPDateTests {
    private func text(_ seconds: Int64) -> String {
        var buffer = Buffer(capacity: 64)
        HTTPDate.append(secondsSinceEpoch: seconds, to: &buffer)
        return String(decoding: WireRewriting.copy(buffer), as: UTF8.self)
    }

    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_164_799, "Wed, 28 Feb 2024 23:59:59 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] as [(Int64, String)])
    func `a known instant is written as RFC 9110 5_6_7 has it`(seconds: Int64, expected: String) {
        #expect(text(seconds) == expected)
    }

    @Test func `what lies outside is brought to the nearest end`() {
        #expect(text(-1) == text(0))
        #expect(text(.min) == text(0))
        #expect(text(.max) == text(253_402_300_799))
    }

    @Test func `every day from 1970 to 2400 follows the one before it`() {
        let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        var day = 0
        for year in 1970..<2400 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for (month, length) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
                .enumerated()
            {
                for date in 1...length {
                    if date == 1 || date == length {
                        let padded = date < 10 ? "0\(date)" : "\(date)"
                        let expected =
                            "\(names[day % 7]), \(padded) \(months[month]) \(year) 12:34:56 GMT"
                        #expect(text(Int64(day) * 86_400 + 45_296) == expected)
                    }
                    day += 1
                }
            }
        }
    }
}
