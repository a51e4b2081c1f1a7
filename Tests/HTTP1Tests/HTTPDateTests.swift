import HTTP1
import Primitives
import Testing

@Suite("Dates (RFC 9110 §5.6.7)")
struct HTTPDateTests {
    @Test(
        "A timestamp is written as IMF-fixdate in GMT",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_795_230_000, "Sat, 21 Nov 2026 03:00:00 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (-62_167_219_200, "Sat, 01 Jan 0000 00:00:00 GMT"),
        ])
    func format(_ seconds: Int64, _ text: String) {
        #expect(HTTPDate.format(Timestamp(seconds: seconds)) == text)
        #expect(HTTPDate.format(Timestamp(microseconds: seconds * 1_000_000 + 999_999)) == text)
    }

    @Test("A timestamp beyond four digits of year is held at the end")
    func clamp() {
        #expect(HTTPDate.format(Timestamp(microseconds: .max)) == "Fri, 31 Dec 9999 23:59:59 GMT")
        #expect(HTTPDate.format(Timestamp(microseconds: .min + 1_000_000)) == "Sat, 01 Jan 0000 00:00:00 GMT")
    }
}
