internal import JSON
internal import Primitives

/// What opens a server: where it listens and a token a role, as `sala dev` writes them into dev.json; of another deployment, tokens
/// out of a file, or made with its key.
struct DevFacts {
    let http: Endpoint
    /// Nil: they are not ours to control.
    let standins: Endpoint?
    let customer: Secret
    let service: Secret
    /// The `sub` of the customer's token.
    let subject: String
    /// Whose customer and service they are.
    let tenant: String

    /// Where the document was.
    let path: String
    private let document: JSONValue
    /// Of the keys that sign tokens.
    private let keysPath: String

    static let tenant = "jeco"

    init(path: String) throws(LoadFailure) {
        try self.init(try Self.read(path), path: path, at: nil)
    }

    /// - Parameters:
    ///   - document: as dev.json: `tokens`, `http` unless `address` says where, `standins` if there are any, `secrets`.
    ///   - keysPath: nil: keys.json beside `path`.
    init(
        _ document: JSONValue, path: String, at address: Endpoint?, tenant: String = Self.tenant,
        keysPath: String? = nil
    ) throws(LoadFailure) {
        let tokens = document["tokens"]?[tenant]
        guard let customer = tokens?["customer"]?.string, let service = tokens?["service"]?.string else {
            throw LoadFailure(.usage, "\(path) has no tokens of \(tenant)'s roles customer and service")
        }
        guard let subject = Self.subject(of: customer) else {
            throw LoadFailure(.usage, "\(path): the customer's token is no JWT with a subject")
        }
        if let address {
            http = address
        } else if let url = document["http"]?.string {
            http = try Endpoint(url: url, authorities: document["ca"]?.string)
        } else {
            throw LoadFailure(.usage, "\(path) says no address \"http\"")
        }
        self.tenant = tenant
        if let url = document["standins"]?.string { standins = try Endpoint(url: url) } else { standins = nil }
        self.customer = Secret(customer)
        self.service = Secret(service)
        self.subject = subject
        self.path = path
        self.document = document
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        self.keysPath = keysPath ?? "\(folder)keys.json"
    }

    static func read(_ path: String) throws(LoadFailure) -> JSONValue {
        guard let bytes = TextFile.read(path) else { throw LoadFailure(.usage, "cannot read \(path)") }
        do { return try JSONParser.parse(bytes) } catch { throw LoadFailure(.usage, "\(path) is not JSON") }
    }

    /// The demo token of that role of any tenant.
    func token(_ tenant: String, _ role: String) throws(LoadFailure) -> Secret {
        guard let token = document["tokens"]?[tenant]?[role]?.string else {
            throw LoadFailure(.usage, "\(path) has no token of \(tenant)'s role \(role)")
        }
        return Secret(token)
    }

    /// The LINE accounts of that tenant, by id.
    func lineAccounts(of tenant: String) -> [String] {
        let secrets = document["secrets"]?["line"]?.object?.members ?? []
        return secrets.compactMap { member in
            member.name.hasPrefix("\(tenant)/") ? String(member.name.dropFirst(tenant.utf8.count + 1)) : nil
        }
    }

    /// What signs tokens of that tenant's people: out of keys.json, which `sala dev` keeps in the same folder, or the file given.
    func mint(_ tenant: String, now: Timestamp) throws(LoadFailure) -> TokenMint {
        try TokenMint(keys: try Self.read(keysPath), tenant: tenant, now: now)
    }

    /// The claim that the token makes; it was made for us, so its signature is not looked at.
    private static func subject(of token: String) -> String? {
        let parts = token.split(separator: ".")
        guard parts.count == 3, let claims = Base64.decodeURLSafe(Array(parts[1].utf8)) else { return nil }
        do { return try JSONParser.parse(claims)["sub"]?.string } catch { return nil }
    }
}
