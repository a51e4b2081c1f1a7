internal import Domain
internal import Ports
internal import Primitives
internal import SlipProviders

extension VerifierAnswer {
    /// A verdict only where the provider speaks of the slip. What is wrong with the provider, with our credentials or our
    /// question is a fault, after which another provider is asked, or a person.
    init(_ answer: Result<VerifiedSlip, VerificationFailure>, to evidence: ShownSlip) {
        switch answer {
        case .success(let slip): self = .genuine(SlipReport(slip))
        case .failure(let failure): self.init(failure, to: evidence)
        }
    }

    private init(_ failure: VerificationFailure, to evidence: ShownSlip) {
        switch failure {
        case .invalid: self = .bad(.notASlip)
        case .expired: self = .bad(.expired)
        case .unreadableImage:
            // Said of an image only: of a text it makes no sense.
            if case .image = evidence { self = .bad(.unreadable) } else { self = .fault(.unclear) }
        case .notFoundYet: self = .notFound
        case .pending(let wait): self = .pending(after: wait)
        // Genuine. Whether it was used is for our own records to say.
        case .duplicate(let slip?): self = .genuine(SlipReport(slip, wasSeenBefore: true))
        // Genuine. The provider's list of accounts may be older than the tenant's, which is what decides.
        case .amountMismatch(let slip?), .receiverMismatch(let slip?): self = .genuine(SlipReport(slip))
        case .duplicate(nil), .amountMismatch(nil), .receiverMismatch(nil): self = .fault(.unclear)
        case .quota: self = .fault(.quota)
        case .unauthorized, .badRequest: self = .fault(.configuration)
        case .outage, .notSent: self = .fault(.unavailable)
        case .unclear: self = .fault(.unclear)
        }
    }
}

extension SlipReport {
    init(_ slip: VerifiedSlip, wasSeenBefore: Bool = false) {
        let sendingBank = slip.sendingBank.flatMap { BankCode(named: $0) }
        self.init(
            bank: sendingBank, transRef: slip.transRef, amount: slip.amount, transferredAt: slip.time,
            sender: SlipParty(slip.sender, sendingBank),
            receiver: SlipParty(slip.receiver, slip.receivingBank.flatMap { BankCode(named: $0) }),
            wasSeenBefore: wasSeenBefore)
    }
}

extension SlipParty {
    fileprivate init(_ party: VerifiedParty, _ bank: BankCode?) {
        let most = BackEndLimits().maxTextBytes
        self.init(
            thaiName: SlipText.clean(party.nameThai, maxBytes: most),
            englishName: SlipText.clean(party.nameEnglish, maxBytes: most), bank: bank,
            account: SlipText.clean(party.account?.masked, maxBytes: most),
            proxy: SlipText.clean(party.proxy?.masked, maxBytes: most))
    }
}
