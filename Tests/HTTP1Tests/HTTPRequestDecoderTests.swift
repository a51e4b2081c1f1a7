import HTTP1
import Testing

@Suite("Request decoder (RFC 9112)")
struct HTTPRequestDecoderTests {
    @Test("Phases follow the bytes")
    func phases() throws {
        var decoder = HTTPRequestDecoder()
        func feed(_ text: String) throws -> HTTPRequest? {
            decoder.append(text)
            return try decoder.next()
        }
        #expect(decoder.phase == .idle)
        #expect(try feed("\r\n") == nil)
        #expect(decoder.phase == .idle)
        #expect(try feed("P") == nil)
        #expect(decoder.phase == .head)
        #expect(try feed("OST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r") == nil)
        #expect(decoder.phase == .head)
        #expect(try feed("\n") == nil)
        #expect(decoder.phase == .body(received: 0))
        #expect(try feed("hel") == nil)
        #expect(decoder.phase == .body(received: 3))
        #expect(try feed("lo")?.body == Array("hello".utf8))
        #expect(decoder.phase == .idle)
        #expect(decoder.bufferedBytes == 0)
    }

    @Test("Content in chunks counts without its frames")
    func chunkPhase() throws {
        var decoder = HTTPRequestDecoder()
        decoder.append("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhel")
        #expect(try decoder.next() == nil)
        #expect(decoder.phase == .body(received: 3))
    }

