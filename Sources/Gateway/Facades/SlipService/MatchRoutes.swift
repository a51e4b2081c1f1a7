internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives

/// `POST /api/scan/match-account` and `…/search-user`: whose account received a transfer, and which user sent it, by the rules by
/// which slips from LINE are decided. Where more than one could be meant the answer is none.
enum MatchRoutes {
    static func account(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let fields = try BodyFields(request.http)
        let names = TextRule.words(SlipServiceLimits.maxPartyCharacters)
        let account = try fields.text(optional: "receiverAccount", .maskedNumber)
        let name = try fields.text(optional: "receiverName", names)
        let ref3 = try fields.text(optional: "receiverRef3", names)
        let bank = try bank(fields, "receiverBank")
        guard account != nil || name != nil || ref3 != nil else {
            throw .invalid("receiverAccount, receiverName or receiverRef3", "is needed")
        }
        let tenant = try request.tenant(named: tenantID(fields)).tenant.id
        // Some billers' names stand in the third reference only.
        let parties = [name ?? ref3, name == nil ? nil : ref3].compactMap { $0 }.map {
            SlipParty(named: $0, bank: bank, account: account)
        }
        withAccounts(of: tenant, request) { list in
            for party in parties.isEmpty ? [SlipParty(bank: bank, account: account)] : parties {
                switch AccountMatcher.match(party, in: list) {
                case .one(let match):
                    return request.respond([
                        "matched": true, "accountId": .string(match.account),
                        "matchMethod": .string(match.method.rawValue),
                    ])
                case .ambiguous: return request.respond(["matched": false])
                case .none: continue
                }
            }
            request.respond(["matched": false])
        }
    }

    /// The account list, while it is new enough; else a new one.
    private static func withAccounts(
        of tenant: String, _ request: SlipServiceRequest, _ use: @escaping @Sendable (AccountList) -> Void
    ) {
        let services = request.gateway.slipServices(of: tenant)
        let live = services.live
        let now = request.routed.services.identity.time.wallClock
        if let list = live.accounts, now < list.loadedAt.advanced(by: live.accountsLifetime) { return use(list) }
        services.loadAccounts { answer in
            switch answer {
            case .loaded(let list): use(list)
            case .unavailable: request.refuse(.backEndUnavailable)
            case .adminExpired: request.refuse(.adminExpired)
            }
        }
    }

    static func user(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let fields = try BodyFields(request.http)
        let name = try fields.text("searchName", .words(SlipServiceLimits.maxPartyCharacters))
        let sender = SlipParty(
            named: name, bank: try bank(fields, "bankName"),
            account: try fields.text(optional: "maskedAccount", .maskedNumber))
        let tenant = try request.tenant(named: tenantID(fields)).tenant.id
        request.gateway.slipServices(of: tenant).searchUsers(sender) { answer in
            switch answer {
            case .unavailable: request.refuse(.backEndUnavailable)
            case .adminExpired: request.refuse(.adminExpired)
            case .found(let candidates):
                guard case .one(let match) = UserMatcher.match(sender, among: candidates),
                    let user = candidates.first(where: { $0.id == match.user })
                else { return request.respond(["user": .null]) }
                request.respond(["user": user.json, "matchMethod": .string(match.method.rawValue)])
            }
        }
    }

    static func tenantID(_ fields: BodyFields) throws(SlipServiceRefusal) -> String? {
        try fields.text(optional: "tenantId", .bytes(SlipServiceLimits.maxIDBytes))
    }

    /// A bank that is not known says nothing: it neither agrees nor contradicts.
    private static func bank(_ fields: BodyFields, _ name: String) throws(SlipServiceRefusal) -> BankCode? {
        try fields.text(optional: name, .words(SlipServiceLimits.maxNameCharacters)).flatMap(BankShortName.bank)
    }
}

extension SlipServiceRefusal {
    static let backEndUnavailable = Self(
        .serviceUnavailable, "the tenant's back end does not answer", retryAfterSeconds: 5)

    /// The document's 401: the session at the back end, not the token of this request.
    static let adminExpired = Self(.unauthorized, "the administrator's session has expired: log in again")
}

extension SlipParty {
    /// A name in whichever script it is.
    fileprivate init(named name: String, bank: BankCode?, account: String?) {
        let isThai = name.unicodeScalars.contains { (0x0E00...0x0E7F).contains($0.value) }
        self.init(
            thaiName: isThai ? name : nil, englishName: isThai ? nil : name, bank: bank, account: account)
    }
}

extension UserCandidate {
    /// Phone numbers are not taken over from back ends.
    fileprivate var json: JSONValue {
        [
            "id": .string(id), "memberCode": JSONValue(memberCode), "fullname": .string(fullName),
            "bankAccount": JSONValue(bankAccount), "phone": .null,
        ]
    }
}
