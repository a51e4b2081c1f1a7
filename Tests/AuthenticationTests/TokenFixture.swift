import Authentication
import Domain
import JSON
import Primitives
import Testing

/// A verifier with two tenants, and tokens for it that are good but for one thing.
struct TokenFixture {
    /// 2026-11-21T03:10:00Z.
    static let now = Timestamp(seconds: 1_795_230_600)
    static let jecoSecret = Secret("jeco's own secret, at least 32 bytes")
    static let otherSecret = Secret("another tenant's secret of 32 bytes.")

    let verifier: JWTVerifier

    init(configuration: JWTVerifier.Configuration = .init()) throws {
        let everyone = Set(Role.allCases).subtracting([.operator])
        verifier = JWTVerifier(
            [
                TenantKeys(
                    tenant: "jeco", issuer: "https://id.jeco.example", audience: "sala", roles: everyone,
                    keys: [
                        "h1": try .hs256(Self.jecoSecret), "r1": try .rs256(pem: PublishedKeys.rs256Public),
                        "e1": try .es256(pem: PublishedKeys.es256Public),
                    ]),
                TenantKeys(
                    tenant: "pawnshop", issuer: "https://id.jeco.example", audience: "sala", roles: everyone,
                    keys: ["h1": try .hs256(Self.otherSecret)]),
            ], configuration: configuration)
    }

    static let header: JSONObject = ["alg": "HS256", "typ": "JWT", "kid": "h1"]

    static let claims: JSONObject = [
        "iss": "https://id.jeco.example", "aud": "sala", "tenant": "jeco", "sub": "u_1", "role": "customer",
        "iat": .integer(now.seconds - 60), "exp": .integer(now.seconds + 3_600), "jti": "t-1",
        "grants": ["payment/981:read"],
    ]

    /// `claims` with some members set (or, as nil, left out).
    static func claims(_ changes: [String: JSONValue?]) -> JSONObject { claims.changed(changes) }

    static func key(_ secret: Secret = jecoSecret) throws -> SigningKey { try .hs256(secret) }

    static func token(
        header: JSONObject = header, claims: JSONObject = claims, key: SigningKey? = nil
    ) throws -> String {
        let key = try key ?? Self.key()
        return try JWTSigner(key: key, keyID: nil).sign(header: header, claims: claims).reveal()
    }

    /// A token whose first two parts are these texts, well signed.
    static func token(rawHeader: String, rawClaims: String) throws -> String {
        let signedPart = [rawHeader, rawClaims].map { Base64.encodeURLSafe($0.utf8) }.joined(separator: ".")
        return signedPart + "." + Base64.encodeURLSafe(try key().signature(of: Array(signedPart.utf8)))
    }

    func violation(_ token: String, at now: Timestamp = now) -> TokenViolation? {
        do throws(TokenViolation) {
            _ = try verifier.verify(token, at: now)
            return nil
        } catch {
            return error
        }
    }
}

extension JSONObject {
    func changed(_ changes: [String: JSONValue?]) -> JSONObject {
        var object = self
        for (name, value) in changes { object[name] = value }
        return object
    }
}
