import Authentication
import Domain
import JSON
import Primitives

extension FuzzTarget {
    /// Flags 1 and 2 choose what the payload is: a token; header and claims that are signed well (flag 4: by another
    /// tenant); changes to a good token; header, claims and signature.
    static let token = FuzzTarget(
        "token",
        words: [
            "\"alg\":\"", "HS256", "RS256", "ES256", "none", "\"kid\":\"", "h1", "e1", "\"crit\":",
            "\"tenant\":\"jeco\"",
            "\"exp\":1795234200", "\"nbf\":", "\"iat\":", "\"aud\":[\"sala\"]", "\"role\":\"operator\"", "\"jti\":",
            "\"grants\":[",
        ]
    ) { input in
        switch input.flags & 3 {
        case 0: try expectRefusal(of: input.text)
        case 1: try checkSigned(input)
        case 2: try checkChanged(input)
        default:
            let parts = input.payload.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
            try expectRefusal(of: parts.map { Base64.encodeURLSafe($0) }.joined(separator: "."))
        }
    } seeds: {
        let header = #"{"alg":"HS256","typ":"JWT","kid":"h1"}"#
        let claims = [
            goodClaims, #"{"iss":"i","aud":["sala"],"tenant":"jeco","sub":"u","role":"operator","exp":1795234200}"#,
            #"{"iss":"i","aud":"sala","tenant":"pawnshop","sub":"u","role":"staff","exp":1e10,"nbf":1.5,"grants":[]}"#,
        ]
        let signed = claims.flatMap { claims in
            [1, 5].map { FuzzInput.bytes(flags: $0, "\(header)\n\(claims)".utf8) }
        }
        let unsigned = [header, #"{"alg":"none"}"#, #"{"alg":"ES256","kid":"e1"}"#, #"{"alg":"ES256","kid":"h1"}"#]
            .flatMap { header in
                ["", String(repeating: "x", count: 32), String(repeating: "y", count: 64)].map {
                    FuzzInput.bytes(flags: 3, "\(header)\n\(goodClaims)\n\($0)".utf8)
                }
            }
        let changed: [[UInt8]] = [[1, 2, 65], [0, 40, 46], [1, 20, 61], [3, 0, 0, 0]]
        return try signed + unsigned + changed.map { FuzzInput.bytes(flags: 2, $0) }
            + [
                FuzzInput.bytes("a.b.c".utf8),
                FuzzInput.bytes(signedPart(Array(header.utf8), Array(goodClaims.utf8)).utf8),
            ]
            + [FuzzInput.bytes((good.get() + ".x").utf8)]
    }

    // 2026-11-21T03:10:00Z.
    private static let now = Timestamp(seconds: 1_795_230_600)
    private static let secret = Secret("jeco's own secret, at least 32 bytes")
    private static let otherSecret = Secret("another tenant's secret of 32 bytes.")
    private static let goodClaims =
        #"{"iss":"i","aud":"sala","tenant":"jeco","sub":"u_1","role":"customer","iat":1795230540,"exp":1795234200,"jti":"t-1","grants":["payment/981:read"]}"#
    private static let good = Result {
        try sign(Array(#"{"alg":"HS256","kid":"h1"}"#.utf8), Array(goodClaims.utf8), secret)
    }

    private static let verifier = Result {
        // RFC 7515 A.3.
        let x = Base64.decodeURLSafe("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU".utf8) ?? []
        let y = Base64.decodeURLSafe("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0".utf8) ?? []
        let roles = Set(Role.allCases).subtracting([.operator])
        return JWTVerifier([
            TenantKeys(
                tenant: "jeco", issuer: "i", audience: "sala", roles: roles,
                keys: ["h1": try .hs256(secret), "e1": try .es256(x: x, y: y)]),
            TenantKeys(
                tenant: "pawnshop", issuer: "i", audience: "sala", roles: roles, keys: ["h1": try .hs256(otherSecret)]),
        ])
    }

    private static func signedPart(_ header: [UInt8], _ claims: [UInt8]) -> String {
        Base64.encodeURLSafe(header) + "." + Base64.encodeURLSafe(claims)
    }

    private static func sign(_ header: [UInt8], _ claims: [UInt8], _ secret: Secret) throws -> String {
        let part = signedPart(header, claims)
        return try part + "." + Base64.encodeURLSafe(SigningKey.hs256(secret).signature(of: Array(part.utf8)))
    }

    private static func verify(_ token: String) throws -> Result<Principal, TokenViolation> {
        let verifier = try verifier.get()
        return Result { () throws(TokenViolation) in try verifier.verify(token, at: now) }
    }

    private static func expectRefusal(of token: String) throws {
        let result = try verify(token)
        // A corpus may hold the one good token itself.
        if case .success = result, token != (try good.get()) { throw Violated("accepted \(token)") }
    }

    /// Well signed: what is accepted keeps the rules for claims, and is refused when one bit of it is changed.
    private static func checkSigned(_ input: FuzzInput) throws {
        let parts = input.payload.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        let token = try sign(Array(parts[0]), Array(parts[1]), input.has(4) ? otherSecret : secret)
        guard case .success(let principal) = try verify(token) else { return }
        let limits = JWTVerifier.Configuration()
        try expect(principal.tenant == (input.has(4) ? "pawnshop" : "jeco"), "signed for another tenant: \(principal)")
        try expect(principal.role != .operator, "a role that these keys do not give")
        try expect(now < principal.expires, "over since \(principal.expires)")
        try expect(
            (1...limits.maxSubjectBytes).contains(principal.subject.utf8.count), "the subject \(principal.subject)")
        try expect(principal.subject.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "the subject \(principal.subject)")
        try expect(principal.grants.count <= limits.maxGrants, "\(principal.grants.count) grants")
        try expect(principal.grants.allSatisfy { Grant($0.text) == $0 }, "\(principal.grants)")
        try expect(token.utf8.count <= limits.maxTokenBytes, "a token of \(token.utf8.count) bytes")
        var bytes = Array(token.utf8)
        let index = parts[1].reduce(Int(input.flags)) { ($0 &* 31 &+ Int($1)) & 0xFFFF } % bytes.count
        bytes[index] ^= 1
        try expectRefusal(of: String(decoding: bytes, as: UTF8.self))
    }

    /// Three bytes are one change: set (0), exclusive-or (1), insert (2) or delete (3), and where.
    private static func checkChanged(_ input: FuzzInput) throws {
        var bytes = try Array(good.get().utf8)
        for start in stride(from: 0, to: input.payload.count - 2, by: 3) where !bytes.isEmpty {
            let index = (Int(input.payload[start] >> 2) << 8 | Int(input.payload[start + 1])) % bytes.count
            switch input.payload[start] & 3 {
            case 0: bytes[index] = input.payload[start + 2]
            case 1: bytes[index] ^= input.payload[start + 2]
            case 2: bytes.insert(input.payload[start + 2], at: index)
            default: bytes.remove(at: index)
            }
        }
        try expectRefusal(of: String(decoding: bytes, as: UTF8.self))
    }
}
