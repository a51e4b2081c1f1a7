package import Domain
package import Ports
package import Reactor

/// LINE, the slip services and a back end that say what a test tells them to. Answers come in a later turn; those that are `nil`
/// wait until the test gives them. Confined to the test's loop.
package final class ScriptedLineServices: LineAccountServices, @unchecked Sendable {
    /// What was called, in order.
    package enum Call: Sendable, Equatable {
        case image(String)
        case read(Int)
        case claim(SlipClaim, transaction: String)
        case verify(ShownSlip, String)
        case accounts
        case users(SlipParty)
        case submit(CreditOrder)
        case ask(CreditOrder)
        case tell(Telling)
        case loading(String)
        case quota
    }

    package struct Script: Sendable {
        package var live: LineAccountLive
        package var image: FetchedImage? = .image([0xFF, 0xD8, 0xFF])
        package var qr: QRAnswer? = QRAnswer.none
        package var claim: ClaimAnswer? = .claimed
        package var verification: VerifierAnswer?
        package var accounts: AccountsAnswer?
        package var users: UsersAnswer?
        package var credit: CreditAnswer? = .accepted(reference: "B-1")
        package var asked: CreditAskAnswer? = .absent
        package var telling: TellingAnswer? = .accepted
        package var quota: QuotaReport?

        package init(live: LineAccountLive = LineAccountLive(verifiers: ["scripted"])) { self.live = live }
    }

    package let loop: EventLoop
    package var script: Script
    package private(set) var calls: [Call] = []
    package private(set) var isClosed = false
    /// Answers that the script left open, oldest first.
    package private(set) var open: [(call: Call, answer: (Script) -> Bool)] = []

    package init(loop: EventLoop, script: Script = Script()) {
        self.loop = loop
        self.script = script
    }

    package var live: LineAccountLive { script.live }
    package var verifiers: [String] { script.live.verifiers }

    private func answer<Answer: Sendable>(
        _ call: Call, _ value: @escaping (Script) -> Answer?, _ completion: @escaping @Sendable (Answer) -> Void
    ) {
        calls.append(call)
        guard let answer = value(script) else {
            open.append(
                (
                    call,
                    { script in
                        guard let answer = value(script) else { return false }
                        completion(answer)
                        return true
                    }
                ))
            return
        }
        loop.submit { completion(answer) }
    }

    /// Gives the open answers that the script has now.
    package func answerOpen() {
        let waiting = open
        open = []
        for entry in waiting where !entry.answer(script) { open.append(entry) }
    }

    package func fetchImage(message: String, _ completion: @escaping @Sendable (FetchedImage) -> Void) {
        answer(.image(message), { $0.image }, completion)
    }

    package func readSlip(_ image: [UInt8], _ completion: @escaping @Sendable (QRAnswer) -> Void) {
        answer(.read(image.count), { $0.qr }, completion)
    }

    package func claim(
        _ claim: SlipClaim, transaction: String, _ completion: @escaping @Sendable (ClaimAnswer) -> Void
    ) { answer(.claim(claim, transaction: transaction), { $0.claim }, completion) }

    package func verify(
        _ evidence: ShownSlip, by verifier: String, _ completion: @escaping @Sendable (VerifierAnswer) -> Void
    ) { answer(.verify(evidence, verifier), { $0.verification }, completion) }

    package func loadAccounts(_ completion: @escaping @Sendable (AccountsAnswer) -> Void) {
        answer(.accounts, { $0.accounts }, completion)
    }

    package func searchUsers(_ sender: SlipParty, _ completion: @escaping @Sendable (UsersAnswer) -> Void) {
        answer(.users(sender), { $0.users }, completion)
    }

    package func submit(
        _ order: CreditOrder, transaction: String, _ completion: @escaping @Sendable (CreditAnswer) -> Void
    ) { answer(.submit(order), { $0.credit }, completion) }

    package func ask(_ order: CreditOrder, _ completion: @escaping @Sendable (CreditAskAnswer) -> Void) {
        answer(.ask(order), { $0.asked }, completion)
    }

    package func tell(_ telling: Telling, _ completion: @escaping @Sendable (TellingAnswer) -> Void) {
        answer(.tell(telling), { $0.telling }, completion)
    }

    package func showLoading(user: String) { calls.append(.loading(user)) }

    package func readQuota(_ completion: @escaping @Sendable (QuotaReport?) -> Void) {
        calls.append(.quota)
        let quota = script.quota
        loop.submit { completion(quota) }
    }

    package func close() {
        isClosed = true
        open = []
    }
}

extension SessionAddress {
    package static let lineAccount = SessionAddress(tenant: "company_a", kind: .lineAccount, id: "oa-1")
}
