import Domain
import JSON
import Primitives
import TestSupport
import Testing

/// What a payment writes down and shows is what `Protocol/schemas` says, to the last member.
@Suite("A payment against Protocol/schemas")
struct PaymentSchemaTests {
    private typealias World = PaymentWorld

    private func violations(_ value: JSONValue, _ name: String) throws -> [String] {
        try JSONSchema.violations(of: try JSONParser.parse(value.bytes), "\(name).schema.json", isClosed: true)
    }

    @Test("The data of every event")
    func events() throws {
        for event in PaymentCodingTests.events {
            for data in [event.data] + PaymentAudience.allCases.compactMap({ Payment.data(of: event, for: $0) }) {
                #expect(try violations(data, "event.\(event.name)") == [], "\(event.name)")
            }
        }
        #expect(Set(PaymentCodingTests.events.map(\.name)).count == 11, "a kind of event is missing here")
    }

    @Test("A snapshot in every state")
    func snapshots() throws {
        for (name, payment) in try PaymentCodingTests.states() {
            for audience in PaymentAudience.allCases {
                let state = try JSONParser.parse(payment.snapshotState(for: audience))
                #expect(try violations(state, "payment-state") == [], "\(name)")
            }
        }
    }

    @Test("The facts that are read, and those that are not")
    func facts() throws {
        for payment in try PaymentCodingTests.states().map(\.payment) {
            #expect(try violations(payment.facts.json, "http.payment-facts") == [])
        }
        #expect(try violations(["payer": "u_1", "amount": 345], "http.payment-facts") == [])
        for wrong in [
            ["payer": "u_1"], ["payer": "u_1", "amount": "1.005"], ["payer": "u_1", "amount": 1.5],
            ["payer": "u_1", "amount": 0], ["payer": "u_1", "amount": 1, "expiresInSeconds": 9],
            ["payer": "u_1", "amount": 1, "currency": "USD"], ["payer": "u_1", "amount": 1, "payee": ["last4": "567"]],
        ] as [JSONValue] {
            #expect(try violations(wrong, "http.payment-facts").isEmpty == false, "\(wrong)")
            #expect(throws: FaultReason.self) { try PaymentFacts(json: wrong) }
        }
    }

    @Test("The data of every command, and what is refused")
    func commands() throws {
        let right: [(String, JSONValue)] = [
            ("slip.submit", ["payload": "P"]), ("slip.submit", ["image": "img_1"]), ("payment.cancel", [:]),
            ("payment.cancel", ["note": "n"]), ("timer.extend", ["seconds": 60]), ("notice.receive", World.notice()),
            ("notice.receive", World.notice(amount: nil, currency: nil)),
        ]
        for (name, data) in right {
            var world = World()
            #expect(try violations(data, "command.\(name)") == [], "\(name) \(data)")
            #expect(world.refusal(name, data, by: World.service) == nil, "\(name) \(data)")
        }
        let ofPaid: [(String, JSONValue)] = [
            ("payment.refund", [:]), ("payment.refund", ["amount": "1.00", "note": "n"]),
            ("payment.refund", ["amount": 1]),
            ("escrow.release", [:]),
        ]
        for (name, data) in ofPaid {
            var world = try World.at(.accepted, World.transfer(escrow: "p_1"))
            #expect(try violations(data, "command.\(name)") == [], "\(name) \(data)")
            #expect(world.refusal(name, data) == nil, "\(name) \(data)")
        }
        for decision in ["accept", "reject", "refund"] {
            var world = try World.at(.review)
            let data: JSONValue = ["decision": .string(decision), "note": "n"]
            #expect(try violations(data, "command.payment.resolve") == [])
            #expect(world.refusal("payment.resolve", data) == nil)
        }
        let wrong: [(String, JSONValue)] = [
            ("slip.submit", [:]), ("slip.submit", ["payload": "P", "image": "I"]), ("slip.submit", ["payload": ""]),
            ("payment.cancel", ["note": ""]), ("payment.refund", ["amount": 0]), ("payment.refund", ["amount": "x"]),
            ("payment.resolve", ["decision": "accept"]), ("timer.extend", [:]), ("timer.extend", ["seconds": 9]),
            ("notice.receive", ["gateway": "omise"]),
        ]
        for (name, data) in wrong {
            #expect(try violations(data, "command.\(name)").isEmpty == false, "\(name) \(data)")
        }
    }

    @Test("A schema notices what is missing, unknown, or one member too many")
    func notices() throws {
        let event: JSONObject = ["slip": "s", "code": "EXPIRED"]
        #expect(try violations(.object(event), "event.slip.rejected") == [])
        for (name, value) in [("code", nil), ("code", "LATE"), ("slip", 1), ("more", 1)] as [(String, JSONValue?)] {
            var wrong = event
            wrong[name] = value
            #expect(try violations(.object(wrong), "event.slip.rejected").isEmpty == false, "\(name)")
        }
        #expect(try violations(["kind": "timer"], "payment-evidence") == [])
        #expect(try violations(["kind": "timer", "slip": "s"], "payment-evidence").isEmpty == false)
        #expect(try violations(["kind": "word"], "payment-evidence").isEmpty == false)
    }
}