    @Test("A violation is final: thrown again, with nothing kept of what comes after it")
    func poison() throws {
        var decoder = HTTPRequestDecoder()
        decoder.append("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n")
        #expect(throws: HTTPViolation.contentLengthInvalid) { try decoder.next() }
        decoder.append("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(decoder.bufferedBytes == 0)
        #expect(throws: HTTPViolation.contentLengthInvalid) { try decoder.next() }
        #expect(decoder.takeRemainder().isEmpty)
        #expect(!decoder.awaitsContinue)
    }

    @Test("The requests before a violation are returned first")
    func requestsBeforeViolation() throws {
        var decoder = HTTPRequestDecoder()
        decoder.append("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
        #expect(try decoder.next()?.target == "/1")
        #expect(throws: HTTPViolation.hostMissing) { try decoder.next() }
    }

    @Test("A client that expects 100-continue is reported until the caller has answered or the body comes")
    func awaitsContinue() throws {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        var decoder = HTTPRequestDecoder()
        decoder.append(String(head.unicodeScalars.dropLast()))
        #expect(try decoder.next() == nil)
        #expect(!decoder.awaitsContinue)
        decoder.append("\n")
        #expect(try decoder.next() == nil)
        #expect(decoder.awaitsContinue)
        var impatient = decoder
        impatient.append("h")
        #expect(try impatient.next() == nil)
        #expect(!impatient.awaitsContinue)
        decoder.clearAwaitedContinue()
        #expect(try decoder.next() == nil)
        #expect(!decoder.awaitsContinue)
        decoder.append("hi" + head)
        #expect(try decoder.next()?.body == Array("hi".utf8))
        #expect(try decoder.next() == nil)
        #expect(decoder.awaitsContinue, "the second request of the connection waits as well")
    }

    @Test("The bytes behind an upgrade request are handed over unread")
    func remainder() throws {
        let upgrade =
            "GET /v1/socket HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n"
        var decoder = HTTPRequestDecoder()
        decoder.append(Array(upgrade.utf8) + [0x81, 0x80, 0, 0x0A])
        let request = try #require(try decoder.next())
        #expect(request.headers.hasToken("upgrade", in: "Connection"))
        decoder.append([1, 2])
        #expect(decoder.takeRemainder() == [0x81, 0x80, 0, 0x0A, 1, 2])
        #expect(decoder.bufferedBytes == 0)
        #expect(decoder.phase == .idle)
    }

    @Test("A peer that does not speak HTTP is found out at its first byte")
    func earlyViolation() {
        var decoder = HTTPRequestDecoder()
        decoder.append([0x16])
        #expect(throws: HTTPViolation.malformedRequestLine) { try decoder.next() }
    }

    @Test("A declared length reserves no memory, and one beyond the limit is refused before the body")
    func declaredLength() throws {
        var limits = HTTPLimits()
        limits.maxBodyBytes = 1 << 40
        var decoder = HTTPRequestDecoder(limits: limits)
        decoder.append("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1099511627776\r\n\r\nx")
        #expect(try decoder.next() == nil)
        #expect(decoder.bufferedBytes < 100)
        var refusing = HTTPRequestDecoder(limits: limits)
        refusing.append("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1099511627777\r\n\r\n")
        #expect(throws: HTTPViolation.bodyTooLarge) { try refusing.next() }
    }

    @Test("What a peer makes the decoder hold is bounded by the limits", arguments: ["X: 1\r\n", "a", "\r\n", "X: y"])
    func boundedBuffer(_ repeated: String) {
        let limits = HTTPLimits()
        for prefix in ["", "GET /", "GET / HTTP/1.1\r\nHost: a\r\n"] {
            var decoder = HTTPRequestDecoder(limits: limits)
            decoder.append(prefix)
            var most = 0
            var violation: HTTPViolation?
            for _ in 0..<20_000 where violation == nil {
                decoder.append(repeated)
                do throws(HTTPViolation) { _ = try decoder.next() } catch { violation = error }
                most = max(most, decoder.bufferedBytes)
            }
            #expect(most <= limits.maxRequestLineBytes + limits.maxHeaderBlockBytes)
            // "\r\n" behind a head ends it, and then empty lines run out.
            #expect(violation != nil)
        }
    }

    static let longRequests: [(name: String, bytes: [UInt8])] = {
        let head = "POST /" + String(repeating: "a", count: 4000) + " HTTP/1.1\r\nHost: a\r\n"
        let fields = (0..<90).map { "X-\($0): " + String(repeating: "b", count: 120) + "\r\n" }.joined()
        let body = String(repeating: "c", count: 100_000)
        let chunks = String(repeating: "1;x\r\nc\r\n", count: 1000) + "0\r\nX: 1\r\n\r\n"
        return [
            ("length", Array((head + fields + "Content-Length: 100000\r\n\r\n" + body).utf8)),
            ("chunked", Array((head + fields + "Transfer-Encoding: chunked\r\n\r\n" + chunks).utf8)),
            ("pipelined", Array(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 3000).utf8)),
        ]
    }()

    @Test(
        "Work is linear in the bytes, however they are cut", arguments: longRequests.indices, [1, 2, 61, 4096, 1 << 20])
    func linearWork(_ index: Int, _ size: Int) throws {
        let input = Self.longRequests[index].bytes
        var decoder = HTTPRequestDecoder()
        var requests = 0
        for start in stride(from: 0, to: input.count, by: size) {
            decoder.append(input[start..<min(start + size, input.count)])
            while try decoder.next() != nil { requests += 1 }
        }
        #expect(requests > 0)
        #expect(decoder.bufferedBytes == 0)
        // Copied in, examined, parsed, moved once; a cut may have one byte examined again.
        #expect(decoder.work <= 6 * input.count, "\(decoder.work) for \(input.count) bytes")
    }

    @Test("Work is linear for pipelined requests that wait in the buffer until the caller takes them")
    func linearBacklog() throws {
        let input = Self.longRequests[2].bytes
        var decoder = HTTPRequestDecoder()
        decoder.append(input)
        while try decoder.next() != nil { decoder.append([]) }
        #expect(decoder.work <= 6 * input.count)
    }

    @Test("A route may have a bound of its own for bodies, declared or in chunks, and no other route has it")
    func bodyAllowance() throws {
        var limits = HTTPLimits()
        limits.maxBodyBytes = 8
        limits.bodyAllowances = [try #require(BodyAllowance(.post, "/t/{tenant}/upload", maxBytes: 16))]
        func outcome(_ line: String, _ count: Int, isChunked: Bool) -> Int? {
            var decoder = HTTPRequestDecoder(limits: limits)
            let head = "\(line) HTTP/1.1\r\nHost: a\r\n"
            if isChunked {
                let content = String(repeating: "x", count: count)
                decoder.append(
                    head + "Transfer-Encoding: chunked\r\n\r\n\(String(count, radix: 16))\r\n\(content)\r\n0\r\n\r\n")
            } else {
                decoder.append(head + "Content-Length: \(count)\r\n\r\n" + String(repeating: "x", count: count))
            }
            do { return try decoder.next()?.body.count } catch { return error == .bodyTooLarge ? -1 : nil }
        }
        for isChunked in [false, true] {
            #expect(outcome("POST /t/a/upload?x=1", 16, isChunked: isChunked) == 16)
            #expect(outcome("POST /t/a/upload", 17, isChunked: isChunked) == -1)
            #expect(outcome("POST /t/a/other", 8, isChunked: isChunked) == 8)
            for line in [
                "POST /t/a/other", "POST /t/a/upload/", "POST /t//upload", "POST /t/a/upload/b", "PUT /t/a/upload",
                "POST /upload", "POST /t/a",
            ] {
                #expect(outcome(line, 9, isChunked: isChunked) == -1, "\(line)")
            }
        }
    }

    @Test("The larger bound ends with its request")
    func allowanceEnds() throws {
        var limits = HTTPLimits()
        limits.maxBodyBytes = 8
        limits.bodyAllowances = [try #require(BodyAllowance(.post, "/upload", maxBytes: 16))]
        var decoder = HTTPRequestDecoder(limits: limits)
        let head = { (path: String) in "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123456789" }
        decoder.append(head("/upload") + head("/other"))
        #expect(try decoder.next()?.body.count == 9)
        #expect(throws: HTTPViolation.bodyTooLarge) { try decoder.next() }
    }
}
