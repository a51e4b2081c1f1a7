import HTTP1
import Testing

@Suite("Request encoder (RFC 9112 §§3, 6)")
struct HTTPRequestEncoderTests {
    private func request(_ method: HTTPMethod, _ body: String = "") throws -> HTTPRequest {
        HTTPRequest(
            method: method, target: try HTTPTarget("/a?b=c"), headers: ["Host": "h", "Content-Length": "9"],
            body: Array(body.utf8))
    }

    @Test("A method that suggests content says when there is none", arguments: [HTTPMethod.post, .put, .patch])
    func emptyBody(_ method: HTTPMethod) throws {
        #expect(
            HTTPRequestEncoder.whole(try request(method))
                == Array("\(method) /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n".utf8))
    }

    @Test("GET without a body has no length, with one it has")
    func get() throws {
        #expect(HTTPRequestEncoder.whole(try request(.get)) == Array("GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
        #expect(
            HTTPRequestEncoder.whole(try request(.get, "x"))
                == Array("GET /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx".utf8))
    }

    @Test("A body goes out in chunks of the size asked for")
    func chunked() throws {
        let head = "POST /a?b=c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(
            HTTPRequestEncoder.chunked(try request(.post, "hello"), chunkBytes: 3)
                == Array((head + "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n").utf8))
    }

    @Test(
        "A target that could break the request line does not exist", arguments: ["/ a", "/\r\n", "/\0", "", "a", "*"])
    func target(_ text: String) {
        #expect(throws: HTTPViolation.self) { try HTTPTarget(text) }
    }
}
