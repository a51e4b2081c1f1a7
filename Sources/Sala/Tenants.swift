internal import Authentication
internal import Domain
internal import JSON
internal import Primitives

/// The tenants of this server: their keys, the pages that may connect, their host names.
///
/// The JSON form (`SALA_TENANTS`, and `keys.json` of `sala dev`):
/// `{"jeco":{"issuer":"sala","audience":"sala","keys":[{"kid":"k1","alg":"HS256","secret":"…"}],"origins":["https://…"],
/// "hosts":["api.example"],"operators":false,"singleDevice":false}}`. RS256 and ES256 keys have `publicKey` (PEM) and, where tokens are to be
/// signed with them, `privateKey`.
struct Tenants: Sendable {
    struct Key: Sendable {
        let kid: String
        let verification: VerificationKey
        /// Only where the configuration holds the private half.
        let signing: SigningKey?
    }

    struct Tenant: Sendable {
        let name: String
        let issuer: String
        let audience: String
        let keys: [Key]
        let origins: [Origin]
        let hosts: [String]
        /// Whether its keys may name operators, whose rights reach beyond the tenant.
        let namesOperators: Bool
        /// Whether a subject may be connected with one device at a time.
        let isSingleDevice: Bool
    }

    var all: [Tenant]

    /// Reads the JSON form; every problem is added to `problems` and what is sound is kept.
    init(json: JSONValue, problems: inout [String]) {
        all = []
        guard let members = json.object, !members.members.isEmpty else {
            problems.append("tenants: an object with at least one tenant is expected")
            return
        }
        for member in members.members {
            if let tenant = Tenant(name: member.name, json: member.value, problems: &problems) { all.append(tenant) }
        }
    }

    func tenant(_ name: String) -> Tenant? { all.first { $0.name == name } }

    var verifier: JWTVerifier {
        JWTVerifier(
            all.map { tenant in
                TenantKeys(
                    tenant: tenant.name, issuer: tenant.issuer, audience: tenant.audience,
                    roles: tenant.namesOperators ? Set(Role.allCases) : Set(Role.allCases).subtracting([.operator]),
                    keys: Dictionary(
                        tenant.keys.map { ($0.kid, $0.verification) }, uniquingKeysWith: { first, _ in first }))
            })
    }

    /// Of the tenants whose signing key is here, by name.
    var signers: [String: TenantSigner] {
        Dictionary(
            all.compactMap { tenant in tenant.signer.map { (tenant.name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    var hosts: [String: String] {
        var hosts: [String: String] = [:]
        for tenant in all { for host in tenant.hosts { hosts[host] = tenant.name } }
        return hosts
    }

    /// A token of `tenant`; throws a sentence that says why not.
    func sign(
        tenant name: String, subject: String, role: Role, grants: [Grant], ttl: Duration, now: Timestamp,
        standing: PlatformStanding? = nil
    ) throws(CommandFailure) -> Secret {
        guard let tenant = tenant(name) else {
            let known = all.map(\.name).sorted().joined(separator: ", ")
            throw CommandFailure(.usage, "sala: unknown tenant '\(name)'; known: \(known)")
        }
        guard role != .operator || tenant.namesOperators else {
            throw CommandFailure(.usage, "sala: the keys of tenant '\(name)' may not name operators")
        }
        guard let signer = tenant.signer else {
            throw CommandFailure(.configuration, "sala: tenant '\(name)' has no key to sign with")
        }
        do {
            return try signer.sign(
                subject: subject, role: role, grants: grants, issuedAt: now, expires: now.advanced(by: ttl),
                standing: standing)
        } catch {
            throw CommandFailure(.configuration, "sala: the key of tenant '\(name)' cannot sign")
        }
    }
}

extension Tenants.Tenant {
    /// With the first key whose private half is here.
    var signer: TenantSigner? {
        for key in keys {
            guard let signing = key.signing else { continue }
            return TenantSigner(
                tenant: name, issuer: issuer, audience: audience, signer: JWTSigner(key: signing, keyID: key.kid))
        }
        return nil
    }

    init?(name: String, json: JSONValue, problems: inout [String]) {
        let before = problems.count
        func problem(_ text: String) { problems.append("tenant \(name): \(text)") }
        guard (1...32).contains(name.utf8.count),
            name.utf8.allSatisfy({
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D
            })
        else {
            problem("a name has 1 to 32 of a–z, 0–9, _ and -")
            return nil
        }
        self.name = name
        issuer = json["issuer"]?.string ?? "sala"
        audience = json["audience"]?.string ?? "sala"
        namesOperators = json["operators"]?.bool ?? false
        isSingleDevice = json["singleDevice"]?.bool ?? false
        hosts = (json["hosts"]?.array ?? []).compactMap { $0.string?.lowercased() }
        var origins: [Origin] = []
        for value in json["origins"]?.array ?? [] {
            if let origin = value.string.flatMap({ Origin($0) }) {
                origins.append(origin)
            } else {
                problem("an origin is written as https://host or http://host:port")
            }
        }
        self.origins = origins
        var keys: [Tenants.Key] = []
        for value in json["keys"]?.array ?? [] {
            if let key = Tenants.Key(json: value, report: problem) { keys.append(key) }
        }
        self.keys = keys
        if keys.isEmpty { problem("it has no usable key") }
        if Set(keys.map(\.kid)).count != keys.count { problem("two keys have the same kid") }
        if problems.count > before { return nil }
    }
}

extension Tenants.Key {
    init?(json: JSONValue, report: (String) -> Void) {
        guard let kid = json["kid"]?.string, !kid.isEmpty else {
            report("a key has no kid")
            return nil
        }
        self.kid = kid
        do throws(KeyFailure) {
            switch json["alg"]?.string {
            case "HS256":
                guard let secret = json["secret"]?.string else { throw KeyFailure.unreadable }
                verification = try .hs256(Secret(secret))
                signing = try .hs256(Secret(secret))
            case "RS256":
                guard let pem = json["publicKey"]?.string else { throw KeyFailure.unreadable }
                verification = try .rs256(pem: pem)
                signing = try json["privateKey"]?.string.map { pem throws(KeyFailure) in try .rs256(pem: Secret(pem)) }
            case "ES256":
                guard let pem = json["publicKey"]?.string else { throw KeyFailure.unreadable }
                verification = try .es256(pem: pem)
                signing = try json["privateKey"]?.string.map { pem throws(KeyFailure) in try .es256(pem: Secret(pem)) }
            default:
                report("key \(kid): alg is HS256, RS256 or ES256")
                return nil
            }
        } catch .tooWeak {
            report("key \(kid): too short (an HS256 secret has at least 32 bytes, an RSA key 2048 bits)")
            return nil
        } catch {
            report("key \(kid): its secret or PEM text cannot be read")
            return nil
        }
    }
}
