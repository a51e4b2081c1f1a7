import Authentication
import Primitives
import Testing

@Suite("Signatures (RFC 7515 appendix A)")
struct SignatureTests {
    static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    static let rs256Signature =
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr"
        + "7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--x"
        + "i12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Ioy"
        + "pGlUPQGe77Rw"

    @Test("A.1: an HS256 signature verifies")
    func a1() throws {
        let key = try VerificationKey.hs256(bytes: decoded(PublishedKeys.hs256))
        let message = Array("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(Self.payload)".utf8)
        let signature = try decoded("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        expectOnly(signature, of: message, by: key)
    }

    @Test("A.2: an RS256 signature verifies, from PEM and from a JSON Web Key, and is what we sign")
    func a2() throws {
        let message = Array("eyJhbGciOiJSUzI1NiJ9.\(Self.payload)".utf8)
        let signature = try decoded(Self.rs256Signature)
        expectOnly(signature, of: message, by: try .rs256(pem: PublishedKeys.rs256Public))
        let fromNumbers = try VerificationKey.rs256(
            modulus: decoded(PublishedKeys.rs256Modulus), exponent: [0x01, 0x00, 0x01])
        expectOnly(signature, of: message, by: fromNumbers)
        #expect(try SigningKey.rs256(pem: PublishedKeys.rs256Private).signature(of: message) == signature)
    }

    @Test("A.3: an ES256 signature verifies, from PEM and from a JSON Web Key, and so does ours")
    func a3() throws {
        let message = Array("eyJhbGciOiJFUzI1NiJ9.\(Self.payload)".utf8)
        let signature = try decoded(
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
        let fromNumbers = try VerificationKey.es256(
            x: decoded(PublishedKeys.es256X), y: decoded(PublishedKeys.es256Y))
        expectOnly(signature, of: message, by: try .es256(pem: PublishedKeys.es256Public))
        expectOnly(signature, of: message, by: fromNumbers)
        for _ in 0..<50 {
            let ours = try SigningKey.es256(pem: PublishedKeys.es256Private).signature(of: message)
            #expect(ours.count == 64)
            #expect(fromNumbers.verifies(ours, of: message))
        }
    }

    @Test("ES256 refuses DER, zeros, numbers beyond the group's order, and every other length")
    func es256Forms() throws {
        let key = try VerificationKey.es256(pem: PublishedKeys.es256Public)
        let message = Array("message".utf8)
        let good = try SigningKey.es256(pem: PublishedKeys.es256Private).signature(of: message)
        for count in [0, 1, 32, 63, 65, 70, 71, 72, 128] {
            #expect(!key.verifies(Array((good + good).prefix(count)), of: message))
        }
        #expect(!key.verifies([UInt8](repeating: 0, count: 64), of: message))
        #expect(!key.verifies([UInt8](repeating: 0xFF, count: 64), of: message))
        #expect(!key.verifies(Array(good.suffix(32) + good.prefix(32)), of: message))
    }

    @Test("HMAC-SHA-256 gives the codes of RFC 4231")
    func hmac() {
        let two = HMACSHA256(key: Array("Jefe".utf8)).code(for: Array("what do ya want for nothing?".utf8))
        #expect(hexadecimal(two) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let six = HMACSHA256(key: [UInt8](repeating: 0xAA, count: 131))
            .code(for: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
        #expect(hexadecimal(six) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        let empty = HMACSHA256(key: []).code(for: [])
        #expect(hexadecimal(empty) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test("SHA-256 gives the digests of FIPS 180-4")
    func sha256() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(hexadecimal(SHA256.digest(Array("abc".utf8))) == abc)
        #expect(hexadecimal(SHA256.digest([])) == empty)
    }

    @Test("Constant-time comparison compares")
    func constantTime() {
        #expect(ConstantTime.areEqual([], []))
        #expect(ConstantTime.areEqual([1, 2], [1, 2]))
        #expect(!ConstantTime.areEqual([1, 2], [1, 3]))
        #expect(!ConstantTime.areEqual([1, 2], [1, 2, 0]))
    }

    private func expectOnly(
        _ signature: [UInt8], of message: [UInt8], by key: VerificationKey,
        at location: SourceLocation = #_sourceLocation
    ) {
        #expect(key.verifies(signature, of: message), sourceLocation: location)
        #expect(!key.verifies(signature, of: message + [0x20]), sourceLocation: location)
        #expect(!key.verifies([], of: message), sourceLocation: location)
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 0x01
            #expect(!key.verifies(changed, of: message), sourceLocation: location)
        }
    }
}

@Suite("Keys (RFC 7518 §3.2, §3.3)")
struct KeyTests {
    @Test("Weak, foreign, encrypted and unreadable keys are refused")
    func refused() throws {
        #expect(throws: KeyFailure.tooWeak) { try VerificationKey.hs256(Secret("31 bytes are one byte too few..")) }
        #expect(throws: KeyFailure.tooWeak) { try SigningKey.hs256(Secret("")) }
        #expect(throws: KeyFailure.tooWeak) { try VerificationKey.rs256(pem: PublishedKeys.weakRSAPublic) }
        #expect(throws: KeyFailure.wrongKind) { try VerificationKey.es256(pem: PublishedKeys.p384Public) }
        #expect(throws: KeyFailure.wrongKind) { try VerificationKey.es256(pem: PublishedKeys.rs256Public) }
        #expect(throws: KeyFailure.wrongKind) { try VerificationKey.rs256(pem: PublishedKeys.es256Public) }
        #expect(throws: KeyFailure.unreadable) { try VerificationKey.rs256(pem: "") }
        #expect(throws: KeyFailure.unreadable) { try VerificationKey.rs256(pem: "-----BEGIN PUBLIC KEY-----") }
        #expect(throws: KeyFailure.unreadable) { try SigningKey.es256(pem: PublishedKeys.encryptedPrivate) }
        #expect(throws: KeyFailure.unreadable) { try SigningKey.rs256(pem: Secret(PublishedKeys.rs256Public)) }
        let one = [UInt8](repeating: 1, count: 32)
        #expect(throws: KeyFailure.unreadable) { try VerificationKey.es256(x: one, y: one) }
        #expect(throws: KeyFailure.unreadable) { try VerificationKey.es256(x: [], y: []) }
        #expect(throws: KeyFailure.self) { try VerificationKey.rs256(modulus: [], exponent: []) }
        let huge = [UInt8](repeating: 0xC3, count: 1_025)
        #expect(throws: KeyFailure.tooLarge) { try VerificationKey.rs256(modulus: huge, exponent: [3]) }
    }

    @Test("A key shows nothing of itself")
    func descriptions() throws {
        let secret = "canary-canary-canary-canary-canary"
        let hmac = HMACSHA256(key: Array(secret.utf8))
        let keys: [Any] = [hmac, try VerificationKey.hs256(Secret(secret)), try SigningKey.hs256(Secret(secret))]
        for key in keys {
            var dumped = ""
            dump(key, to: &dumped)
            for text in ["\(key)", String(reflecting: key), dumped] {
                #expect(!text.contains("canary"))
                // The first bytes as numbers, as an array would be printed.
                #expect(!text.contains("99, 97, 110") && !text.contains("- 97"))
            }
        }
    }
}

func decoded(_ text: String) throws -> [UInt8] { try #require(Base64.decodeURLSafe(text.utf8)) }

func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
}
