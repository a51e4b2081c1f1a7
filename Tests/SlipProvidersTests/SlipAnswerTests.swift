import HTTPClient
import JSON
import Primitives
import TestSupport
import Testing

@testable import SlipProviders

@Suite("What slip services answer")
struct SlipAnswerTests {
    struct Vector: CustomTestStringConvertible, Sendable {
        let json: JSONValue
        var testDescription: String { json["name"]?.string ?? "?" }
    }

    static func vectors() throws -> [Vector] { try Vectors.load("slips").map { Vector(json: $0) } }

    private func dialect(_ name: String?) throws -> any SlipDialect {
        switch name {
        case "easyslip-v1": EasySlipDialect(.init(version: .v1, key: Secret("k")))
        case "easyslip-v2": EasySlipDialect(.init(version: .v2, key: Secret("k")))
        case "slipok": SlipOKDialect(.init(branch: "1", key: Secret("k")))
        default: throw Vectors.Malformed(description: "no dialect \(name ?? "")")
        }
    }

    @Test("An answer means what the vector says", arguments: try vectors())
    func answer(_ vector: Vector) throws {
        let dialect = try dialect(vector.json["dialect"]?.string)
        let status = try #require(vector.json["input"]?["status"]?.integer)
        let body = try #require(vector.json["input"]?["body"]?.string)
        let answer = dialect.answer(
            HTTPResponse(head: HTTPResponseHead(status: Int(status)), body: Array(body.utf8)))
        let expect = try #require(vector.json["expect"])
        switch answer {
        case .success(let slip):
            #expect(expect["failure"] == nil)
            #expect(written(slip) == expect["slip"].map(sorted))
        case .failure(let failure):
            let (name, slip, wait) = parts(failure)
            #expect(name == expect["failure"]?.string)
            #expect(slip.map(written) == expect["slip"].map(sorted))
            #expect(wait?.components.seconds == expect["retryAfterSeconds"]?.integer)
        }
    }

    private func parts(_ failure: VerificationFailure) -> (String, VerifiedSlip?, Duration?) {
        switch failure {
        case .invalid: ("invalid", nil, nil)
        case .expired: ("expired", nil, nil)
        case .unreadableImage: ("unreadableImage", nil, nil)
        case .notFoundYet: ("notFoundYet", nil, nil)
        case .pending(let wait): ("pending", nil, wait)
        case .duplicate(let slip): ("duplicate", slip, nil)
        case .amountMismatch(let slip): ("amountMismatch", slip, nil)
        case .receiverMismatch(let slip): ("receiverMismatch", slip, nil)
        case .quota: ("quota", nil, nil)
        case .unauthorized: ("unauthorized", nil, nil)
        case .badRequest: ("badRequest", nil, nil)
        case .outage: ("outage", nil, nil)
        case .notSent: ("notSent", nil, nil)
        case .unclear: ("unclear", nil, nil)
        }
    }

    private func written(_ slip: VerifiedSlip) -> JSONValue {
        var object: JSONObject = [
            "amountSatang": .integer(slip.amount.count), "transRef": .string(slip.transRef),
            "time": .string(slip.time.rfc3339), "sender": written(slip.sender), "receiver": written(slip.receiver),
        ]
        object["sendingBank"] = slip.sendingBank.map(JSONValue.string)
        object["receivingBank"] = slip.receivingBank.map(JSONValue.string)
        object["ref1"] = slip.ref1.map(JSONValue.string)
        object["ref2"] = slip.ref2.map(JSONValue.string)
        object["ref3"] = slip.ref3.map(JSONValue.string)
        return sorted(.object(object))
    }

    private func written(_ party: VerifiedParty) -> JSONValue {
        var object = JSONObject()
        object["nameThai"] = party.nameThai.map(JSONValue.string)
        object["nameEnglish"] = party.nameEnglish.map(JSONValue.string)
        object["account"] = party.account.map { .string("\($0.type ?? "") \($0.masked)") }
        object["proxy"] = party.proxy.map { .string("\($0.type ?? "") \($0.masked)") }
        return .object(object)
    }

    /// With the members of every object by name, so that their order does not count.
    private func sorted(_ value: JSONValue) -> JSONValue {
        guard case .object(let object) = value else { return value }
        var out = JSONObject()
        for member in object.members.sorted(by: { $0.name < $1.name }) { out[member.name] = sorted(member.value) }
        return .object(out)
    }

    @Test("No outage and no unknown answer is ever a rejection")
    func advice() {
        #expect(VerificationFailure.invalid.advice == .reject)
        #expect(VerificationFailure.expired.advice == .reject)
        #expect(VerificationFailure.duplicate(nil).advice == .judgeByOwnRecords)
        #expect(VerificationFailure.unreadableImage.advice == .askForImage)
        #expect(VerificationFailure.pending(retryAfter: .seconds(600)).advice == .retry(after: .seconds(600)))
        for failure in [VerificationFailure.quota, .unauthorized, .badRequest] { #expect(failure.advice == .review) }
        for failure in [VerificationFailure.notFoundYet, .outage, .notSent, .unclear] {
            #expect(failure.advice == .retry(after: .seconds(30)))
        }
        #expect(VerificationFailure(TransportFailure.timeout(.connect)) == .notSent)
        #expect(VerificationFailure(TransportFailure.timeout(.total)) == .unclear)
        #expect(VerificationFailure(TransportFailure.invalidRequest) == .badRequest)
    }
}
