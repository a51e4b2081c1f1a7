import HTTP1
import Testing

@Suite("Response encoder (RFC 9112 §§4, 6, 9)")
struct HTTPResponseEncoderTests {
    private func request(
        _ method: HTTPMethod = .get, _ version: HTTPVersion = .http11, _ headers: HTTPHeaders = [:]
    ) throws -> HTTPRequest {
        HTTPRequest(method: method, target: try HTTPTarget("/"), version: version, headers: headers)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private let hello = HTTPResponse(status: .ok, headers: ["Content-Type": "text/plain"], body: Array("hello".utf8))

    @Test("A whole response has a status line, a date, its fields and a length")
    func whole() throws {
        var encoder = HTTPResponseEncoder(answering: try request(), date: "D")
        #expect(
            text(encoder.whole(hello))
                == "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
        #expect(!encoder.closesConnection)
    }

    @Test("HEAD gets the length without the body")
    func head() throws {
        var encoder = HTTPResponseEncoder(answering: try request(.head), date: "D")
        #expect(
            text(encoder.whole(hello))
                == "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n")
    }

    @Test("204 and 304 have neither length nor body", arguments: [HTTPStatus.noContent, .notModified])
    func bodiless(_ status: HTTPStatus) throws {
        var encoder = HTTPResponseEncoder(answering: try request(), date: "D")
        let response = HTTPResponse(status: status, body: [1, 2])
        #expect(text(encoder.whole(response)) == "HTTP/1.1 \(status)\r\nDate: D\r\n\r\n")
    }

    @Test("205 has length 0")
    func resetContent() throws {
        var encoder = HTTPResponseEncoder(answering: try request(), date: "D")
        let response = HTTPResponse(status: try #require(HTTPStatus(code: 205)), body: [1, 2])
        #expect(text(encoder.whole(response)) == "HTTP/1.1 205 Reset Content\r\nDate: D\r\nContent-Length: 0\r\n\r\n")
    }

    @Test("The connection closes when the client, the caller or the response says so")
    func close() throws {
        let closing = "HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        var byClient = HTTPResponseEncoder(answering: try request(.get, .http11, ["Connection": "close"]), date: "D")
        #expect(text(byClient.whole(HTTPResponse(status: .ok))) == closing)
        #expect(byClient.closesConnection)
        var byCaller = HTTPResponseEncoder(answering: try request(), date: "D", closing: true)
        #expect(text(byCaller.whole(HTTPResponse(status: .ok))) == closing)
        #expect(byCaller.closesConnection)
        var byResponse = HTTPResponseEncoder(answering: try request(), date: "D")
        #expect(text(byResponse.whole(HTTPResponse(status: .ok, headers: ["connection": "close"]))) == closing)
        #expect(byResponse.closesConnection)
        var refusing = HTTPResponseEncoder(refusingAt: "D")
        #expect(
            text(refusing.whole(HTTPResponse(status: .badRequest)))
                == "HTTP/1.1 400 Bad Request\r\nDate: D\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        #expect(refusing.closesConnection)
    }

    @Test("An HTTP/1.0 client that keeps the connection is told that it is kept")
    func keepAlive() throws {
        var encoder = HTTPResponseEncoder(
            answering: try request(.get, .http10, ["Connection": "keep-alive"]), date: "D")
        #expect(
            text(encoder.whole(HTTPResponse(status: .ok)))
                == "HTTP/1.1 200 OK\r\nDate: D\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
        #expect(!encoder.closesConnection)
    }

    @Test("Framing fields of the caller are not copied")
    func ownFraming() throws {
        var encoder = HTTPResponseEncoder(answering: try request(), date: "D")
        let headers: HTTPHeaders = [
            "Content-Length": "99", "transfer-encoding": "chunked", "Date": "E", "Connection": "keep-alive",
            "X": "1",
        ]
        #expect(
            text(encoder.whole(HTTPResponse(status: .ok, headers: headers)))
                == "HTTP/1.1 200 OK\r\nDate: D\r\nX: 1\r\nContent-Length: 0\r\n\r\n")
    }

    @Test("101 keeps its Connection and has no length")
    func upgrade() throws {
        var encoder = HTTPResponseEncoder(answering: try request(), date: "D")
        let response = HTTPResponse(
            status: .switchingProtocols, headers: ["Upgrade": "websocket", "Connection": "Upgrade"])
        #expect(
            text(encoder.whole(response))
                == "HTTP/1.1 101 Switching Protocols\r\nDate: D\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    }

    @Test("Upgrade is named in Connection (RFC 9110 §7.8), whether the connection closes or not")
    func upgradeRequired() throws {
        let response = HTTPResponse(status: .upgradeRequired, headers: ["Upgrade": "websocket"])
        let head = "HTTP/1.1 426 Upgrade Required\r\nDate: D\r\nUpgrade: websocket\r\n"
        var kept = HTTPResponseEncoder(answering: try request(), date: "D")
        #expect(text(kept.whole(response)) == head + "Connection: Upgrade\r\nContent-Length: 0\r\n\r\n")
        #expect(!kept.closesConnection)
        var closing = HTTPResponseEncoder(answering: try request(), date: "D", closing: true)
        #expect(text(closing.whole(response)) == head + "Connection: Upgrade, close\r\nContent-Length: 0\r\n\r\n")
    }

    @Test("A stream goes out in chunks, and an empty part does not end it")
    func stream() throws {
        var encoder = HTTPResponseEncoder(answering: try request(), date: "D")
        #expect(
            text(encoder.head(.ok, ["Content-Type": "text/event-stream"]))
                == "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        #expect(text(encoder.chunk(Array("0123456789abcdef".utf8))) == "10\r\n0123456789abcdef\r\n")
        #expect(encoder.chunk([]).isEmpty)
        #expect(text(encoder.end()) == "0\r\n\r\n")
        #expect(!encoder.closesConnection)
    }

    @Test("A stream to an HTTP/1.0 client is bare and ends with the connection")
    func streamToOldClient() throws {
        let old = try request(.get, .http10, ["Connection": "keep-alive"])
        var encoder = HTTPResponseEncoder(answering: old, date: "D")
        #expect(text(encoder.head(.ok, [:])) == "HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\n\r\n")
        #expect(encoder.closesConnection)
        #expect(text(encoder.chunk(Array("abc".utf8))) == "abc")
        #expect(encoder.end().isEmpty)
    }

    @Test("A stream in answer to HEAD has only its head")
    func streamToHead() throws {
        var encoder = HTTPResponseEncoder(answering: try request(.head), date: "D")
        #expect(text(encoder.head(.ok, [:])) == "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n")
        #expect(encoder.chunk([1]).isEmpty)
        #expect(encoder.end().isEmpty)
    }

    @Test("A value from outside cannot split the response")
    func splitting() throws {
        var encoder = HTTPResponseEncoder(answering: try request(), date: "D\r\nX: y")
        let evil = "/\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
        let bytes = encoder.whole(HTTPResponse(status: .found, headers: ["Location": evil]))
        let outcome = ResponseOutcome([bytes[...]])
        #expect(outcome.responses.count == 1)
        #expect(outcome.violation == nil)
        #expect(outcome.responses.first?.headers.count == 3)
    }

    @Test("Status codes outside 100 to 599 do not exist", arguments: [-1, 0, 99, 600, 1000])
    func status(_ code: Int) {
        #expect(HTTPStatus(code: code) == nil)
    }
}
