internal import Authentication
internal import Domain
internal import JSON
internal import Primitives

/// Makes tokens of one tenant's people, as the tenant's own issuer does: out of the keys that `sala dev` keeps beside its dev.json.
struct TokenMint {
    /// Of every token: longer than any run.
    static let lifetime = Duration.seconds(36 * 3600)

    private let signer: TenantSigner
    private let now: Timestamp

    /// `keys`: the content of keys.json. Throws when it has no HS256 secret of that tenant.
    init(keys: JSONValue, tenant: String, now: Timestamp) throws(LoadFailure) {
        let facts = keys[tenant]
        guard let issuer = facts?["issuer"]?.string, let audience = facts?["audience"]?.string,
            let key = facts?["keys"]?.array?.first(where: { $0["secret"]?.string != nil }),
            let secret = key["secret"]?.string
        else { throw LoadFailure(.usage, "keys.json has no key that can sign for the tenant \(tenant)") }
        do {
            signer = TenantSigner(
                tenant: tenant, issuer: issuer, audience: audience,
                signer: JWTSigner(key: try .hs256(Secret(secret)), keyID: key["kid"]?.string))
        } catch {
            throw LoadFailure(.usage, "the key of tenant \(tenant) cannot sign: \(error.rawValue)")
        }
        self.now = now
    }

    /// A token of `subject`. Each is another text, even of the same subject.
    func token(_ subject: String, _ role: Role) throws(LoadFailure) -> Secret {
        do {
            return try signer.sign(
                subject: subject, role: role, grants: [], issuedAt: now, expires: now.advanced(by: Self.lifetime))
        } catch {
            throw LoadFailure(.usage, "a token could not be signed: \(error.rawValue)")
        }
    }
}
