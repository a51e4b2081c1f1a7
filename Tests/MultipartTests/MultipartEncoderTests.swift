import Multipart
import Primitives
import TestSupport
import Testing

@Suite("Forms that we send (RFC 7578)")
struct MultipartEncoderTests {
    @Test("A file and a field, byte for byte")
    func bytes() throws {
        var encoder = MultipartEncoder(boundary: try #require(MultipartBoundary("b1")))
        encoder.append(
            MultipartPartHead(name: "files", filename: "slip.jpg", contentType: "image/jpeg"), [0xFF, 0xD8, 0x0D, 0x0A])
        encoder.field("log", "true")
        let expected =
            Array(
                """
                --b1\r
                Content-Disposition: form-data; name="files"; filename="slip.jpg"\r
                Content-Type: image/jpeg\r
                \r

                """.utf8) + [0xFF, 0xD8, 0x0D, 0x0A]
            + Array(
                "\r\n--b1\r\nContent-Disposition: form-data; name=\"log\"\r\n\r\ntrue\r\n--b1--\r\n".utf8)
        #expect(encoder.body() == expected)
        #expect(encoder.contentType == "multipart/form-data; boundary=\"b1\"")
    }

    @Test("A boundary of our own is one, and another each time")
    func boundary() throws {
        let source = SeededSource(seed: 7)
        let (first, second) = (MultipartBoundary(from: source), MultipartBoundary(from: source))
        #expect(first != second)
        #expect(try MultipartBoundary(contentType: first.contentType) == first)
        #expect(first.text.utf8.count == 37)
    }

    @Test("What is written is read, whatever it is", arguments: 0..<40 as Range<UInt64>)
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let boundary = MultipartBoundary(from: SeededSource(seed: seed))
        for _ in 0..<20 {
            var encoder = MultipartEncoder(boundary: boundary)
            let parts = (0..<random.integer(0...5)).map { _ in
                MultipartPart(
                    head: MultipartPartHead(
                        name: random.text("aก\"\r\n\\;= %'", 0...8),
                        filename: random.isOne(in: 2) ? random.text("b.\"\\😀\n", 0...8) : nil,
                        contentType: random.isOne(in: 2) ? "image/png" : nil),
                    content: (0..<random.integer(0...6)).flatMap { _ in
                        random.element(of: [
                            Array("\r\n".utf8), Array("--sala-".utf8), Array("\r\n--sala-0".utf8), random.bytes(3),
                            Array(boundary.text.utf8),
                        ])
                    })
            }
            for part in parts { encoder.append(part.head, part.content) }
            let form = try MultipartForm(encoder.body(), boundary: boundary)
            #expect(form.parts == parts, "seed \(seed)")
        }
    }
}
