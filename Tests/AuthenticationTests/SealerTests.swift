import JSON
import Primitives
import TestSupport
import Testing

@testable import Authentication

@Suite("Sealed secrets")
struct SealerTests {
    private static let old = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    private static let new = "k2://79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA="
    private static let place = SealedPlace(table: "line_oas", row: ["company_a", "oa-1"], column: "channel_secret")

    /// Gives the same bytes each time.
    private struct FixedBytes: RandomSource {
        let value: [UInt8]
        func bytes(_ count: Int) -> [UInt8] { value }
    }

    /// The machine's own.
    private struct MachineRandom: RandomSource {
        func bytes(_ count: Int) -> [UInt8] {
            var generator = SystemRandomNumberGenerator()
            return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
    }

    private func sealer(_ keys: String, random: any RandomSource = MachineRandom()) throws -> Sealer {
        Sealer(try SealingKeys(Secret(keys)), random: random)
    }

    private static func vectors(_ name: String) throws -> [JSONValue] {
        let document = try #require(Vectors.documents("sealing").first { $0.name == name })
        let entries = try #require(document.value.array)
        try #require(!entries.isEmpty)
        return entries
    }

    private static func bytes(hex value: JSONValue?) throws -> [UInt8] {
        let digits = Array(try #require(value?.string))
        try #require(digits.count % 2 == 0)
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
        }
    }

    // MARK: Vectors

    @Test("AES-256-GCM seals and opens as others do (NIST SP 800-38D)")
    func cipher() throws {
        let vectors = try Self.vectors("aes-256-gcm")
        #expect(vectors.count >= 5)
        for vector in vectors {
            let cipher = AES256GCM(key: try Self.bytes(hex: vector["key"]))
            let nonce = try Self.bytes(hex: vector["nonce"])
            let data = try Self.bytes(hex: vector["associatedData"])
            let plaintext = try Self.bytes(hex: vector["plaintext"])
            let expect = try #require(vector["expect"])
            let sealed = try Self.bytes(hex: expect["ciphertext"]) + Self.bytes(hex: expect["tag"])
            let name = Comment(rawValue: vector["name"]?.string ?? "")
            #expect(cipher.seal(plaintext, nonce: nonce, associatedData: data) == sealed, name)
            #expect(cipher.open(sealed, nonce: nonce, associatedData: data) == plaintext, name)
            #expect(cipher.open(sealed, nonce: nonce, associatedData: data + [0]) == nil, name)
        }
    }

    @Test("a sealed value has the written form")
    func form() throws {
        let vectors = try Self.vectors("sealed")
        #expect(vectors.count >= 5)
        for vector in vectors {
            let name = Comment(rawValue: vector["name"]?.string ?? "")
            let expect = try #require(vector["expect"])
            let text = try #require(expect["sealed"]?.string)
            let sealed = try #require(Base64.decode(text.utf8))
            let parts = try #require(vector["place"]?.array).compactMap(\.string)
            let place = SealedPlace(parts: parts)
            let secret = Secret(try #require(expect["secret"]?.string))
            let random = FixedBytes(value: try Self.bytes(hex: vector["nonce"]))
            let sealer = try sealer(try #require(vector["keys"]?.string), random: random)
            #expect(try sealer.open(sealed, at: place) == secret, name)
            let isNewest = expect["isNewest"] == .bool(true)
            #expect(sealer.isNewest(sealed) == isNewest, name)
            #expect(try (sealer.seal(secret, at: place) == sealed) == isNewest, name)
        }
    }

    // MARK: Tampering

    @Test("a change of any bit of any byte, a byte less or a byte more is found")
    func tampering() throws {
        let sealer = try sealer("\(Self.new),\(Self.old)")
        let sealed = try sealer.seal(Secret("0f1e2d3c4b5a6978"), at: Self.place)
        #expect(sealed.count == 2 + 2 + 12 + 16 + 16)
        for index in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[index] ^= 1 << UInt8(bit)
                #expect(throws: SealFailure.self, "byte \(index), bit \(bit)") {
                    try sealer.open(changed, at: Self.place)
                }
            }
        }
        for count in 0..<sealed.count {
            #expect(throws: SealFailure.self) { try sealer.open(Array(sealed.prefix(count)), at: Self.place) }
        }
        #expect(throws: SealFailure.refused) { try sealer.open(sealed + [0], at: Self.place) }
        #expect(throws: SealFailure.malformed) { try sealer.open([], at: Self.place) }
    }

    @Test("a value opens where it was sealed and nowhere else")
    func place() throws {
        let sealer = try sealer(Self.old)
        let sealed = try sealer.seal(Secret("s"), at: Self.place)
        let elsewhere = [
            SealedPlace(table: "line_oas", row: ["company_b", "oa-1"], column: "channel_secret"),
            SealedPlace(table: "line_oas", row: ["company_a", "oa-2"], column: "channel_secret"),
            SealedPlace(table: "line_oas", row: ["company_a", "oa-1"], column: "access_token"),
            SealedPlace(table: "line_oas", row: ["company_a/oa-1"], column: "channel_secret"),
            SealedPlace(table: "line_oas", row: ["company_a", "oa-1", ""], column: "channel_secret"),
            SealedPlace(parts: []),
        ]
        for place in elsewhere {
            #expect(throws: SealFailure.refused, "\(place.parts)") { try sealer.open(sealed, at: place) }
        }
        #expect(try sealer.open(sealed, at: Self.place) == Secret("s"))
    }

