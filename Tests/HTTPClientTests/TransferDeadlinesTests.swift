import Primitives
import Testing

@testable import HTTPClient

@Suite("Transfer deadlines and response heads")
struct TransferDeadlinesTests {
    private func at(_ seconds: UInt64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }
    private let timeouts = HTTPTimeouts(
        connect: .seconds(3), firstByte: .seconds(10), idle: .seconds(5), total: .seconds(30))

    @Test("each phase has its own deadline, and the total bounds them all")
    func phases() {
        var deadlines = TransferDeadlines(start: at(100), timeouts: timeouts)
        #expect(deadlines.next == (at(103), .connect))
        #expect(deadlines.expired(at: at(102)) == nil)
        #expect(deadlines.expired(at: at(103)) == .connect)
        deadlines.connected(at: at(102))
        #expect(deadlines.next == (at(112), .firstByte))
        deadlines.connected(at: at(105))
        #expect(deadlines.next == (at(112), .firstByte))
        deadlines.progressed(at: at(110))
        #expect(deadlines.next == (at(115), .idle))
        deadlines.progressed(at: at(127))
        #expect(deadlines.next == (at(130), .total))
        #expect(deadlines.expired(at: at(130)) == .total)
    }

    @Test("while held only the total runs; the gap starts anew on release")
    func held() {
        var deadlines = TransferDeadlines(start: at(100), timeouts: timeouts)
        deadlines.connected(at: at(100))
        deadlines.progressed(at: at(101))
        deadlines.held()
        #expect(deadlines.next == (at(130), .total))
        deadlines.released(at: at(120))
        #expect(deadlines.next == (at(125), .idle))
        deadlines.ended()
        #expect(deadlines.next == (at(130), .total))
    }

    @Test("a head is parsed line by line, interim heads are forgotten, trailers ignored")
    func heads() {
        var parser = ResponseHeadParser(maxBytes: 1000)
        func feed(_ line: String) -> ResponseHeadParser.Action {
            Array(line.utf8).withUnsafeBytes { parser.receive(line: $0) }
        }
        #expect(feed("HTTP/1.1 100 Continue\r\n") == .more)
        #expect(feed("X-Old: 1\r\n") == .more)
        #expect(feed("\r\n") == .more)
        #expect(feed("HTTP/2 429 \r\n") == .more)
        #expect(feed("Retry-After:  7 \r\n") == .more)
        #expect(
            feed("\r\n") == .head(HTTPResponseHead(status: 429, fields: [.init(name: "retry-after", value: "7")])))
        #expect(feed("X-Trailer: 1\r\n") == .more)
    }

    @Test(
        "a malformed head is refused",
        arguments: [
            ["HTTP/1.1 2000 X\r\n"], ["HTTP/1.1\r\n"], ["HTTP/1.1 abc\r\n"], ["X: 1\r\n"], ["\r\n"],
            ["HTTP/1.1 200 OK\r\n", "no colon\r\n"],
        ])
    func malformed(_ lines: [String]) {
        var parser = ResponseHeadParser(maxBytes: 1000)
        let actions = lines.map { line in Array(line.utf8).withUnsafeBytes { parser.receive(line: $0) } }
        #expect(actions.last == .malformed)
    }

    @Test(
        "the host of a URL is found without port, user and path",
        arguments: [
            ("https://api.openai.com/v1", "api.openai.com"), ("http://127.0.0.1:8090/x", "127.0.0.1"),
            ("https://u:p@h.example?x", "h.example"), ("http://[::1]:80/", "::1"), ("nonsense", ""),
        ])
    func host(_ url: String, _ host: String) {
        let request = HTTPClientRequest(url: url, headers: [("Authorization", "Bearer top-secret")])
        #expect(request.host == host)
        #expect(!"\(request)".contains("top-secret"))
        #expect(!String(reflecting: request).contains("top-secret"))
    }
}
