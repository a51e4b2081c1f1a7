internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Reactor

/// `POST /api/scan/submit-credit` and `GET /api/scan/check-duplicate`: a transfer is credited once in a tenant, whether it came
/// through LINE or through here.
enum CreditRoutes {
    static func submit(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let fields = try BodyFields(request.http, exact: true)
        let claim = try CreditClaim(fields)
        let settings = try request.tenant(named: MatchRoutes.tenantID(fields))
        let services = request.gateway.slipServices(of: settings.tenant.id)
        if let list = services.live.accounts, !list.accounts.contains(where: { $0.id == claim.toAccount }) {
            throw .invalid("toAccountId", "is no account of the tenant")
        }
        let key = OpenCredits.Key(tenant: settings.tenant.id, reference: claim.reference)
        if case .wait(let wait) = request.gateway.openCredits.begin(key, at: request.gateway.loop.time.now) {
            throw .undecided(wait)
        }
        CreditSubmission(request: request, services: services, key: key, claim: claim).begin()
    }

    static func check(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let query = request.http.query
        let rule = TextRule.visible(SlipReference.maxTransRefBytes)
        guard let ref = query["ref"], !ref.isEmpty else { throw .invalid("ref", "is missing") }
        guard rule.isValid(ref) else { throw .invalid("ref", rule.words) }
        var bank: BankCode?
        if let name = query["bank"] {
            guard let code = BankShortName.bank(name) else { throw .invalid("bank", "is no bank") }
            bank = code
        }
        let tenant = try request.tenant(named: query["tenantId"]).tenant.id
        request.own.claims.holder(tenant: tenant, bank: bank?.text, transRef: ref) { result in
            guard case .success(let holder) = result else { return request.refuse(.storeUnavailable) }
            request.respond([
                "isDuplicate": .bool(holder != nil), "transRef": .string(ref),
                "message": holder == nil
                    ? "Transaction reference is new" : "Transaction reference has been used before",
            ])
        }
    }
}

/// What `submit-credit` says: the transfer, its amount, who gets it.
struct CreditClaim: Sendable {
    /// The account under which references are claimed that came through the API. No LINE account has this id.
    static let account = "api"

    let reference: SlipReference
    let amount: Satang
    let toAccount: String
    let user: String

    /// The reference's own: the same transfer is the same transaction.
    var transaction: String { reference.bank.text + "-" + reference.transRef }
    var holder: String { Self.account + "/" + transaction }

    init(_ fields: BodyFields) throws(SlipServiceRefusal) {
        // As `verify-slip` answers it, or the parts inside.
        var slip = fields["slipData"] ?? .null
        for _ in 0..<2 { if let inner = slip["data"] { slip = inner } }
        guard slip.object != nil else { throw .invalid("slipData", "is missing") }
        let sender = slip["sender"]
        let names = [sender?["account"]?["bank"], sender?["bank"]].flatMap { [$0?["id"], $0?["short"]] }
        guard let name = names.lazy.compactMap({ $0?.string ?? $0?.integer.map { String($0) } }).first else {
            throw .invalid("slipData.sender.account.bank.short", "is missing")
        }
        guard let bank = BankShortName.bank(name) else {
            throw .invalid("slipData.sender.account.bank.short", "is no bank")
        }
        guard let transRef = slip["transRef"]?.string else { throw .invalid("slipData.transRef", "is missing") }
        guard let reference = SlipReference(bank: bank, transRef: transRef) else {
            throw .invalid("slipData.transRef", TextRule.visible(SlipReference.maxTransRefBytes).words)
        }
        guard let amount = Self.amount(slip["amount"]?["amount"]), amount > .zero else {
            throw .invalid("slipData.amount.amount", "is an amount of baht with two decimals at most")
        }
        self.reference = reference
        self.amount = amount
        let id = TextRule.bytes(SlipServiceLimits.maxBackEndIDBytes)
        toAccount = try fields.text("toAccountId", id)
        guard let user = fields["user"]?["id"]?.string, id.isValid(user) else { throw .invalid("user.id", id.words) }
        self.user = user
    }

