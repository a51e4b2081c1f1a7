import Domain
import JSON
import Primitives
import TestSupport
import Testing

@Suite("Slips' events and slips as JSON")
struct SlipCodingTests {
    private typealias Samples = SlipSamples

    private func read(_ event: SlipEvent) throws -> SlipEvent? {
        let json = try JSONParser.parse(JSONValue.object(event.members).bytes)
        return try SlipEvent(name: event.name, fields: JSONFields(json))
    }

    @Test("Every event reads back as it was written", arguments: Samples.events.map(\.name))
    func everyEvent(name: String) throws {
        let event = try #require(Samples.events.first { $0.name == name }).event
        #expect(try read(event) == event)
    }

    @Test("Every slip reads back as it was written", arguments: Samples.paths.map(\.name))
    func everySlip(name: String) throws {
        let slip = try Samples.slip(try #require(Samples.paths.first { $0.name == name }).events)
        #expect(Slip(json: try JSONParser.parse(slip.json.bytes)) == slip)
    }

    @Test("Parts that may be missing are missing, not empty")
    func sparse() throws {
        let receipt = SlipReceipt(webhookEvent: "e", message: "m", user: "U", replyToken: nil, sentAt: Samples.now)
        let proof = SlipProof(
            verifier: "slipok/global", reference: Samples.reference, amount: Samples.amount, transferredAt: nil,
            sender: SlipParty(), receiver: SlipParty(englishName: "EXAMPLE"), wasSeenBefore: true)
        for event in [SlipEvent.received(receipt), .verified(proof), .retried(by: nil)] {
            #expect(try read(event) == event)
        }
        #expect(SlipEvent.received(receipt).members["replyToken"] == nil)
        #expect(SlipEvent.verified(proof).members["sender"] == [:])
    }

    @Test("What was not written like this is not read", arguments: Samples.events.map(\.name))
    func damaged(name: String) throws {
        let event = try #require(Samples.events.first { $0.name == name }).event
        for member in event.members.members {
            var object = event.members
            object[member.name] = [1]
            #expect(throws: JSONFieldFailure.self, "\(name): \(member.name) is a list") {
                try SlipEvent(name: event.name, fields: JSONFields(.object(object)))
            }
        }
    }

    @Test("A checkpoint whose status does not fit its evidence is not read")
    func inconsistent() throws {
        let slip = try Samples.slip([.identified(Samples.claim), .verified(Samples.proof)])
        guard case .object(var object) = slip.json else { return record("no object") }
        object["status"] = "matched"
        #expect(Slip(json: .object(object)) == nil)
        object["status"] = "credited"
        #expect(Slip(json: .object(object)) == nil)
        object["status"] = "pending"
        #expect(Slip(json: .object(object)) == slip)
    }

    @Test("The vectors of events are what we write, and lead where they say")
    func vectors() throws {
        for vector in try Vectors.load("slip-events") {
            let name = try #require(vector["name"]?.string)
            var slip: Slip?
            for step in try #require(vector["input"]?["events"]?.array) {
                let data = try #require(step["data"])
                let eventName = try #require(step["name"]?.string)
                let read = try SlipEvent(name: eventName, fields: JSONFields(data))
                let event = try #require(read, "\(name)")
                #expect(JSONValue.object(event.members) == data, "\(name): \(event.name)")
                if let known = slip {
                    slip = try known.advanced(by: event, at: Samples.now)
                } else if case .received(let receipt) = event {
                    slip = Slip(transaction: "s_1", receipt: receipt, at: Samples.now)
                }
            }
            #expect(slip?.status.rawValue == vector["expect"]?["status"]?.string, "\(name)")
        }
    }
}

@Suite("References of transfers")
struct SlipReferenceTests {
    @Test("Names of one bank are one bank; case counts in the number")
    func sameness() throws {
        let ttb = try #require(BankCode("011"))
        #expect(BankCode("076") == ttb && BankCode("065") == ttb && BankCode("014") != ttb)
        #expect(BankCode("TrueMoneyWallet") == BankCode("TRUEMONEYWALLET"))
        #expect(SlipReference(bank: ttb, transRef: "aB1") != SlipReference(bank: ttb, transRef: "Ab1"))
    }

    @Test func refused() throws {
        #expect(BankCode("") == nil && BankCode("00 4") == nil && BankCode("๐๐๔") == nil)
        #expect(BankCode(String(repeating: "1", count: BankCode.maxBytes + 1)) == nil)
        let bank = try #require(BankCode("004"))
        let longest = String(repeating: "a", count: SlipReference.maxTransRefBytes)
        #expect(SlipReference(bank: bank, transRef: longest) != nil)
        for text in ["", "a b", "a\n", "ก", longest + "a"] {
            #expect(SlipReference(bank: bank, transRef: text) == nil)
        }
    }
}
