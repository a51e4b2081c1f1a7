import HTTP1
import Testing

@Suite("Response decoder (RFC 9112)")
struct HTTPResponseDecoderTests {
    @Test("A stream is read by parts as they come")
    func parts() throws {
        var decoder = HTTPResponseDecoder()
        func next() throws -> HTTPResponseDecoder.Part? { try decoder.nextPart(to: .get) }
        decoder.append("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r")
        #expect(try next() == nil)
        decoder.append("\n5\r\nhe")
        #expect(try next() == .head(.ok, ["transfer-encoding": "chunked"]))
        #expect(try next() == .content(Array("he".utf8)))
        #expect(try next() == nil)
        decoder.append("llo\r\n")
        #expect(try next() == .content(Array("llo".utf8)))
        #expect(try next() == nil)
        decoder.append("1\r\n!\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
        #expect(try next() == .content(Array("!".utf8)))
        #expect(try next() == .end)
        #expect(decoder.keepsAlive)
        #expect(try next() == .head(.noContent, [:]))
        #expect(try next() == .end)
        #expect(try next() == nil)
        #expect(decoder.bufferedBytes == 0)
    }

    @Test("Each response is read as the answer to its own method")
    func methods() throws {
        let response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
        var decoder = HTTPResponseDecoder()
        decoder.append(response + response + "hi")
        #expect(try decoder.next(to: .head)?.body == [])
        #expect(try decoder.next(to: .get)?.body == Array("hi".utf8))
    }

    @Test("The bytes behind 101 are handed over unread")
    func remainder() throws {
        var decoder = HTTPResponseDecoder()
        decoder.append(Array("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n".utf8) + [0x81, 0])
        #expect(try decoder.next(to: .get)?.status == .switchingProtocols)
        #expect(decoder.takeRemainder() == [0x81, 0])
    }

    @Test("A violation is final")
    func poison() {
        var decoder = HTTPResponseDecoder()
        decoder.append("HTTP/2 200\r\n\r\n")
        #expect(throws: HTTPViolation.malformedVersion) { try decoder.next(to: .get) }
        decoder.append("HTTP/1.1 204 No Content\r\n\r\n")
        #expect(decoder.bufferedBytes == 0)
        #expect(throws: HTTPViolation.malformedVersion) { try decoder.next(to: .get) }
    }

    @Test("Work is linear in the bytes, however they are cut", arguments: [1, 61, 4096])
    func linearWork(_ size: Int) throws {
        let input = Array(
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(repeating: "8\r\nabcdefgh\r\n", count: 5000)
                + "0\r\n\r\n").utf8)
        var decoder = HTTPResponseDecoder()
        var response: HTTPResponse?
        for start in stride(from: 0, to: input.count, by: size) {
            decoder.append(input[start..<min(start + size, input.count)])
            response = try decoder.next(to: .get)
        }
        #expect(response?.body.count == 40_000)
        #expect(decoder.work <= 6 * input.count)
    }
}
