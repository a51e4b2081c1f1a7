internal import HTTP1
internal import JSON
internal import Primitives
internal import Transport

/// The back ends of all tenants, `/backend/{tenant}`: each comes into being when it is first asked for.
final class BackendStandin: Standin {
    static let maxTenants = 64
    /// Accounts or users that a control puts in.
    static let maxListed = 10_000

    let name = "backend"
    private let random: any RandomSource
    private var common = TenantBackend.Settings()
    private var tenants: [String: TenantBackend] = [:]

    init(random: any RandomSource) { self.random = random }

    /// Nil when there are too many.
    func tenant(_ name: String) -> TenantBackend? {
        if let backend = tenants[name] { return backend }
        guard !name.isEmpty, tenants.count < Self.maxTenants else { return nil }
        let backend = TenantBackend(name, common, random: random)
        tenants[name] = backend
        return backend
    }

    /// Whether a tenant takes money on that account.
    func account(_ account: String) -> BackendAccount? {
        tenants.values.lazy.flatMap(\.accounts).first { $0.party.account == account }
    }

    func receive(_ call: StandinCall) {
        guard let name = call.segments.first, let backend = tenant(name) else {
            return call.respond(.refusal(.notFound, "Not found"))
        }
        backend.receive(call, Array(call.segments.dropFirst()))
    }

    func failure(_ status: Int) -> HTTPResponse {
        .refusal(HTTPStatus(code: status) ?? .internalServerError, "The back end has a fault")
    }

    // MARK: Controls

    /// Members count for the tenant that `tenant` names, else for all, those to come included; `accounts` and `users` are one
    /// tenant's.
    func change(_ members: JSONObject) throws(BehaviourError) {
        let named = members["tenant"]?.string
        var subject: TenantBackend?
        if members["tenant"] != nil {
            guard let named, let backend = tenant(named) else { throw BehaviourError("no such tenant") }
            subject = backend
        }
        var next = subject?.settings ?? common
        var expires = false
        var accounts: [BackendAccount]?
        var users: [BackendUser]?
        for member in members.members where member.name != "tenant" {
            switch member.name {
            case "expired": expires = try member.flag()
            case "creditAnswer":
                guard member.value.isNull || member.value.string == "lost" else {
                    throw BehaviourError("creditAnswer is \"lost\" or null")
                }
                next.losesAnswers = !member.value.isNull
                next.lostTimes = nil
            case "lostTimes": break
            case "refuse":
                guard let refuses = member.value.bool else {
                    next.refusal = try member.text()
                    continue
                }
                next.refusal = refuses ? "Credits are not taken now" : nil
            case "accounts": accounts = try member.list(BackendAccount.init)
            case "users": users = try member.list(BackendUser.init)
            default: throw .unknown(member)
            }
        }
        // Behind `creditAnswer`, wherever it stands.
        for member in members.members where member.name == "lostTimes" { next.lostTimes = try member.count() }
        guard subject != nil || (accounts == nil && users == nil) else {
            throw BehaviourError("accounts and users are of one tenant")
        }
        if subject == nil { common = next }
        for backend in subject.map({ [$0] }) ?? Array(tenants.values) {
            backend.settings = next
            if expires { backend.expireSessions() }
            if let accounts { backend.accounts = accounts }
            if let users { backend.users = users }
        }
    }

    var settings: JSONObject {
        [
            "creditAnswer": common.losesAnswers ? "lost" : nil,
            "lostTimes": JSONValue(common.lostTimes.map(Int64.init)),
            "refuse": JSONValue(common.refusal), "tenants": .array(tenants.keys.sorted().map(JSONValue.string)),
        ]
    }

    /// The ledgers stay: `DELETE …/ledger` empties one.
    func reset() {
        common = TenantBackend.Settings()
        for backend in tenants.values { backend.reset(common) }
    }

    func control(_ exchange: HTTPExchange, _ path: ArraySlice<String>) -> Bool {
        guard path.count == 1, let resource = path.first, ["ledger", "users"].contains(resource) else { return false }
        guard let backend = exchange.request.query["tenant"].flatMap(tenant) else {
            exchange.respond(.json(.badRequest, ["error": "?tenant= names a tenant"]))
            return true
        }
        switch (exchange.request.method, resource) {
        case (.get, "ledger"): exchange.respond(.json(.ok, backend.ledger.json))
        case (.delete, "ledger"):
            backend.clearLedger()
            exchange.respond(HTTPResponse(status: .noContent))
        // Whom the back end knows; with `line`, the one who uses that LINE account.
        case (.get, "users"):
            let users = exchange.request.query["line"].map { backend.user(ofLINE: $0).map { [$0] } ?? [] }
            exchange.respond(.json(.ok, ["users": .array((users ?? backend.users).map(\.json))]))
        default: return false
        }
        return true
    }
}

extension JSONObject.Member {
    fileprivate func list<Item>(_ make: (JSONValue) throws(BehaviourError) -> Item) throws(BehaviourError) -> [Item] {
        guard let values = value.array, values.count <= BackendStandin.maxListed else {
            throw BehaviourError("\(name) is an array of at most \(BackendStandin.maxListed)")
        }
        var items: [Item] = []
        for value in values { items.append(try make(value)) }
        return items
    }
}

extension BackendAccount {
    fileprivate init(_ json: JSONValue) throws(BehaviourError) {
        guard let id = json["id"]?.string, let number = json["accountNumber"]?.string,
            let bank = json["bank"]?.string.flatMap(Bank.init)
        else { throw BehaviourError("an account has id, accountNumber and a known bank") }
        self.init(
            id: id,
            party: Slip.Party(
                nameTh: json["nameTh"]?.string, nameEn: json["nameEn"]?.string, account: number, bank: bank))
    }
}

extension BackendUser {
    fileprivate init(_ json: JSONValue) throws(BehaviourError) {
        guard let id = json["id"]?.string, let number = json["bankAccount"]?.string,
            let bank = json["bank"]?.string.flatMap(Bank.init)
        else { throw BehaviourError("a user has id, bankAccount and a known bank") }
        self.init(
            id: id, memberCode: json["memberCode"]?.string ?? id,
            party: Slip.Party(
                nameTh: json["fullname"]?.string ?? json["nameTh"]?.string, nameEn: json["nameEn"]?.string,
                account: number, bank: bank),
            phone: json["phone"]?.string ?? "")
    }
}
