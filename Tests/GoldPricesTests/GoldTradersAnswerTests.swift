import Domain
import HTTPClient
import JSON
import Primitives
import TestSupport
import Testing

@testable import GoldPrices

@Suite("What the gold traders answer")
struct GoldTradersAnswerTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let json: JSONValue
        var testDescription: String { json["name"]?.string ?? "" }

        var response: HTTPResponse {
            let input = json["input"]
            return HTTPResponse(
                head: HTTPResponseHead(
                    status: Int(input?["status"]?.integer ?? 0),
                    fields: [HTTPResponseHead.Field(name: "content-type", value: input?["type"]?.string ?? "")]),
                body: Array((input?["body"]?.string ?? "").utf8))
        }
    }

    static func vectors() throws -> [Vector] { try Vectors.load("gold").map { Vector(json: $0) } }

    @Test("is read as the vectors say", arguments: try vectors())
    func vector(_ vector: Vector) throws {
        let expected = try #require(vector.json["expect"])
        switch GoldTraders.answer(.success(vector.response)) {
        case .price(let price): #expect(["price": price.json] == expected)
        case .failure(let failure): #expect(["failure": .string(failure.rawValue)] == expected)
        }
    }

    @Test("Who does not answer is not there; who answers too much cannot be read")
    func transport() {
        #expect(GoldTraders.answer(.failure(.unreachable)) == .failure(.unreachable))
        #expect(GoldTraders.answer(.failure(.timeout(.total))) == .failure(.unreachable))
        #expect(GoldTraders.answer(.failure(.tooLarge)) == .failure(.unreadable))
        let long = Array(repeating: UInt8(ascii: " "), count: GoldTradersAnswer.maxBodyBytes + 1)
        #expect(GoldTradersAnswer.read(long) == .failure(.unreadable))
    }
}
