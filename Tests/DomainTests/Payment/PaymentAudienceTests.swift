import Domain
import JSON
import Testing

@Suite("Who reads what of a payment")
struct PaymentAudienceTests {
    private typealias World = PaymentWorld

    private func caller(_ subject: String, _ role: Role = .customer, reads: Set<String> = [], writes: Set<String> = [])
        -> Caller
    {
        Caller(tenant: "shop", subject: subject, role: role, readable: reads, writable: writes)
    }

    @Test("The payer and the tenant's people are parties to it; who has a link, or is to get the money, is a guest")
    func audiences() {
        let payment = World(World.transfer(escrow: "p_1")).payment
        #expect(payment.audience(of: World.payer) == .party && payment.audience(of: World.staff) == .party)
        #expect(payment.audience(of: World.service) == .party)
        #expect(payment.audience(of: caller("p_1", .provider)) == .guest)
        #expect(payment.audience(of: caller("g_1", reads: ["payment/981"])) == .guest)
        #expect(payment.audience(of: caller("g_1", writes: ["payment/981"])) == .guest)
        #expect(payment.audience(of: caller("u_1", reads: ["payment/981"])) == .party)
        #expect(payment.audience(of: World.stranger) == nil)
        #expect(payment.audience(of: caller("g_1", reads: ["payment/98"])) == nil)
    }

    /// All strings of a document, with the names of their members.
    private func strings(_ value: JSONValue, _ name: String = "") -> [(name: String, text: String)] {
        switch value {
        case .string(let text): [(name, text)]
        case .array(let values): values.flatMap { strings($0, name) }
        case .object(let object): object.members.flatMap { strings($0.value, $0.name) }
        default: []
        }
    }

    /// What a document says of whose account money came from, of the slip that was shown, and of what people noted.
    private func secrets(_ document: JSONValue) -> [String] {
        let hidden: Set = ["payload", "image", "qr", "note"]
        return strings(document).filter { hidden.contains($0.name) || $0.text == World.sender.account }.map(\.name)
    }

    @Test("A guest reads of no event and in no state what a party does")
    func nothingLeaks() throws {
        var told = 0
        for event in PaymentCodingTests.events {
            #expect(Payment.data(of: event, for: .party) == nil, "all of it")
            told += secrets(event.data).count
            #expect(secrets(Payment.data(of: event, for: .guest) ?? event.data) == [], "\(event.name)")
        }
        for (name, payment) in try PaymentCodingTests.states() {
            told += secrets(try JSONParser.parse(payment.snapshotState(for: .party))).count
            #expect(secrets(try JSONParser.parse(payment.snapshotState(for: .guest))) == [], "\(name)")
        }
        #expect(told > 20, "nothing was there to be hidden")
    }

    @Test("Everything else is the same: a guest's page shows how the payment stands")
    func therest() throws {
        for (name, payment) in try PaymentCodingTests.states() {
            let party = try #require(try JSONParser.parse(payment.snapshotState(for: .party)).object)
            let guest = try #require(try JSONParser.parse(payment.snapshotState(for: .guest)).object)
            #expect(party.members.map(\.name) == guest.members.map(\.name), "\(name)")
            for member in ["status", "amount", "refunded", "expiresAt", "rejectedSlips", "escrowStatus"] {
                #expect(party[member] == guest[member], "\(name) \(member)")
            }
            #expect(party["slip"]?["stage"] == guest["slip"]?["stage"])
            let reference = party["acceptance"]?["proof"]?["reference"]
            #expect(guest["acceptance"]?["proof"]?["reference"] == reference, "\(name)")
        }
    }
}
