import Domain
import JSON
import Primitives
import Testing

@Suite("Commands to a payment: who may, and when")
struct PaymentCommandTests {
    private typealias World = PaymentWorld

    /// What a refusal is on the wire.
    enum Refusal: Equatable { case none, invalid, forbidden, rejected, tooLate, busy, unknown }

    private static func kind(_ reason: FaultReason?) -> Refusal {
        switch reason {
        case nil: .none
        case .invalid: .invalid
        case .forbidden: .forbidden
        case .rejected: .rejected
        case .tooLate: .tooLate
        case .busy, .tooLarge: .busy
        case .unknownCommand: .unknown
        }
    }

    private static let commands: [(name: String, data: JSONValue)] = [
        ("slip.submit", ["payload": "P"]), ("payment.cancel", [:]), ("payment.refund", ["amount": "1.00"]),
        ("payment.resolve", ["decision": "accept", "note": "seen"]), ("timer.extend", ["seconds": 60]),
        ("escrow.release", [:]), ("notice.receive", PaymentWorld.notice(event: "evnt_new", charge: "chrg_new")),
    ]

    /// What those may do that may give the command, in the order of `PaymentStatus.allCases`:
    /// pending, accepted, rejected, expired, cancelled, review, refunded.
    private static let byStatus: [String: [Refusal]] = [
        "slip.submit": [.none, .tooLate, .none, .none, .none, .rejected, .tooLate],
        "payment.cancel": [.none, .tooLate, .tooLate, .tooLate, .tooLate, .tooLate, .tooLate],
        "payment.refund": [.rejected, .none, .rejected, .rejected, .rejected, .rejected, .none],
        "payment.resolve": [.rejected, .rejected, .rejected, .rejected, .rejected, .none, .rejected],
        "timer.extend": [.none, .tooLate, .tooLate, .tooLate, .tooLate, .tooLate, .tooLate],
        "escrow.release": [.rejected, .none, .rejected, .rejected, .rejected, .rejected, .none],
        "notice.receive": [.none, .none, .none, .none, .none, .none, .none],
    ]

    private static let staff: Set<Role> = [.staff, .admin, .operator, .service]
    private static let byRole: [String: (roles: Set<Role>, isForPayer: Bool)] = [
        "slip.submit": (staff, true), "payment.cancel": (staff, true), "escrow.release": (staff, true),
        "payment.refund": (staff, false), "payment.resolve": (staff, false), "timer.extend": (staff, false),
        "notice.receive": ([.service], false),
    ]

    @Test("Every command in every status by every role", arguments: PaymentStatus.allCases)
    func table(_ status: PaymentStatus) throws {
        let world = try World.at(status, World.transfer(escrow: "p_1"))
        let index = try #require(PaymentStatus.allCases.firstIndex(of: status))
        for command in Self.commands {
            let (roles, isForPayer) = try #require(Self.byRole[command.name])
            let byStatus = try #require(Self.byStatus[command.name]?[index])
            for role in Role.allCases {
                for subject in ["u_1", "x_1"] {
                    var copy = world
                    let mayGive = roles.contains(role) || isForPayer && subject == "u_1"
                    let reason = copy.refusal(
                        command.name, command.data, by: Caller(tenant: "shop", subject: subject, role: role))
                    #expect(
                        Self.kind(reason) == (mayGive ? byStatus : .forbidden),
                        "\(command.name) in \(status) by \(role) \(subject)")
                    if reason != nil { #expect(copy.payment == world.payment, "a refusal changed something") }
                }
            }
        }
    }

    @Test("Grants, readers and unknown commands")
    func rights() throws {
        var world = World()
        let path = "payment/981"
        let writer = Caller(tenant: "shop", subject: "x", role: .customer, writable: [path])
        let reader = Caller(tenant: "shop", subject: "x", role: .customer, readable: [path])
        #expect(world.payment.mayRead(World.payer) && world.payment.mayRead(writer) && world.payment.mayRead(reader))
        #expect(world.payment.mayRead(World.staff) && !world.payment.mayRead(World.stranger))
        #expect(world.refusal("slip.submit", ["payload": "P"], by: reader) == .forbidden)
        #expect(world.refusal("slip.submit", ["payload": "P"], by: writer) == nil)
        #expect(world.refusal("payment.pay") == .unknownCommand)
        #expect(world.payment.refusal(ofSignal: "typing", from: World.payer) == .unknownCommand)
        #expect(world.payment.refusal(ofSignal: "typing", from: World.stranger) == .forbidden)
    }

