package import Domain
internal import HTTPClient
internal import Multipart
package import Ports
internal import Primitives
internal import Reactor
internal import SlipProviders

extension LineAccountAdapter {
    /// A code that takes longer to find is left to a provider.
    static let maxReadingTime = Duration.seconds(20)

    package func readSlip(_ image: [UInt8], _ completion: @escaping @Sendable (QRAnswer) -> Void) {
        loop.preconditionOnLoop()
        let reading = Reading(completion)
        reading.timer = loop.schedule(after: Self.maxReadingTime) { [self] in finish(reading, .none) }
        reader(image, loop) { [self] answer in
            // Wherever the reader answers, and when.
            loop.submit { [self] in finish(reading, answer) }
        }
    }

    private func finish(_ reading: Reading, _ answer: QRAnswer) {
        guard let completion = reading.completion else { return }
        reading.completion = nil
        reading.timer?.cancel()
        if !isClosed { completion(answer) }
    }

    package func claim(
        _ claim: SlipClaim, transaction: String, _ completion: @escaping @Sendable (ClaimAnswer) -> Void
    ) {
        loop.preconditionOnLoop()
        claims.claim(
            tenant: address.tenant, claim.reference, account: address.id, transaction: transaction
        ) { [self] answer in
            if !isClosed { completion(answer) }
        }
    }

    /// Providers are not asked to remember slips: what they have seen before may have been our own question before a crash, and
    /// whether a transfer was used is for our own records to say.
    package func verify(
        _ evidence: ShownSlip, by verifier: String, _ completion: @escaping @Sendable (VerifierAnswer) -> Void
    ) {
        loop.preconditionOnLoop()
        guard let credential = book.verifiers(of: address.tenant).first(where: { $0.name == verifier }),
            let dialect = credential.dialect(at: endpoints)
        else { return answer(.fault(.configuration), completion) }
        let shown: SlipEvidence
        switch evidence {
        case .payload(let text): shown = .payload(text)
        case .image(let bytes):
            guard let image = SlipImage(bytes) else { return answer(.bad(.unreadable), completion) }
            shown = .image(image)
        }
        let request = dialect.request(SlipQuestion(shown), boundary: MultipartBoundary(from: random))
        send(request) { result in
            switch result {
            case .success(let response): completion(VerifierAnswer(dialect.answer(response), to: evidence))
            case .failure(let failure):
                completion(VerifierAnswer(.failure(VerificationFailure(failure)), to: evidence))
            }
        }
    }
}

extension SlipVerifierCredential {
    /// `easyslip-v2/tenant`, `slipok/shared`: one a credential, because a tenant has at most one of each provider.
    package var name: String { "\(provider.rawValue)/\(tenant == nil ? "shared" : "tenant")" }

    /// nil when the credential is not whole.
    func dialect(at endpoints: LineEndpoints) -> (any SlipDialect)? {
        guard !token.isEmpty else { return nil }
        switch provider {
        case .easyslip1, .easyslip2:
            var configuration = EasySlipDialect.Configuration(version: provider == .easyslip1 ? .v1 : .v2, key: token)
            configuration.baseURL = provider == .easyslip1 ? endpoints.easyslip1 : endpoints.easyslip2
            return EasySlipDialect(configuration)
        case .slipok:
            guard let branch, !branch.isEmpty, branch.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            var configuration = SlipOKDialect.Configuration(branch: branch, key: token)
            configuration.baseURL = endpoints.slipok
            return SlipOKDialect(configuration)
        }
    }
}

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

/// One image that is looked at. Sendable because it is confined to the adapter's loop.
private final class Reading: @unchecked Sendable {
    /// nil once it is called.
    var completion: (@Sendable (QRAnswer) -> Void)?
    var timer: ScheduledTimer?

    init(_ completion: @escaping @Sendable (QRAnswer) -> Void) { self.completion = completion }
}
