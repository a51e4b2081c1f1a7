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
