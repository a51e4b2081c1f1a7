import Authentication
import Domain
import JSON
import Primitives
import Testing
import WireProtocol

@Suite("Accepted tokens (RFC 7519 §7.2)")
struct AcceptedTokenTests {
    private static let signers: [(String, @Sendable () throws -> SigningKey)] = [
        ("h1", { try .hs256(TokenFixture.jecoSecret) }),
        ("r1", { try .rs256(pem: PublishedKeys.rs256Private) }),
        ("e1", { try .es256(pem: PublishedKeys.es256Private) }),
    ]

    @Test("Each algorithm's token is accepted and says who bears it", arguments: signers.indices)
    func algorithms(index: Int) throws {
        let (kid, key) = Self.signers[index]
        let claims = TokenClaims(
            tenant: "jeco", subject: "u_1", role: .rider, grants: [try #require(Grant("order/4:41:write"))],
            issuer: "https://id.jeco.example", audience: "sala", issuedAt: TokenFixture.now,
            expires: TokenFixture.now.advanced(by: .seconds(60)), identifier: "t-9")
        let token = try JWTSigner(key: try key(), keyID: kid).sign(claims).reveal()
        let principal = try TokenFixture().verifier.verify(token, at: TokenFixture.now)
        let expected = Principal(
            tenant: "jeco", subject: "u_1", role: .rider, grants: claims.grants, expires: claims.expires,
            tokenIdentifier: TokenIdentifier(tenant: "jeco", jti: "t-9"))
        #expect(principal == expected)
        #expect(principal.isGranted(.read, kind: "order", id: "4:41"))
        #expect(principal.isGranted(.write, kind: "order", id: "4:41"))
        #expect(!principal.isGranted(.read, kind: "payment", id: "4:41"))
    }

    @Test("What is allowed to vary may vary")
    func variations() throws {
        let fixture = try TokenFixture()
        let seconds = TokenFixture.now.seconds
        let variations: [[String: JSONValue?]] = [
            ["aud": ["other", "sala"]], ["grants": nil], ["grants": []], ["jti": nil], ["iat": nil],
            ["exp": .double(Double(seconds) + 0.5)], ["nbf": .integer(seconds)], ["nbf": .integer(seconds + 5)],
            ["exp": .integer(seconds + 1)], ["exp": .integer(253_402_300_799)], ["unknown": ["x": [1, 2, 3]]],
            ["role": "service"], ["sub": .string(String(repeating: "u", count: 128))],
        ]
        for changes in variations {
            #expect(fixture.violation(try TokenFixture.token(claims: TokenFixture.claims(changes))) == nil)
        }
        let headers: [[String: JSONValue?]] = [
            ["typ": nil], ["typ": "at+jwt"], ["jku": "http://127.0.0.1:9/"], ["x5u": "http://127.0.0.1:9/"],
            ["jwk": ["kty": "oct", "k": "AAAA"]],
        ]
        for changes in headers {
            #expect(fixture.violation(try TokenFixture.token(header: TokenFixture.header.changed(changes))) == nil)
        }
    }

    @Test("Without a kid, the only key of the tenant is taken")
    func onlyKey() throws {
        let token = try TokenFixture.token(
            header: ["alg": "HS256"], claims: TokenFixture.claims(["tenant": "pawnshop"]),
            key: TokenFixture.key(TokenFixture.otherSecret))
        #expect(try TokenFixture().verifier.verify(token, at: TokenFixture.now).tenant == "pawnshop")
    }

    @Test("An expiry skew is clamped to a minute")
    func skew() throws {
        var configuration = JWTVerifier.Configuration()
        configuration.expirySkew = .seconds(3_600)
        let fixture = try TokenFixture(configuration: configuration)
        let token = try TokenFixture.token()
        let expires = TokenFixture.now.advanced(by: .seconds(3_600))
        #expect(fixture.violation(token, at: expires.advanced(by: .seconds(59))) == nil)
        #expect(fixture.violation(token, at: expires.advanced(by: .seconds(60))) == .expired)
        #expect(try TokenFixture().violation(token, at: expires) == .expired)
        #expect(try TokenFixture().violation(token, at: Timestamp(microseconds: expires.microseconds - 1)) == nil)
    }

    @Test("A published Firebase and a LINE token carry good signatures, but no tenant of ours")
    func foreignTokens() throws {
        let line =
            "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImxpbmUtdGVzdC1rZXktMSJ9.eyJpc3MiOiJodHRwczovL2FjY2Vzcy5saW5l"
            + "Lm1lIiwic3ViIjoiVWMwZmZlZTAwYzBmZmVlMDBjMGZmZWUwMGMwZmZlZTAxIiwiYXVkIjoiMTIzNDU2Nzg5MCIsImV4cCI6MTc5NTIz"
            + "MzYwMCwiaWF0IjoxNzk1MjMwMDAwLCJub25jZSI6Im4tN2MxZTQyIiwiYW1yIjpbImxpbmVzc28iXSwibmFtZSI6IlNvbWNoYWkgVGVz"
            + "dCJ9.YhATgwfQfLsvrwsXAGchDtP_gj-VtaVhomfkmdX1CrBSGcU4gdjmdF9EmeXYQoemt4vf0x7XKVrgLVxgOyVlew"
        let key = try VerificationKey.es256(
            x: decoded("KG4ridUDp9bY6CF1uvEv4kIVd1VeVH1OsaQ6XC1btdE"),
            y: decoded("ftDUqo7ckseI82KA3_YWa4PmlhxQmorekMn1UTIqW9Q"))
        let parts = line.split(separator: ".")
        #expect(key.verifies(try decoded(String(parts[2])), of: Array("\(parts[0]).\(parts[1])".utf8)))
        #expect(try TokenFixture().violation(line) == .unknownTenant)
    }

    @Test("A token's identifier follows its jti, else its content, and never its signature")
    func identifiers() throws {
        let verifier = try TokenFixture().verifier
        func identifier(_ token: String) throws -> TokenIdentifier {
            try verifier.verify(token, at: TokenFixture.now).tokenIdentifier
        }
        let header = TokenFixture.header.changed(["alg": "ES256", "kid": "e1"])
        let key = try SigningKey.es256(pem: PublishedKeys.es256Private)
        let claims = TokenFixture.claims(["jti": nil])
        let one = try TokenFixture.token(header: header, claims: claims, key: key)
        let two = try TokenFixture.token(header: header, claims: claims, key: key)
        #expect(one != two)
        #expect(try identifier(one) == identifier(two))
        let other = try TokenFixture.token(claims: TokenFixture.claims(["jti": nil, "sub": "u_2"]))
        #expect(try identifier(one) != identifier(other))
        #expect(try identifier(TokenFixture.token()).text.utf8.count == 43)
        #expect(TokenIdentifier(tenant: "a", jti: "t") != TokenIdentifier(tenant: "b", jti: "t"))
    }
}

@Suite("Refused tokens (RFC 8725)")
struct RefusedTokenTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let violation: TokenViolation
        let token: @Sendable () throws -> String

