import Foundation
import Primitives
import TestSupport
import Testing

@Suite("Base 64 (RFC 4648)")
struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func theVectorsOfSection10(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(Array(encoded.utf8)) == Array(plain.utf8))
        let bare = encoded.replacing("=", with: "")
        #expect(Base64.encodeURLSafe(Array(plain.utf8)) == bare)
        #expect(Base64.decodeURLSafe(Array(bare.utf8)) == Array(plain.utf8))
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9", "=", "====", "Z===", "Zm9v\n", "Zm-v", "Zm_v", " Zg=",
        "Zg==Zg==", "ก",
    ])
    func looseFormsAreRefused(text: String) {
        #expect(Base64.decode(Array(text.utf8)) == nil)
    }

    @Test(arguments: ["Z", "Zh", "Zm9v=", "Zg==", "Zm+v", "Zm/v", "Zm9", "A"])
    func looseURLSafeFormsAreRefused(text: String) {
        #expect(Base64.decodeURLSafe(Array(text.utf8)) == nil)
    }

    @Test(arguments: [UInt64(1), .random(in: 0...UInt64.max)])
    func agreesWithFoundation(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for count in 0..<200 {
            let bytes = random.bytes(count)
            #expect(Base64.encode(bytes) == Data(bytes).base64EncodedString(), "seed \(seed)")
            #expect(Base64.decode(Array(Base64.encode(bytes).utf8)) == bytes, "seed \(seed)")
            #expect(Base64.decodeURLSafe(Array(Base64.encodeURLSafe(bytes).utf8)) == bytes, "seed \(seed)")
        }
    }
}

@Suite("SHA-1 (FIPS 180-4), for the WebSocket handshake")
struct SHA1Tests {
    private func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
    ])
    func theVectors(text: String, digest: String) {
        #expect(hexadecimal(SHA1.digest(Array(text.utf8))) == digest)
    }

    @Test(arguments: [55, 56, 63, 64, 65, 119, 120, 1_000])
    func everyPaddingIsFilled(count: Int) {
        // Two texts that differ in their last byte only differ in their digest; and the length is part of it.
        let text = [UInt8](repeating: 0x61, count: count)
        #expect(SHA1.digest(text).count == 20)
        #expect(SHA1.digest(text) != SHA1.digest(text.dropLast() + [0x62]))
        #expect(SHA1.digest(text) != SHA1.digest(text + [0]))
    }

    @Test func aMillionTimesA() {
        #expect(
            hexadecimal(SHA1.digest([UInt8](repeating: 0x61, count: 1_000_000)))
                == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
    }
}

@Suite("Secrets and identifiers")
struct SecretTests {
    @Test func aSecretIsNeverShown() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", secret.debugDescription, String(reflecting: secret), "\([secret])", dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect(secret.reveal() == "hunter2" && secret == Secret("hunter2") && secret != Secret("other"))
    }

    @Test func identifiersHave128BitsInCrockfordsAlphabet() {
        let source = SeededSource(seed: 1)
        var seen = Set<String>()
        for _ in 0..<1_000 {
            let identifier = source.identifier("m")
            #expect(identifier.hasPrefix("m_") && identifier.utf8.count == 28)
            #expect(identifier.dropFirst(2).allSatisfy { "0123456789abcdefghjkmnpqrstvwxyz".contains($0) })
            seen.insert(identifier)
        }
        #expect(seen.count == 1_000)
    }
}