    /// By its digits; a number with an exponent is none.
    private static func amount(_ value: JSONValue?) -> Satang? {
        switch value {
        case .integer(let baht)?: Satang(decimal: String(baht))
        case .string(let digits)?: Satang(decimal: digits)
        default: nil
        }
    }

    func order(attempt: Int) -> CreditOrder {
        CreditOrder(
            key: CreditOrder.key(of: reference), attempt: attempt, reference: reference, amount: amount,
            account: toAccount, user: user)
    }
}

/// One credit on its way: the reference is taken first; one that this API has taken before is asked about before anything is sent
/// again.
private struct CreditSubmission: Sendable {
    let request: SlipServiceRequest
    let services: any LineAccountServices
    let key: OpenCredits.Key
    let claim: CreditClaim

    func begin() {
        request.own.claims.holder(
            tenant: key.tenant, bank: claim.reference.bank.text, transRef: claim.reference.transRef
        ) {
            result in
            switch result {
            case .failure: refuse(.storeUnavailable)
            case .success(nil): take()
            case .success(claim.holder?):
                if let wait = request.gateway.openCredits.unsettled(at: request.gateway.loop.time.now) {
                    return refuse(.undecided(wait))
                }
                ask(attempt: 2) { submit(attempt: 2) }
            case .success: refuse(.duplicate)
            }
        }
    }

    private func take() {
        request.own.claims.claim(
            tenant: key.tenant, claim.reference, account: CreditClaim.account, transaction: claim.transaction
        ) { answer in
            switch answer {
            case .claimed: submit(attempt: 1)
            case .taken: refuse(.duplicate)
            case .unavailable: refuse(.storeUnavailable)
            }
        }
    }

    /// What became of the credit; `absent` runs when the back end says that there is none.
    private func ask(attempt: Int, absent: @escaping @Sendable () -> Void) {
        services.ask(claim.order(attempt: attempt)) { answer in
            switch answer {
            case .found(claim.amount, _): succeed()
            case .found:
                refuse(
                    SlipServiceRefusal(
                        .internalServerError, "the back end has a credit of another amount for this transfer"))
            case .absent: absent()
            case .unclear: refuse(.unclearCredit)
            case .adminExpired: refuse(.adminExpired)
            }
        }
    }

    private func submit(attempt: Int) {
        services.submit(claim.order(attempt: attempt), transaction: claim.transaction) { answer in
            switch answer {
            case .accepted: succeed()
            case .duplicate where attempt == 1: refuse(.duplicate)
            // It may be ours, which came late.
            case .duplicate: ask(attempt: attempt) { refuse(.duplicate) }
            case .refused: refuse(SlipServiceRefusal(.badRequest, "Credit submission failed: the back end refused it"))
            case .adminExpired: refuse(.adminExpired)
            case .unsent: refuse(.backEndUnavailable)
            case .unclear: refuse(.unclearCredit, isUnclear: true)
            }
        }
    }

    private func succeed() {
        end(isUnclear: false)
        request.respond(["success": true])
    }

    private func refuse(_ refusal: SlipServiceRefusal, isUnclear: Bool = false) {
        end(isUnclear: isUnclear)
        request.refuse(refusal)
    }

    private func end(isUnclear: Bool) {
        request.gateway.openCredits.end(key, isUnclear: isUnclear, at: request.gateway.loop.time.now)
    }
}

extension SlipServiceRefusal {
    fileprivate static let unclearCredit = Self(
        .internalServerError,
        "Credit submission failed: whether the back end made it is not known. The same request may be repeated safely.",
        retryAfterSeconds: SlipRetryPolicy.creditSettleTime.components.seconds)

    fileprivate static func undecided(_ wait: Duration) -> Self {
        Self(
            .serviceUnavailable,
            "what became of this credit is not decided yet; the same request may be repeated safely",
            retryAfterSeconds: max(1, (wait.wholeMillisecondsRoundedUp + 999) / 1_000))
    }
}
