import Domain
import JSON
import Testing

@Suite("Lifecycles of our own")
struct LifecycleBuiltInTests {
    /// Each way that people go, and who goes it. Everything that is not here is forbidden.
    static let ways: [String: [String: [OrderParty]]] = [
        "baanfoodie": [
            "PENDING PREPARE": [.staff, .service],
            "PENDING REJECTED": [.staff, .service],
            "PREPARE DELIVERY": [.rider, .staff, .service],
            "PREPARE REJECTED": [.staff, .service],
            "DELIVERY COMPLETED": [.rider, .staff, .service],
            "DELIVERY REJECTED": [.staff, .service],
        ],
        "jeco": [
            "pending confirmed": [.staff, .service],
            "confirmed processing": [.staff, .service],
            "processing shipped": [.rider, .staff, .service],
            "processing cancelled": [.staff, .service],
            "shipped delivered": [.rider, .staff, .service],
            "shipped cancelled": [.staff, .service],
        ],
        "trusttrade": [
            "pending accepted": [.provider, .staff, .service],
            "pending rejected": [.provider, .staff, .service],
            "accepted in_progress": [.provider, .staff, .service],
            "accepted completed": [.customer, .provider, .staff, .service],
            "in_progress completed": [.customer, .provider, .staff, .service],
            "in_progress cancelled": [.staff, .service],
        ],
    ]

    /// Who may cancel while the order is where, and where that leads.
    static let cancellations: [String: (from: Set<String>, by: Set<OrderParty>, to: String)] = [
        "baanfoodie": (["PENDING"], [.customer, .staff, .service], "REJECTED"),
        "jeco": (["pending", "confirmed"], [.customer, .staff, .service], "cancelled"),
        "trusttrade": (["pending", "accepted"], [.customer, .provider, .staff, .service], "cancelled"),
    ]

    static let moves: [String: (from: String, to: String)] = [
        "baanfoodie": ("PENDING", "PREPARE"), "jeco": ("pending", "confirmed"),
    ]

    /// The states that are the end.
    static let ends = [
        "baanfoodie": ["COMPLETED", "REJECTED"], "jeco": ["delivered", "cancelled"],
        "trusttrade": ["completed", "rejected", "cancelled"],
    ]

    @Test("are found by name, and pass as documents", arguments: Lifecycle.allBuiltIn)
    func documents(_ lifecycle: Lifecycle) throws {
        #expect(Lifecycle.builtIn(lifecycle.name) == lifecycle)
        let text = lifecycle.json.bytes
        #expect(text.count <= Lifecycle.maxBytes)
        #expect(try Lifecycle(json: JSONParser.parse(text)) == lifecycle)
        #expect(!lifecycle.states.contains { $0.hidesRider })
        #expect(lifecycle.states.filter(\.isTerminal).map(\.name) == Self.ends[lifecycle.name])
    }

    @Test("are three")
    func names() {
        #expect(Lifecycle.allBuiltIn.map(\.name) == ["baanfoodie", "jeco", "trusttrade"])
        #expect(Lifecycle.builtIn("kitchen") == nil)
    }

    @Test("allow each step to those in the table and to nobody else", arguments: Lifecycle.allBuiltIn)
    func steps(_ lifecycle: Lifecycle) throws {
        let ways = try #require(Self.ways[lifecycle.name])
        var found = 0
        for from in lifecycle.states {
            for party in OrderParty.allCases {
                let allowed = lifecycle.states.filter { to in
                    ways["\(from.name) \(to.name)"]?.contains(party) == true
                }
                found += allowed.count
                #expect(
                    lifecycle.transitions(from: from.name, by: [party]).map(\.name).sorted()
                        == allowed.map(\.name).sorted())
                for to in lifecycle.states {
                    let allows = lifecycle.allows(from: from.name, to: to.name, by: [party])
                    #expect(allows == allowed.contains(to), "\(party) from \(from.name) to \(to.name)")
                }
            }
        }
        #expect(found == ways.values.reduce(0) { $0 + $1.count }, "the table names states that there are")
    }

    @Test("are cancelled by those in the table and nobody else", arguments: Lifecycle.allBuiltIn)
    func cancelling(_ lifecycle: Lifecycle) throws {
        let (from, by, to) = try #require(Self.cancellations[lifecycle.name])
        for state in lifecycle.states {
            for party in OrderParty.allCases {
                let expected = from.contains(state.name) && by.contains(party) ? to : nil
                #expect(lifecycle.mayCancel(in: state.name, by: [party]) == expected, "\(party) in \(state.name)")
            }
        }
    }

    @Test("are moved by an accepted payment from the beginning only", arguments: Lifecycle.allBuiltIn)
    func moving(_ lifecycle: Lifecycle) {
        for state in lifecycle.states {
            for payment in PaymentStatus.allCases {
                let move = Self.moves[lifecycle.name].flatMap { $0.from == state.name ? $0.to : nil }
                #expect(lifecycle.move(on: payment, in: state.name) == (payment == .accepted ? move : nil))
            }
        }
    }

    @Test("show an order that waits for money by its payment", arguments: [Lifecycle.baanfoodie, .jeco])
    func shown(_ lifecycle: Lifecycle) {
        let isFoodie = lifecycle.name == "baanfoodie"
        let shown: [PaymentStatus: String] =
            isFoodie
            ? [.expired: "EXPIRED", .rejected: "REJECTED", .cancelled: "CANCELLED"]
            : [.expired: "expired", .rejected: "payment_failed", .cancelled: "payment_cancelled"]
        for state in lifecycle.states {
            for payment in PaymentStatus.allCases {
                let display = lifecycle.display(of: state.name, payment: payment)
                let expected = state.name == lifecycle.initial ? shown[payment] ?? state.name : state.name
                #expect(display.status == expected)
                // The beginning has other words while money is awaited or looked at.
                let isPlain = state.name != lifecycle.initial || payment == .accepted || payment == .refunded
                #expect((display.label == state.label) == isPlain, "\(payment) at \(state.name)")
            }
            #expect(lifecycle.display(of: state.name, payment: nil).label == state.label)
        }
    }
}
