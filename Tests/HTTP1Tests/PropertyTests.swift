import HTTP1
import TestSupport
import Testing

@Suite("HTTP/1.1 properties")
struct PropertyTests {
    @Test("A request that is encoded and decoded is the same request", arguments: SeededGenerator.seeds)
    func requestRoundTrip(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let methods: [HTTPMethod] = [.get, .post, .put, .patch, .delete, .other("REPORT")]
        var sent: [HTTPRequest] = []
        var wire: [UInt8] = []
        for _ in 0..<60 {
            let request = HTTPRequest(
                method: methods[generator.integer(0...methods.count - 1)], target: try HTTPTarget(generator.target()),
                headers: generator.headers(), body: generator.body())
            sent.append(request)
            wire +=
                Bool.random(using: &generator)
                ? HTTPRequestEncoder.whole(request)
                : HTTPRequestEncoder.chunked(request, chunkBytes: generator.integer(1...700))
        }
        for longest in [1, 50, 5000] {
            let outcome = RequestOutcome(generator.segments(wire, longest: longest))
            #expect(outcome.violation == nil)
            #expect(outcome.requests.map { $0.withoutFraming } == sent)
        }
    }

    @Test("A response that is encoded and decoded is the same response", arguments: SeededGenerator.seeds)
    func responseRoundTrip(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let request = HTTPRequest(method: .get, target: try HTTPTarget("/"))
        var sent: [HTTPResponse] = []
        var wire: [UInt8] = []
        for _ in 0..<60 {
            let code = [200, 201, 400, 404, 426, 500, 599][generator.integer(0...6)]
            var response = HTTPResponse(
                status: try #require(HTTPStatus(code: code)), headers: generator.headers(), body: generator.body())
            response.headers.remove("host")
            sent.append(response)
            var encoder = HTTPResponseEncoder(answering: request, date: "now")
            if Bool.random(using: &generator) {
                wire += encoder.whole(response)
            } else {
                wire += encoder.head(response.status, response.headers)
                for segment in generator.segments(response.body, longest: 900) { wire += encoder.chunk(Array(segment)) }
                wire += encoder.end()
            }
        }
        for longest in [1, 50, 5000] {
            let outcome = ResponseOutcome(generator.segments(wire, longest: longest))
            #expect(outcome.violation == nil)
            #expect(outcome.responses.map { $0.withoutFraming } == sent)
        }
    }

    @Test(
        "Damaged input never traps, and its outcome does not depend on the segments", arguments: SeededGenerator.seeds)
    func damage(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let inputs = try HTTPVector.load(decoder: "request").map { try $0.input() }.filter { $0.count < 600 }
        let telling = Array("\r\n \t:;,%/?#.0fx-+".utf8) + [0, 0x7F, 0x80, 0xFF]
        for round in 0..<1500 {
            var input =
                inputs[generator.integer(0...inputs.count - 1)] + inputs[generator.integer(0...inputs.count - 1)]
            for _ in 0..<generator.integer(1...4) where !input.isEmpty {
                let index = generator.integer(0...input.count - 1)
                switch generator.integer(0...2) {
                case 0: input[index] = telling[generator.integer(0...telling.count - 1)]
                case 1: input.insert(telling[generator.integer(0...telling.count - 1)], at: index)
                default: input.remove(at: index)
                }
            }
            let whole = RequestOutcome([input[...]])
            let cut = RequestOutcome(generator.segments(input, longest: 1 + round % 40))
            #expect(whole == cut, "seed \(seed), round \(round)")
            let response = ResponseOutcome([input[...]], ending: true)
            let cutResponse = ResponseOutcome(generator.segments(input, longest: 1 + round % 40), ending: true)
            #expect(response == cutResponse, "seed \(seed), round \(round)")
        }
    }
}

extension HTTPRequest {
    /// Without the fields that an encoder adds.
    fileprivate var withoutFraming: HTTPRequest {
        HTTPRequest(method: method, target: parsedTarget, version: version, headers: headers.withoutFraming, body: body)
    }
}

extension HTTPResponse {
    fileprivate var withoutFraming: HTTPResponse {
        HTTPResponse(status: status, headers: headers.withoutFraming, body: body)
    }
}

extension HTTPHeaders {
    fileprivate var withoutFraming: HTTPHeaders {
        var headers = self
        for name in ["content-length", "transfer-encoding", "date", "connection"] { headers.remove(name) }
        return headers
    }
}
