internal import Domain
internal import JSON
package import Primitives

/// Decides whether a JSON Web Token (RFC 7519) is genuine and valid now, and says who its bearer is.
///
/// The order is fixed: the unverified `tenant` claim chooses a key set and nothing else; the header's `kid` chooses one
/// key of it, which brings its own algorithm; the signature is checked; only then is any claim believed. Header members
/// that point to keys (`jku`, `x5u`, `jwk`, `x5c`) are never looked at (RFC 8725 §3.10).
package struct JWTVerifier: Sendable {
    package struct Configuration: Sendable {
        /// Bytes. Longer tokens are refused unread.
        package var maxTokenBytes = 8_192
        /// How long after `exp` a token is still taken, 0–60 s. None by default: sockets close at `exp` as well.
        package var expirySkew: Duration = .zero
        /// How far `nbf` and `iat` may lie ahead, 0–60 s: issuers' clocks are not ours.
        package var issueSkew: Duration = .seconds(5)
        /// More grants than this are refused, so that checking them stays cheap.
        package var maxGrants = 64
        /// Bytes of `sub`.
        package var maxSubjectBytes = 128
        /// Bytes of `jti`.
        package var maxIdentifierBytes = 128

        package init() {}
    }

    /// The largest skew that a configuration can give.
    package static let maxSkew: Duration = .seconds(60)

    private let configuration: Configuration
    private let tenants: [String: TenantKeys]

    /// Where two key sets name the same tenant, the later one counts.
    package init(_ tenants: [TenantKeys], configuration: Configuration = Configuration()) {
        var configuration = configuration
        configuration.expirySkew = min(max(configuration.expirySkew, .zero), Self.maxSkew)
        configuration.issueSkew = min(max(configuration.issueSkew, .zero), Self.maxSkew)
        self.configuration = configuration
        self.tenants = Dictionary(tenants.map { ($0.tenant, $0) }) { _, later in later }
    }

    /// The bearer of `token`, or why it is refused. Whether it was revoked is not known here.
    package func verify(_ token: String, at now: Timestamp) throws(TokenViolation) -> Principal {
        let token = try CompactToken(token, maxBytes: configuration.maxTokenBytes)
        let keys = try verifySignature(token)
        let claims = token.claims
        guard claims["iss"]?.string == keys.issuer else { throw .wrongIssuer }
        guard Self.audience(claims["aud"], contains: keys.audience) else { throw .wrongAudience }
        let expires = try validity(claims, at: now)
        return Principal(
            tenant: keys.tenant, subject: try subject(claims["sub"]), role: try Self.role(claims["role"], of: keys),
            grants: try grants(claims["grants"]), expires: expires, tokenIdentifier: try identifier(token, keys.tenant),
            standing: PlatformStanding(claims: claims))
    }

    // MARK: Signature

    /// Throws unless one of the keys of the tenant that the token names has signed it; returns that tenant's key set.
    private func verifySignature(_ token: CompactToken) throws(TokenViolation) -> TenantKeys {
        guard let name = token.header["alg"]?.string else { throw .noAlgorithm }
        guard let algorithm = SignatureAlgorithm(rawValue: name) else { throw .unsupportedAlgorithm }
        // None of the extensions that `crit` could name is implemented (RFC 7515 §4.1.11).
        guard token.header["crit"] == nil else { throw .criticalHeader }
        guard let tenant = token.claims["tenant"]?.string, let keys = tenants[tenant] else { throw .unknownTenant }
        guard let key = try Self.key(named: token.header["kid"], in: keys) else { throw .unknownKey }
        guard key.algorithm == algorithm else { throw .algorithmMismatch }
        guard key.verifies(token.signature, of: token.signedPart) else { throw .badSignature }
        return keys
    }

    private static func key(
        named kid: JSONValue?, in keys: TenantKeys
    ) throws(TokenViolation) -> VerificationKey? {
        guard let kid else { return keys.key(nil) }
        guard let name = kid.string else { throw .unknownKey }
        return keys.key(name)
    }

    // MARK: Claims

    private static func audience(_ claim: JSONValue?, contains audience: String) -> Bool {
        switch claim {
        case .string(let one): one == audience
        case .array(let many): many.contains(.string(audience)) && many.allSatisfy { $0.string != nil }
        default: false
        }
    }

    /// Checks `exp`, `nbf` and `iat`; returns `exp`.
    private func validity(_ claims: JSONObject, at now: Timestamp) throws(TokenViolation) -> Timestamp {
        guard let expires = Self.date(claims["exp"]) else { throw .badExpiry }
        guard now < expires.advanced(by: configuration.expirySkew) else { throw .expired }
        for name in ["nbf", "iat"] {
            guard let claim = claims[name] else { continue }
            guard let date = Self.date(claim), date <= now.advanced(by: configuration.issueSkew) else {
                throw .notYetValid
            }
        }
        return expires
    }

    /// A NumericDate (RFC 7519 §2): seconds, maybe with a fraction, from 1970 to the year 9999. Nil for anything else.
    private static func date(_ claim: JSONValue?) -> Timestamp? {
        switch claim {
        case .integer(let seconds) where (0...253_402_300_799).contains(seconds): Timestamp(seconds: seconds)
        case .double(let seconds) where seconds >= 0 && seconds < 253_402_300_800:
            Timestamp(microseconds: Int64(seconds * 1_000_000))
        default: nil
        }
    }

    /// Visible ASCII only: a subject is compared as text here and as bytes in the store, and only for ASCII are these
    /// the same.
    private func subject(_ claim: JSONValue?) throws(TokenViolation) -> String {
        guard let subject = claim?.string, (1...configuration.maxSubjectBytes).contains(subject.utf8.count),
            subject.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .badSubject }
        return subject
    }

    private static func role(_ claim: JSONValue?, of keys: TenantKeys) throws(TokenViolation) -> Role {
        guard let role = claim?.string.flatMap(Role.init(rawValue:)), keys.roles.contains(role) else { throw .badRole }
        return role
    }

    private func grants(_ claim: JSONValue?) throws(TokenViolation) -> [Grant] {
        guard let claim else { return [] }
        guard let items = claim.array, items.count <= configuration.maxGrants else { throw .badGrants }
        let grants = items.compactMap { $0.string.flatMap(Grant.init) }
        guard grants.count == items.count else { throw .badGrants }
        return grants
    }

    private func identifier(_ token: CompactToken, _ tenant: String) throws(TokenViolation) -> TokenIdentifier {
        guard let claim = token.claims["jti"] else {
            return TokenIdentifier(tenant: tenant, signedPart: token.signedPart)
        }
        guard let jti = claim.string, (1...configuration.maxIdentifierBytes).contains(jti.utf8.count) else {
            throw .badIdentifier
        }
        return TokenIdentifier(tenant: tenant, jti: jti)
    }
}