        init(_ name: String, _ violation: TokenViolation, _ token: @escaping @Sendable () throws -> String) {
            self.name = name
            self.violation = violation
            self.token = token
        }

        var testDescription: String { name }
    }

    private static func header(
        _ name: String, _ violation: TokenViolation, _ changes: [String: JSONValue?]
    ) -> Case {
        Case(name, violation) { try TokenFixture.token(header: TokenFixture.header.changed(changes)) }
    }

    private static func claims(
        _ name: String, _ violation: TokenViolation, _ changes: [String: JSONValue?]
    ) -> Case {
        Case(name, violation) { try TokenFixture.token(claims: TokenFixture.claims(changes)) }
    }

    private static func text(
        _ name: String, _ violation: TokenViolation, _ change: @escaping @Sendable (String) throws -> String
    ) -> Case {
        Case(name, violation) { try change(try TokenFixture.token()) }
    }

    private static func parts(_ token: String) -> [String] {
        token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    private static let seconds = TokenFixture.now.seconds

    private static let forms: [Case] = [
        text("empty", .notThreeParts) { _ in "" },
        text("one part", .notThreeParts) { parts($0)[0] },
        text("two parts", .notThreeParts) { parts($0)[..<2].joined(separator: ".") },
        text("four parts", .notThreeParts) { $0 + "." },
        text("five parts, as an encrypted token has", .notThreeParts) { $0 + ".AAAA.AAAA" },
        text("stripped signature", .badSignature) { parts($0)[..<2].joined(separator: ".") + "." },
        text("over 8 KiB", .tooLong) { $0 + String(repeating: "A", count: 8_192) },
        text("100 KiB", .tooLong) { _ in String(repeating: "A", count: 102_400) },
        text("padded signature", .badBase64) { $0 + "=" },
        text("leading space", .badBase64) { " " + $0 },
        text("trailing line feed", .badBase64) { $0 + "\n" },
        text("zero byte", .badBase64) { $0 + "\0" },
        text("standard alphabet", .badBase64) { parts($0)[0] + "." + parts($0)[1] + "." + "+/+/" },
        text("non-ASCII", .badBase64) { $0 + "é" },
        text("bits left over in the signature", .badBase64) { token in
            // 32 bytes leave two unused bits in the last of 43 digits; set one of them.
            let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
            let last = try #require(token.last.flatMap(digits.firstIndex(of:)))
            return String(token.dropLast()) + String(digits[last | 1])
        },
        text("header is no JSON", .badJSON) { "AAAA." + parts($0)[1] + "." + parts($0)[2] },
        Case("header is an array", .badJSON) { try TokenFixture.token(rawHeader: "[]", rawClaims: "{}") },
        Case("claims are a string", .badJSON) {
            try TokenFixture.token(rawHeader: #"{"alg":"HS256","kid":"h1"}"#, rawClaims: #""x""#)
        },
        Case("duplicated name in the header", .badJSON) {
            try TokenFixture.token(
                rawHeader: #"{"alg":"none","kid":"h1","alg":"HS256"}"#,
                rawClaims: JSONValue.object(TokenFixture.claims).text)
        },
        Case("duplicated name in the claims", .badJSON) {
            let claims = JSONValue.object(TokenFixture.claims).text
            return try TokenFixture.token(
                rawHeader: #"{"alg":"HS256","kid":"h1"}"#, rawClaims: #"{"sub":"u_0","# + claims.dropFirst())
        },
        Case("claims nested 200 deep", .badJSON) {
            let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
            return try TokenFixture.token(rawHeader: #"{"alg":"HS256"}"#, rawClaims: #"{"x":\#(deep)}"#)
        },
        Case("claims are not UTF-8", .badJSON) {
            let part = Base64.encodeURLSafe([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D])
            return Base64.encodeURLSafe(#"{"alg":"HS256"}"#.utf8) + "." + part + ".AAAA"
        },
    ]

    private static let signatures: [Case] = [
        header("alg none", .unsupportedAlgorithm, ["alg": "none"]),
        header("alg None", .unsupportedAlgorithm, ["alg": "None"]),
        header("alg NONE", .unsupportedAlgorithm, ["alg": "NONE"]),
        header("alg nOnE", .unsupportedAlgorithm, ["alg": "nOnE"]),
        Case("alg none and no signature", .unsupportedAlgorithm) {
            let token = try TokenFixture.token(header: ["alg": "none", "kid": "h1"])
            return parts(token)[..<2].joined(separator: ".") + "."
        },
        header("alg empty", .unsupportedAlgorithm, ["alg": ""]),
        header("alg absent", .noAlgorithm, ["alg": nil]),
        header("alg a number", .noAlgorithm, ["alg": 256]),
        header("alg a list", .noAlgorithm, ["alg": ["HS256"]]),
        header("alg in lower case", .unsupportedAlgorithm, ["alg": "hs256"]),
        header("alg with a space", .unsupportedAlgorithm, ["alg": "HS256 "]),
        header("alg HS512", .unsupportedAlgorithm, ["alg": "HS512"]),
        header("alg PS256", .unsupportedAlgorithm, ["alg": "PS256"]),
        header("relabelled to RS256", .algorithmMismatch, ["alg": "RS256"]),
        Case("HS256 made with the public RSA key's text", .algorithmMismatch) {
            try TokenFixture.token(
                header: ["alg": "HS256", "kid": "r1"], key: .hs256(Secret(PublishedKeys.rs256Public + "\n")))
        },
        Case("HS256 made with the public RSA key's text, labelled RS256", .badSignature) {
            try TokenFixture.token(
                header: ["alg": "RS256", "kid": "r1"], key: .hs256(Secret(PublishedKeys.rs256Public)))
        },
        Case("HS256 made with the public P-256 key's text", .algorithmMismatch) {
            try TokenFixture.token(
                header: ["alg": "HS256", "kid": "e1"], key: .hs256(Secret(PublishedKeys.es256Public)))
        },
        Case("RS256 token under the ES256 key", .algorithmMismatch) {
            try TokenFixture.token(
                header: ["alg": "RS256", "kid": "e1"], key: .rs256(pem: PublishedKeys.rs256Private))
        },
        Case("ES256 signature of zeros", .badSignature) {
            let token = try TokenFixture.token(header: ["alg": "ES256", "kid": "e1"])
            let zeros = Base64.encodeURLSafe([UInt8](repeating: 0, count: 64))
            return parts(token)[..<2].joined(separator: ".") + "." + zeros
        },
        header("no kid where the tenant has three keys", .unknownKey, ["kid": nil]),
        header("unknown kid", .unknownKey, ["kid": "h2"]),
        header("kid empty", .unknownKey, ["kid": ""]),
        header("kid null", .unknownKey, ["kid": .null]),
        header("kid a path", .unknownKey, ["kid": "../../../../dev/null"]),
        header("kid SQL", .unknownKey, ["kid": "h1' OR '1'='1"]),
        header("kid a number", .unknownKey, ["kid": 1]),
        header("crit", .criticalHeader, ["crit": ["exp"]]),
        header("crit empty", .criticalHeader, ["crit": []]),
        header("crit with b64 false", .criticalHeader, ["crit": ["b64"], "b64": false]),
        Case("changed claims under the old signature", .badSignature) {
            let good = parts(try TokenFixture.token())
            let forged = parts(try TokenFixture.token(claims: TokenFixture.claims(["role": "admin"])))
            return [good[0], forged[1], good[2]].joined(separator: ".")
        },
        Case("another tenant's key of the same name", .badSignature) {
            try TokenFixture.token(key: TokenFixture.key(TokenFixture.otherSecret))
        },
        Case("this tenant's key for another tenant", .badSignature) {
            try TokenFixture.token(claims: TokenFixture.claims(["tenant": "pawnshop"]))
        },
        claims("unknown tenant", .unknownTenant, ["tenant": "nobody"]),
        claims("no tenant", .unknownTenant, ["tenant": nil]),
        claims("tenant a list", .unknownTenant, ["tenant": ["jeco"]]),
        Case("secret guessed as empty", .badSignature) {
            let token = parts(try TokenFixture.token())
            let code = HMACSHA256(key: []).code(for: Array("\(token[0]).\(token[1])".utf8))
            return "\(token[0]).\(token[1])." + Base64.encodeURLSafe(code)
        },
    ]

    private static let contents: [Case] = [
        claims("wrong issuer", .wrongIssuer, ["iss": "https://id.jeco.example/"]),
        claims("no issuer", .wrongIssuer, ["iss": nil]),
        claims("issuer a list", .wrongIssuer, ["iss": ["https://id.jeco.example"]]),
        claims("issuer at a listener", .wrongIssuer, ["iss": "http://127.0.0.1:9/"]),
        claims("wrong audience", .wrongAudience, ["aud": "sala2"]),
        claims("no audience", .wrongAudience, ["aud": nil]),
        claims("audience list without us", .wrongAudience, ["aud": ["a", "b"]]),
        claims("audience list of mixed kinds", .wrongAudience, ["aud": ["sala", 1]]),
        claims("expired", .expired, ["exp": .integer(seconds - 1)]),
        claims("expires now", .expired, ["exp": .integer(seconds)]),
        claims("expired long ago", .expired, ["exp": 0]),
        claims("no expiry", .badExpiry, ["exp": nil]),
        claims("expiry a string", .badExpiry, ["exp": .string("\(seconds + 60)")]),
        claims("expiry true", .badExpiry, ["exp": true]),
        claims("expiry null", .badExpiry, ["exp": .null]),
        claims("expiry negative", .badExpiry, ["exp": -1]),
        claims("expiry beyond 64 bits", .badExpiry, ["exp": 1e30]),
        claims("expiry at the largest integer", .badExpiry, ["exp": .integer(.max)]),
        claims("expiry that wraps in microseconds", .badExpiry, ["exp": .integer(.max / 1_000_000 + 2)]),
        claims("not yet valid", .notYetValid, ["nbf": .integer(seconds + 6)]),
        claims("nbf a string", .notYetValid, ["nbf": "0"]),
        claims("issued in the future", .notYetValid, ["iat": .integer(seconds + 600)]),
        claims("no subject", .badSubject, ["sub": nil]),
        claims("subject empty", .badSubject, ["sub": ""]),
        claims("subject a number", .badSubject, ["sub": 1]),
        claims("subject with a control character", .badSubject, ["sub": "u\u{0}1"]),
        claims("subject with the Kelvin sign, which equals K as text", .badSubject, ["sub": "u_\u{212A}"]),
        claims("subject of 129 bytes", .badSubject, ["sub": .string(String(repeating: "u", count: 129))]),
        claims("no role", .badRole, ["role": nil]),
        claims("unknown role", .badRole, ["role": "root"]),
        claims("role in upper case", .badRole, ["role": "Admin"]),
        claims("role that the tenant's keys may not give", .badRole, ["role": "operator"]),
        claims("grants a string", .badGrants, ["grants": "payment/981:read"]),
        claims("one bad grant among good ones", .badGrants, ["grants": ["payment/981:read", "payment/*:read"]]),
        claims("65 grants", .badGrants, ["grants": .array(Array(repeating: "payment/981:read", count: 65))]),
        claims("jti a number", .badIdentifier, ["jti": 1]),
        claims("jti empty", .badIdentifier, ["jti": ""]),
        claims("jti of 129 bytes", .badIdentifier, ["jti": .string(String(repeating: "j", count: 129))]),
    ]

    @Test("A token that is wrong in one thing is refused for it", arguments: forms + signatures + contents)
    func refused(example: Case) throws {
        let token = try example.token()
        let violation = try TokenFixture().violation(token)
        #expect(violation == example.violation)
    }

    @Test("Faults are 2100, 2101 and 2103, and those before the signature all look alike")
    func faults() {
        let early: [TokenViolation] = [
            .tooLong, .notThreeParts, .badBase64, .badJSON, .noAlgorithm, .unsupportedAlgorithm, .algorithmMismatch,
            .criticalHeader, .unknownTenant, .unknownKey, .badSignature,
        ]
        #expect(Set(early.map(\.fault.detail)).count == 1)
        for violation in TokenViolation.allCases {
            let expected: FaultCode =
                switch violation {
                case .expired: .expired
                case .revoked: .revoked
                default: .unauthenticated
                }
            #expect(violation.fault.code == expected)
        }
    }
}

@Suite("Tokens under random change")
struct MutatedTokenTests {
    /// SplitMix64: small, and the same everywhere for a seed.
    struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            return z ^ z >> 31
        }
    }

    @Test("No changed token is accepted and none traps", arguments: [1, 2, 3] as [UInt64])
    func mutations(seed: UInt64) throws {
        let fixture = try TokenFixture()
        var random = Seeded(state: seed)
        let originals = [
            try TokenFixture.token(),
            try TokenFixture.token(
                header: ["alg": "ES256", "kid": "e1"], key: .es256(pem: PublishedKeys.es256Private)),
            try TokenFixture.token(
                header: ["alg": "RS256", "kid": "r1"], key: .rs256(pem: PublishedKeys.rs256Private)),
        ]
        for original in originals {
            #expect(fixture.violation(original) == nil)
            for _ in 0..<1_500 {
                let changed = Self.mutated(Array(original.utf8), &random)
                let text = String(decoding: changed, as: UTF8.self)
                guard text != original else { continue }
                #expect(fixture.violation(text) != nil, "seed \(seed): \(text)")
            }
        }
    }

    @Test("Changed headers and claims under a good signature never trap", arguments: [4, 5] as [UInt64])
    func signedMutations(seed: UInt64) throws {
        let fixture = try TokenFixture()
        var random = Seeded(state: seed)
        let claims = JSONValue.object(TokenFixture.claims).bytes
        var accepted = 0
        for _ in 0..<3_000 {
            let changed = String(decoding: Self.mutated(claims, &random), as: UTF8.self)
            let token = try TokenFixture.token(rawHeader: #"{"alg":"HS256","kid":"h1"}"#, rawClaims: changed)
            guard fixture.violation(token) == nil else { continue }
            accepted += 1
            // Whatever was accepted still names this tenant, issuer and audience.
            let principal = try fixture.verifier.verify(token, at: TokenFixture.now)
            #expect(principal.tenant == "jeco" && principal.role != .operator, "seed \(seed): \(changed)")
        }
        #expect(accepted > 0 && accepted < 1_500, "seed \(seed): \(accepted) accepted")
    }

    private static func mutated(_ bytes: [UInt8], _ random: inout Seeded) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<7, using: &random)
            case 1: bytes[index] = UInt8.random(in: 0x20..<0x7F, using: &random)
            case 2: bytes.remove(at: index)
            case 3: bytes.insert(bytes[Int.random(in: bytes.indices, using: &random)], at: index)
            case 4: bytes.swapAt(index, Int.random(in: bytes.indices, using: &random))
            default: bytes.removeSubrange(index..<min(bytes.count, index + 8))
            }
        }
        return bytes
    }
}