    @Test("no two places are the same bytes")
    func placesDiffer() {
        let lists = [
            ["a", "b"], ["a/b"], ["a%2Fb"], ["a%b"], ["a%25b"], ["a", "", "b"], ["", "a/b"], ["a/", "b"],
            ["a", "/b"], [],
        ]
        #expect(Set(lists.map { SealedPlace(parts: $0).bytes }).count == lists.count)
    }

    // MARK: Keys

    @Test("the first key seals, all open; one that is gone is named as such")
    func rotation() throws {
        let before = try sealer(Self.old)
        let during = try sealer("\(Self.new),\(Self.old)")
        let after = try sealer(Self.new)
        let first = try before.seal(Secret("token"), at: Self.place)
        #expect(before.isNewest(first) && !during.isNewest(first))
        #expect(try during.open(first, at: Self.place) == Secret("token"))
        #expect(throws: SealFailure.unknownKey) { try after.open(first, at: Self.place) }
        let second = try during.seal(Secret("token"), at: Self.place)
        #expect(during.isNewest(second) && after.isNewest(second))
        #expect(try after.open(second, at: Self.place) == Secret("token"))
        #expect(throws: SealFailure.unknownKey) { try before.open(second, at: Self.place) }
    }

    @Test("an id that now names another key opens nothing")
    func changedKey() throws {
        let sealed = try sealer(Self.old).seal(Secret("token"), at: Self.place)
        let other = try sealer(Self.new.replacing("k2:", with: "k1:"))
        #expect(throws: SealFailure.refused) { try other.open(sealed, at: Self.place) }
    }

    @Test("the same secret is never sealed to the same bytes, and its text is not in them")
    func nonces() throws {
        let sealer = try sealer(Self.old)
        let text = "canary-of-a-secret"
        let sealed = try (0..<100).map { _ in try sealer.seal(Secret(text), at: Self.place) }
        #expect(Set(sealed).count == 100)
        #expect(sealed.allSatisfy { $0.firstRange(of: Array(text.utf8)) == nil })
    }

    @Test("a secret has its bound")
    func bound() throws {
        let sealer = try sealer(Self.old)
        let longest = Secret(String(repeating: "x", count: Sealer.maxSecretBytes))
        #expect(try sealer.open(sealer.seal(longest, at: Self.place), at: Self.place) == longest)
        let longer = Secret(longest.reveal() + "x")
        #expect(throws: SealFailure.tooLong) { try sealer.seal(longer, at: Self.place) }
    }

    private static let key31 = Base64.encode([UInt8](repeating: 1, count: 31))
    private static let key33 = Base64.encode([UInt8](repeating: 1, count: 33))
    private static let many = (0...SealingKeys.maxKeys).map { "k\($0):\(key31)" }.joined(separator: ",")

    @Test(
        "what is wrong with a list of keys is said, without the keys",
        arguments: [
            ("", SealingKeysFailure.empty), (",", .noID(entry: 1)), ("\(old),", .noID(entry: 2)),
            (String(old.dropFirst(3)), .noID(entry: 1)), (":abc", .badID(entry: 1)), ("a b:abc", .badID(entry: 1)),
            (" \(old)", .badID(entry: 1)), ("\(old), \(new)", .badID(entry: 2)),
            ("k1234567890123456:", .badID(entry: 1)),
            ("\(old)\n", .notBase64("k1")), ("k1:abc", .notBase64("k1")), ("k1:a-_=", .notBase64("k1")),
            ("k1:", .wrongLength("k1", bytes: 0)), ("k1:\(key31)", .wrongLength("k1", bytes: 31)),
            ("\(old),k2:\(key33)", .wrongLength("k2", bytes: 33)), ("\(old),\(old)", .duplicateID("k1")),
            ("\(old),k3:\(old.dropFirst(3))", .sameKey("k1", "k3")), (many, .tooMany(17)),
        ])
    func problems(text: String, failure: SealingKeysFailure) {
        #expect(throws: failure) { try SealingKeys(Secret(text)) }
        let told = failure.description
        #expect(!told.contains(Self.key31) && !told.contains(Self.old.dropFirst(3)) && !told.isEmpty)
    }

    @Test("a list of keys is read, and shows none of them")
    func keys() throws {
        let keys = try SealingKeys(Secret("\(Self.new),\(Self.old)"))
        #expect(keys.ids == ["k2", "k1"])
        var dumped = ""
        dump(keys, to: &dumped)
        #expect(dumped.contains("***") && !dumped.contains("255"))
    }
}
