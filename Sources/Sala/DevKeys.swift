internal import Authentication
internal import Domain
internal import JSON
internal import Primitives
internal import Reactor
internal import TLS

/// The keys of `sala dev`: made at the first start, kept in `--data/keys.json`, readable by their owner only.
enum DevKeys {
    /// One per platform, and one for who runs the server.
    static let tenants = ["jeco", "company_a", "baanfoodie", "trusttrade", "pawnshop"]
    static let operatorTenant = "sala"

    /// The member of `secrets.json` and `dev.json` with what we show when we ask a gateway.
    static let apiKeys = "apiKeys"

    /// The member of `secrets.json` with the key of the service account at the stand-in for Firebase.
    static let fcmKey = "fcmKey"

    static func path(in data: String) -> String { data + "/keys.json" }

    static func load(from data: String) throws(CommandFailure) -> Tenants {
        let path = path(in: data)
        let content: [UInt8]
        do {
            content = try FileSystem.read(path)
        } catch {
            throw CommandFailure(
                .configuration, "sala: no keys in '\(data)': run 'sala dev --data \(data)' once (\(error.message))")
        }
        var problems: [String] = []
        do {
            let tenants = Tenants(json: try JSONParser.parse(content), problems: &problems)
            guard problems.isEmpty else {
                throw CommandFailure(.configuration, "sala: \(path): \(problems.joined(separator: "; "))")
            }
            return tenants
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.configuration, "sala: \(path) is not JSON")
        }
    }

    /// `ports`: where pages of this server are served from.
    static func loadOrMake(in data: String, random: any RandomSource) throws(CommandFailure) -> Tenants {
        if !FileSystem.exists(path(in: data)) {
            var document = JSONObject()
            for name in tenants + [operatorTenant] {
                let secret = Base64.encodeURLSafe(random.bytes(32))
                document[name] = [
                    "issuer": "sala-dev", "audience": "sala", "operators": .bool(name == operatorTenant),
                    "keys": [["kid": .string("\(name)-dev"), "alg": "HS256", "secret": .string(secret)]],
                ]
            }
            do {
                try FileSystem.write(JSONValue.object(document).bytes, to: path(in: data), mode: 0o600)
            } catch {
                throw CommandFailure(.unavailable, "sala: \(error.message)")
            }
        }
        return try load(from: data)
    }

    /// The demo secrets of the providers that call us (`dev.json`) and `apiKeys`, kept in `--data/secrets.json`.
    static func secrets(in data: String, random: any RandomSource) throws(CommandFailure) -> JSONValue {
        let path = data + "/secrets.json"
        func secret() -> JSONValue { .string(Base64.encodeURLSafe(random.bytes(24))) }
        do {
            var document: JSONObject = [:]
            if FileSystem.exists(path) {
                document = try JSONParser.parse(try FileSystem.read(path)).object ?? [:]
            }
            // What a later release has more is added to what an earlier one made.
            let before = document
            var line = document["line"]?.object ?? [:]
            for account in DevSlipTenants.accounts {
                let name = "\(DevSlipTenants.tenant)/\(account)"
                line[name] = line[name] ?? secret()
            }
            document["line"] = .object(line)
            for name in DevGateways.names {
                if document[name].map({ isSecret($0, of: name) }) != true {
                    document[name] = gatewaySecret(name, random)
                }
            }
            var keys = document[apiKeys]?.object ?? [:]
            for (name, prefix) in [("omise", "skey_test_"), ("paymongo", "sk_test_"), ("slipok", "SLIPOK")] {
                keys[name] = keys[name] ?? .string(prefix + random.identifier("").dropFirst())
            }
            document[apiKeys] = .object(keys)
            document[fcmKey] = try document[fcmKey] ?? .string(rsaKey(random))
            if document != before { try FileSystem.write(JSONValue.object(document).bytes, to: path, mode: 0o600) }
            return .object(document)
        } catch let failure as FileSystem.Failure {
            throw CommandFailure(.unavailable, "sala: \(failure.message)")
        } catch let failure as TLSFailure {
            throw CommandFailure(.unavailable, "sala: no key can be made: \(failure)")
        } catch {
            throw CommandFailure(.configuration, "sala: \(path) is not JSON")
        }
    }

    /// A new RSA key in PEM.
    private static func rsaKey(_ random: any RandomSource) throws -> String {
        let now = SystemTime().wallClock
        let made = try LocalAuthority.make(name: "sala dev", now: now, random: random)
        let authority = try LocalAuthority(
            certificate: PEMFile(name: "certificate", content: made.certificate),
            key: PEMFile(name: "key", content: made.key))
        let issued = try authority.issue(now: now, lifetime: .seconds(86_400), kind: .rsa2048, random: random)
        return String(decoding: issued.key, as: UTF8.self)
    }

    /// In the gateway's own form.
    private static func gatewaySecret(_ name: String, _ random: any RandomSource) -> JSONValue {
        switch name {
        // Its key is what this is the base 64 of.
        case "omise": .string(Base64.encode(random.bytes(32)))
        case "paymongo": .string("whsk_" + random.identifier("").dropFirst())
        default: .string(Base64.encodeURLSafe(random.bytes(24)))
        }
    }

    /// Whether one of an earlier release can stay.
    private static func isSecret(_ secret: JSONValue, of name: String) -> Bool {
        guard let text = secret.string, !text.isEmpty else { return false }
        return name != "omise" || Base64.decode(text.utf8) != nil
    }

    /// The key of tenants' secrets in the demo store, kept in `--data/sealing-key`.
    static func sealingKeys(in data: String, random: any RandomSource) throws(CommandFailure) -> SealingKeys {
        let path = data + "/sealing-key"
        do {
            if !FileSystem.exists(path) {
                try FileSystem.write(Array("dev:\(Base64.encode(random.bytes(32)))".utf8), to: path, mode: 0o600)
            }
            return try SealingKeys(Secret(String(decoding: try FileSystem.read(path), as: UTF8.self)))
        } catch let failure as FileSystem.Failure {
            throw CommandFailure(.unavailable, "sala: \(failure.message)")
        } catch {
            throw CommandFailure(.configuration, "sala: \(path): \(error)")
        }
    }

    /// The demo people of each tenant.
    static let roles: [(role: Role, subject: String)] = [
        (.customer, "u_1"), (.provider, "p_1"), (.rider, "r_1"), (.staff, "s_1"), (.admin, "a_1"),
        (.service, "backend"),
    ]
    static let lifetime = Duration.seconds(30 * 86_400)

    /// What Pawn Shop's tokens say of its people: all may chat, administrators may do everything.
    private static func pawnshopStanding(_ role: Role) -> PlatformStanding {
        switch role {
        case .admin:
            PlatformStanding(
                menus: ["Chat", "Dashboard", "Gold Price", "Log", "Metrics", "Reports"],
                permissions: ["READ:ActivityLog", "DELETE:ActivityLog", "READ:Report", "SYNC:Data"])
        case .staff: PlatformStanding(menus: ["Chat", "Dashboard", "Reports"], permissions: ["READ:Report"])
        case .customer, .provider, .rider, .operator, .service, .guest: PlatformStanding(menus: ["Chat"])
        }
    }

    /// `tokens` and `operator` of `dev.json`.
    static func tokens(_ tenants: Tenants, now: Timestamp) throws(CommandFailure) -> (
        tokens: JSONObject, operator: Secret
    ) {
        var document = JSONObject()
        for name in self.tenants {
            var roles = JSONObject()
            for (role, subject) in Self.roles {
                let token = try tenants.sign(
                    tenant: name, subject: subject, role: role, grants: [], ttl: lifetime, now: now,
                    standing: name == "pawnshop" ? pawnshopStanding(role) : nil)
                roles[role.rawValue] = .string(token.reveal())
            }
            document[name] = .object(roles)
        }
        let token = try tenants.sign(
            tenant: operatorTenant, subject: "operator", role: .operator, grants: [], ttl: lifetime, now: now)
        return (document, token)
    }
}
