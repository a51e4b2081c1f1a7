import HTTP1
import JSON
import TestSupport
import Testing

@Suite("HTTP/1.1 vectors (RFC 9112)")
struct VectorTests {
    @Test(
        "A request decoder does what the vector says, however the input is cut",
        arguments: try HTTPVector.load(decoder: "request"))
    func request(_ vector: HTTPVector) throws {
        let limits = try vector.limits()
        let outcome = try DecoderVerifier.outcome(of: vector.input()) { RequestOutcome($0, limits) }
        vector.checkViolation(outcome.violation)
        let expected = vector.messages("requests")
        #expect(outcome.requests.count == expected.count)
        for (request, json) in zip(outcome.requests, expected) { try check(request, json) }
        guard outcome.violation == nil else { return }
        let phase =
            switch outcome.phase {
            case .idle: "idle"
            case .head: "head"
            case .body: "body"
            }
        #expect(phase == vector.json["expect"]?["phase"]?.string ?? "idle")
        #expect(outcome.awaitsContinue == vector.json["expect"]?["awaitsContinue"]?.bool ?? false)
    }

    @Test(
        "A response decoder does what the vector says, however the input is cut",
        arguments: try HTTPVector.load(decoder: "response"))
    func response(_ vector: HTTPVector) throws {
        let limits = try vector.limits()
        let method = try #require(HTTPMethod(vector.json["method"]?.string ?? "GET"))
        let ending = vector.json["end"]?.bool ?? false
        let outcome = try DecoderVerifier.outcome(of: vector.input()) {
            ResponseOutcome($0, to: method, ending: ending, limits)
        }
        #expect(
            try DecoderVerifier.outcome(of: vector.input()) {
                ResponseOutcome(partsOf: $0, to: method, ending: ending, limits)
            } == outcome, "read by parts it is another")
        vector.checkViolation(outcome.violation)
        let expected = vector.messages("responses")
        #expect(outcome.responses.count == expected.count)
        for (index, json) in expected.enumerated() where index < outcome.responses.count {
            try check(outcome.responses[index], outcome.keepsAlive[index], json)
        }
    }

    @Test("Every violation has a vector, a client or server status and a detail that ends in a full stop")
    func violations() throws {
        let vectors = try HTTPVector.load(decoder: "request") + HTTPVector.load(decoder: "response")
        let covered = Set(vectors.compactMap { $0.json["expect"]?["violation"]?.string })
        #expect(covered == Set(HTTPViolation.allCases.map(\.rawValue)))
        for violation in HTTPViolation.allCases {
            #expect((400...599).contains(violation.status.code))
            #expect(violation.detail.hasSuffix("."))
        }
    }

    private func check(_ request: HTTPRequest, _ json: JSONValue) throws {
        for member in try #require(json.object).members {
            switch member.name {
            case "method": #expect(request.method.token == member.value.string)
            case "target": #expect(request.target == member.value.string)
            case "version": #expect(request.version.rawValue == member.value.string)
            case "keepsAlive": #expect(request.keepsAlive == member.value.bool)
            case "headers": #expect(HTTPVector.json(request.headers) == member.value)
            case "body": #expect(try request.body == Vectors.bytes(member.value))
            case "path": #expect(.array(request.path.segments.map(JSONValue.string)) == member.value)
            case "query":
                let pairs = request.query.parameters.map { JSONValue.array([.string($0.name), .string($0.value)]) }
                #expect(.array(pairs) == member.value)
            default: Issue.record("unknown member \(member.name)")
            }
        }
    }

    private func check(_ response: HTTPResponse, _ keepsAlive: Bool, _ json: JSONValue) throws {
        for member in try #require(json.object).members {
            switch member.name {
            case "status": #expect(Int64(response.status.code) == member.value.integer)
            case "keepsAlive": #expect(keepsAlive == member.value.bool)
            case "headers": #expect(HTTPVector.json(response.headers) == member.value)
            case "body": #expect(try response.body == Vectors.bytes(member.value))
            default: Issue.record("unknown member \(member.name)")
            }
        }
    }
}
