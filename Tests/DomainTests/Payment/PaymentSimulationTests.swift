import Domain
import JSON
import Primitives
import Testing

@Suite("Payments in a world that fails")
struct PaymentSimulationTests {
    @Test("Whatever happens, every payment has one outcome, and the ledger says the same", arguments: 0..<10)
    func worlds(_ part: UInt64) {
        for seed in part * 100..<part * 100 + 100 {
            let world = PaymentSimulation(seed: seed)
            #expect(world.run(), "seed \(seed) does not end")
            #expect(world.settle(), "seed \(seed) does not settle")
            #expect(world.violations == [], "seed \(seed)")
            Self.checkEnd(world)
            Self.checkCharges(world)
            Self.checkLedger(world)
            for index in world.payments.indices { Self.checkLog(world, index) }
        }
    }

    private static func checkEnd(_ world: PaymentSimulation) {
        for payment in world.payments {
            #expect(!payment.isUnfinished, "seed \(world.seed): \(payment.id) is \(payment.status), not at its end")
            #expect(payment.status != .review, "seed \(world.seed): \(payment.id) is in review")
        }
        // A transfer pays one payment at most.
        let paying = world.payments.compactMap { payment in
            if case .slip(_, let proof)? = payment.acceptance { proof.reference } else { nil }
        }
        #expect(Set(paying).count == paying.count, "seed \(world.seed): a slip has paid twice")
        for payment in world.payments {
            guard case .slip(_, let proof)? = payment.acceptance else { continue }
            #expect(Money(proof.amount) == payment.facts.amount, "seed \(world.seed)")
            #expect(world.claims[proof.reference].map { "p\($0)" } == payment.id, "seed \(world.seed)")
        }
    }

    /// What gateways hold of the charges that paid.
    private static func checkCharges(_ world: PaymentSimulation) {
        for payment in world.payments {
            guard case .charge(let paid)? = payment.acceptance else { continue }
            let charge = world.charges[paid.charge]
            #expect(charge?.payment == payment.id && charge?.amount == payment.facts.amount, "seed \(world.seed)")
            // At 2C2P, and what is taken from a wallet, people give back.
            guard payment.facts.purpose == .payment, paid.gateway != .twoC2P else { continue }
            let refunded = charge?.refunded.hundredths ?? 0
            #expect(payment.refunded.hundredths <= refunded, "seed \(world.seed): refunded and not given back")
        }
    }

    /// What a payment that is at its end has moved, as its state alone says it.
    private static func moved(by payment: Payment) -> [LedgerAccount: Int64] {
        var balances: [LedgerAccount: Int64] = [:]
        guard payment.acceptance != nil else { return balances }
        let kept = payment.facts.amount.hundredths - payment.refunded.hundredths
        let wallet = LedgerAccount.wallet(subject: payment.facts.payer)
        let target: LedgerAccount =
            if let payee = payment.facts.escrowPayee {
                payment.escrow == .released ? .payable(subject: payee) : .escrow(payment: payment.id)
            } else {
                payment.facts.purpose == .deposit ? wallet : .sales
            }
        balances[target, default: 0] += kept
        if payment.acceptance == .balance(isEnough: true) { balances[wallet, default: 0] -= kept }
        return balances
    }

    private static func checkLedger(_ world: PaymentSimulation) {
        #expect(world.ledger.sum == 0, "seed \(world.seed)")
        var expected: [LedgerAccount: Int64] = [:]
        for (subject, amount) in world.openings { expected[.wallet(subject: subject)] = amount }
        for payment in world.payments { expected.merge(moved(by: payment), uniquingKeysWith: +) }
        for (account, balance) in world.ledger.balances {
            // What came from outside is what is inside.
            if case .clearing = account { continue }
            #expect(balance == expected[account] ?? 0, "seed \(world.seed): \(account.text)")
            if case .wallet = account { #expect(balance >= 0) }
        }
        for account in expected.keys {
            #expect(world.ledger[account] == expected[account], "seed \(world.seed): \(account.text)")
        }
    }

    /// The log alone: money is accepted once, the ends are final, and nothing expired that was paid.
    private static func checkLog(_ world: PaymentSimulation, _ index: Int) {
        var counts: [PaymentStatus: Int] = [:]
        var status = PaymentStatus.pending
        var raised: Int64 = 0
        var reviewed: [String] = []
        for record in world.logs[index] {
            guard let json = try? JSONParser.parse(record.data),
                case .statusChanged(let transition)? = PaymentEvent(name: record.name, data: json)
            else { continue }
            #expect(transition.from == status && status.next.contains(transition.to), "seed \(world.seed)")
            status = transition.to
            counts[status, default: 0] += 1
            if status == .review {
                switch transition.evidence {
                case .slip(_, let proof): reviewed.append(proof.reference.transRef)
                case .charge(let charge): reviewed.append(charge.charge)
                default: break
                }
            }
            raised += status == .refunded ? transition.amount?.hundredths ?? 0 : 0
        }
        let payment = world.payments[index]
        #expect(status == payment.status && raised == payment.refunded.hundredths, "seed \(world.seed)")
        #expect(Set(reviewed).count == reviewed.count, "seed \(world.seed): a person was asked about it twice")
        #expect(counts[.accepted, default: 0] <= 1, "seed \(world.seed): accepted twice")
        #expect(counts[.expired, default: 0] <= 1 && counts[.cancelled, default: 0] <= 1, "seed \(world.seed)")
        #expect(raised <= payment.facts.amount.hundredths, "seed \(world.seed)")
    }

    @Test("The world is as bad as it should be")
    func coverage() {
        var names: [String: Int] = [:]
        var transitions: [String: Int] = [:]
        var words: Set<String> = []
        var (crashes, conflicts) = (0, 0)
        for seed in UInt64(0)..<150 {
            let world = PaymentSimulation(seed: seed)
            #expect(world.run() && world.settle())
            crashes += world.crashes
            conflicts += world.conflicts
            for record in world.logs.joined() {
                names[record.name, default: 0] += 1
                guard let json = try? JSONParser.parse(record.data) else { continue }
                if record.name == "status.changed" {
                    transitions["\(json["from"]?.string ?? "") \(json["to"]?.string ?? "")", default: 0] += 1
                }
                words.formUnion(["code", "reason"].compactMap { json[$0]?.string })
            }
        }
        for name in [
            "status.changed", "slip.stage", "slip.rejected", "timer.extended", "notice.received", "notice.delayed",
            "notice.ignored", "refund.requested", "refund.failed", "escrow.changed",
        ] { #expect(names[name, default: 0] > 10, "\(name): \(names[name, default: 0])") }
        for from in PaymentStatus.allCases {
            for to in from.next {
                let count = transitions["\(from.rawValue) \(to.rawValue)", default: 0]
                #expect(count > 0, "\(from) never became \(to)")
            }
        }
        #expect(crashes > 800 && conflicts > 3, "\(crashes) crashes, \(conflicts) conflicts")
        let rejections = SlipRejection.allCases.map(\.rawValue)
        let reviews: [PaymentReviewReason] = [.late, .receiverUnclear, .transferTime, .unverified]
        let failures = RefundFailure.allCases.map(\.rawValue)
        let missing = Set(rejections + reviews.map(\.rawValue) + failures + NoticeIgnorance.allCases.map(\.rawValue))
            .subtracting(words)
        #expect(missing.subtracting(["currency-mismatch", "unavailable"]) == [], "\(missing) never happened")
    }
}
