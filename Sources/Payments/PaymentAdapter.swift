package import Domain
package import HTTPClient
package import PaymentGateways
package import Ports
package import Primitives
internal import Reactor
internal import SlipQR

/// What the session of one payment calls outside.
///
/// Sendable because it is confined to its session's loop (`preconditionOnLoop` at every entry point).
package final class PaymentAdapter: PaymentServices, @unchecked Sendable {
    let address: SessionAddress
    let loop: EventLoop
    let merchant: MerchantAccounts
    private let client: HTTPClient
    private let slips: any SlipVerification
    private let pictures: HeldPictures
    private let claims: any SlipClaimStore
    private let store: any PaymentStore
    private var isClosed = false
    /// What is under way, to be cancelled at the end.
    private var transfers: [UInt64: HTTPTransfer] = [:]
    private var callCount: UInt64 = 0

    /// All of it is the loop's, but for the pictures; `slips` is this session's own.
    package init(
        address: SessionAddress, client: HTTPClient, slips: any SlipVerification, pictures: HeldPictures,
        claims: any SlipClaimStore, store: any PaymentStore, merchant: MerchantAccounts
    ) {
        self.address = address
        self.client = client
        loop = client.loop
        self.slips = slips
        self.pictures = pictures
        self.claims = claims
        self.store = store
        self.merchant = merchant
    }

    package var live: PaymentLive { PaymentLive(verifiers: slips.verifiers) }

    package func close() {
        loop.preconditionOnLoop()
        isClosed = true
        let open = transfers.values
        transfers = [:]
        for transfer in open { transfer.cancel() }
        slips.close()
    }

    /// The answer to a call for which nobody has to be asked.
    func answer<Answer: Sendable>(_ answer: Answer, _ completion: @escaping @Sendable (Answer) -> Void) {
        loop.afterwards { [self] in
            if !isClosed { completion(answer) }
        }
    }

    /// Sends, and reports what came once, in a later turn; nothing after `close()`.
    func send(_ request: HTTPClientRequest, _ receive: @escaping (Result<HTTPResponse, TransportFailure>) -> Void) {
        guard !isClosed else { return }
        callCount &+= 1
        let number = callCount
        transfers[number] = client.collect(request) { [self] result in
            guard transfers.removeValue(forKey: number) != nil else { return }
            receive(result)
        }
    }

    // MARK: Slips

    package func readSlip(_ source: PaymentSlip.Source, _ completion: @escaping @Sendable (QRAnswer) -> Void) {
        loop.preconditionOnLoop()
        switch source {
        case .payload(let text): answer(QRAnswer(payload: text), completion)
        case .image(let name):
            guard let picture = pictures.picture(name, of: address) else { return answer(.noImage, completion) }
            slips.readSlip(picture) { [self] answer in
                guard !isClosed else { return }
                // What was read stands for the picture, except where a provider has to read it itself.
                if answer != .none { pictures.release(name, of: address) }
                completion(answer)
            }
        }
    }

    package func holder(
        of reference: SlipReference, _ completion: @escaping @Sendable (HolderAnswer) -> Void
    ) {
        loop.preconditionOnLoop()
        claims.holder(tenant: address.tenant, bank: reference.bank.text, transRef: reference.transRef) {
            [self] result in
            guard !isClosed else { return }
            switch result {
            case .success(let holder?):
                completion(holder.hasPrefix(address.path + "/") ? .free : .taken)
            case .success(nil): completion(.free)
            case .failure: completion(.unavailable)
            }
        }
    }

    package func verify(
        _ round: VerificationRound, of source: PaymentSlip.Source?,
        _ completion: @escaping @Sendable (VerifierAnswer) -> Void
    ) {
        loop.preconditionOnLoop()
        let shown: ShownSlip
        switch (round.input, source) {
        case (.payload(let text), _): shown = .payload(text)
        case (.image, .image(let name)?):
            // It was held too long: whoever sent it sends it again.
            guard let picture = pictures.picture(name, of: address) else {
                return answer(.bad(.imageUnavailable), completion)
            }
            shown = .image(picture)
        case (.image, .payload?), (.image, nil): return answer(.bad(.imageUnavailable), completion)
        }
        slips.verify(shown, by: round.verifier) { [self] answer in
            guard !isClosed else { return }
            if case .image(let name)? = source, case .genuine = answer { pictures.release(name, of: address) }
            completion(answer)
        }
    }

    package func claim(
        _ reference: SlipReference, transferredAt: Timestamp?, slip: String,
        _ completion: @escaping @Sendable (ClaimAnswer) -> Void
    ) {
        loop.preconditionOnLoop()
        claims.claim(
            tenant: address.tenant, reference, transferredAt: transferredAt, account: address.path,
            transaction: slip
        ) { [self] answer in
            if !isClosed { completion(answer) }
        }
    }

    // MARK: Ledger

    package func checkBalance(
        of subject: String, covers amount: Money, _ completion: @escaping @Sendable (BalanceAnswer) -> Void
    ) {
        loop.preconditionOnLoop()
        store.balance(tenant: address.tenant, subject: subject, amount.currency) { [self] result in
            guard !isClosed else { return }
            switch result {
            case .success(let balance): completion(balance.subtracting(amount) == nil ? .short : .enough)
            case .failure: completion(.unavailable)
            }
        }
    }
}

extension QRAnswer {
    /// What the text of a QR code says.
    fileprivate init(payload: String) {
        do throws(SlipQRViolation) {
            let code = try SlipQR(payload)
            guard let bank = BankCode(code.sendingBank),
                let reference = SlipReference(bank: bank, transRef: code.reference)
            else {
                self = .foreign
                return
            }
            self = .slip(reference, payload: payload)
        } catch {
            self = .foreign
        }
    }
}