    @Test(
        "Arguments that are wrong are told",
        arguments: [
            ("slip.submit", [:]), ("slip.submit", ["payload": ""]), ("slip.submit", ["payload": 1]),
            ("slip.submit", ["payload": "P", "image": "I"]),
            ("slip.submit", ["payload": .string(String(repeating: "0", count: 257))]),
            ("slip.submit", ["image": .string(String(repeating: "0", count: 65))]),
            ("payment.cancel", ["note": ""]), ("payment.cancel", ["note": 1]),
            ("payment.cancel", ["note": .string(String(repeating: "n", count: 501))]),
            ("timer.extend", [:]), ("timer.extend", ["seconds": "60"]), ("timer.extend", ["seconds": 9]),
            ("timer.extend", ["seconds": 604_801]), ("timer.extend", ["seconds": 10.5]),
            ("notice.receive", [:]), ("notice.receive", PaymentWorld.notice(event: "")),
            ("notice.receive", PaymentWorld.notice(charge: String(repeating: "c", count: 129))),
            ("notice.receive", ["gateway": "stripe", "event": "e", "charge": "c", "state": "paid"]),
            ("notice.receive", ["gateway": "omise", "event": "e", "charge": "c", "state": "settled"]),
        ] as [(String, JSONValue)])
    func arguments(_ name: String, _ data: JSONValue) throws {
        var world = World()
        #expect(Self.kind(world.refusal(name, data, by: World.service)) == .invalid, "\(name) \(data)")
    }

    @Test("A refund's amount is exact")
    func amounts() throws {
        let world = try World.at(.accepted)
        for (amount, expected) in [
            ("345.00", .none), ("0.01", .none), (345, .none), ("345", .none), (.null, .none), ("345.01", .rejected),
            ("0.00", .invalid), (0, .invalid), (-1, .invalid), (1.5, .invalid), ("1.005", .invalid), ("-1", .invalid),
            ("1,0", .invalid), ("", .invalid), (true, .invalid),
        ] as [(JSONValue, Refusal)] {
            var copy = world
            #expect(Self.kind(copy.refusal("payment.refund", ["amount": amount])) == expected, "\(amount)")
        }
    }

    @Test("A person decides about what is in review, and says why")
    func resolutions() throws {
        var world = try World.at(.review)
        #expect(Self.kind(world.refusal("payment.resolve", ["decision": "accept"])) == .invalid)
        #expect(Self.kind(world.refusal("payment.resolve", ["decision": "keep", "note": "n"])) == .invalid)
        #expect(world.ledger[.unsettled(payment: "981")] == 34_500)
        for (decision, status) in [
            ("accept", .accepted), ("reject", .rejected), ("refund", .refunded),
        ] as [(String, PaymentStatus)] {
            var copy = world
            try copy.command("payment.resolve", ["decision": .string(decision), "note": "โทรแล้ว"])
            #expect(copy.payment.status == status && copy.payment.review == nil)
            #expect(
                copy.payment.evidence == .actor(PaymentActor(subject: "s_1", role: .staff, note: "โทรแล้ว")))
            #expect(copy.ledger[.unsettled(payment: "981")] == 0 && copy.ledger.sum == 0)
            #expect(copy.ledger[.sales] == (status == .accepted ? 34_500 : 0))
        }
        // Nobody could vouch for the slip: what a person gives back was never in the ledger.
        world = World()
        world.live.verifiers = []
        let id = try world.slip(to: .read)
        world.report(.holder(slip: id, World.reference, .free))
        #expect(world.payment.review?.reason == .unverified)
        try world.command("payment.resolve", ["decision": "refund", "note": "n"])
        #expect(world.payment.status == .refunded && world.ledger.postings.isEmpty)
    }

    @Test("Time is given from what is left, to a bound")
    func extensions() throws {
        var world = World()
        let first = world.payment.expiresAt
        try world.command("timer.extend", ["seconds": 60])
        #expect(world.payment.expiresAt == first.advanced(by: .seconds(60)))
        #expect(world.effects == [.startTimer(.expiry, at: world.payment.expiresAt), .countDown])
        #expect(Self.kind(world.refusal("timer.extend", ["seconds": 604_800])) == .rejected)
        // The first timer fires and finds more time.
        world.now = first
        #expect(world.report(.timerFired(.expiry)) == [])
        #expect(world.effects == [.startTimer(.expiry, at: world.payment.expiresAt)])
    }
}
