import EMVCo
import Primitives
import TestSupport
import Testing

@testable import PromptPay

@Suite("Codes to pay with")
struct PromptPayPayloadTests {
    private static func money(_ text: String?) -> Money? { text.flatMap { Money(decimal: $0, .baht) } }

    /// A text of these fields, with a right checksum.
    private static func sealed(_ body: String) -> String { EMVCoWriter(text: body).sealed(checksumTag: "63") }

    @Test("Payloads are written as others write them, and read", arguments: PromptPayVectors.ascending.indices)
    func ascending(_ index: Int) throws {
        let vector = PromptPayVectors.ascending[index]
        let target = try #require(try vector.target.target)
        let payload = try #require(PromptPayPayload(target, amount: Self.money(vector.amount)))
        #expect(payload.text == vector.text)
        let read = try PromptPayPayload(vector.text)
        #expect(read == payload && read.amount?.decimal == vector.amount && read.amount?.currency != .philippinePeso)
    }

    @Test("Fields are read in whatever order", arguments: PromptPayVectors.other.indices)
    func otherOrders(_ index: Int) throws {
        let vector = PromptPayVectors.other[index]
        let read = try PromptPayPayload(vector.text)
        let target = try vector.target.target
        #expect(read.target == target && read.amount?.decimal == vector.amount)
    }

    @Test("Every order of the fields says the same")
    func shuffled() throws {
        let fields = [
            "000201", "010212", "29370016A00000067701011101130066812345678", "5303764", "5406199.00", "5802TH",
        ]
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededRandom(seed: seed)
        let expected = try PromptPayPayload(Self.sealed(fields.joined()))
        for _ in 0..<200 {
            var rest = fields + ["8104AB12", "5908SOM SHOP", "260400ab"]
            var body = ""
            while !rest.isEmpty { body += rest.remove(at: random.integer(0...rest.count - 1)) }
            #expect(try PromptPayPayload(Self.sealed(body)) == expected, "seed \(seed)")
        }
    }

    @Test("A checksum in lower case is right")
    func lowerCase() throws {
        for vector in PromptPayVectors.ascending + PromptPayVectors.other {
            let text = String(vector.text.dropLast(4) + vector.text.suffix(4).lowercased())
            #expect(try PromptPayPayload(text) == PromptPayPayload(vector.text))
        }
    }

    @Test("What Sala makes of any target and amount is read the same")
    func roundTrip() throws {
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededRandom(seed: seed)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        func digits(_ count: Int) -> String { (0..<count).map { _ in "\(random.integer(0...9))" }.joined() }
        func reference() -> String {
            String((0..<random.integer(1...Biller.maxReferenceBytes)).map { _ in random.element(of: alphabet) })
        }
        for _ in 0..<2_000 {
            let target: PromptPayTarget
            switch random.integer(0...3) {
            case 0: target = .proxy(try PromptPayProxy("0" + random.element(of: ["6", "8", "9"]) + digits(8)))
            case 1:
                let start = "1" + digits(11)
                target = .proxy(
                    try #require(
                        (0...9).lazy.compactMap { digit in
                            do { return try PromptPayProxy(start + "\(digit)") } catch { return nil }
                        }.first))
            case 2: target = .proxy(try PromptPayProxy(digits(15)))
            default:
                let second = random.integer(0...1) == 0 ? nil : reference()
                let third = random.integer(0...1) == 0 ? nil : reference()
                target = .biller(
                    try #require(
                        Biller(
                            id: digits(random.element(of: [13, 15])), reference1: reference(), reference2: second,
                            reference3: third)))
            }
            let amount =
                random.integer(0...3) == 0
                ? nil : Money(hundredths: Int64(random.integer(1...999_999_999_999)), .baht)
            let payload = try #require(PromptPayPayload(target, amount: amount))
            let text = payload.text
            #expect(try PromptPayPayload(text) == payload, "seed \(seed)")
            #expect(text.hasPrefix(amount == nil ? "000201010211" : "000201010212"))
        }
    }

    @Test("Every change of one character is seen, and every cut", arguments: PromptPayVectors.ascending.indices)
    func changes(_ index: Int) throws {
        let text = Array(PromptPayVectors.ascending[index].text.utf8)
        for place in text.indices {
            for byte in UInt8(0x20)..<0x7F where byte != text[place] {
                var changed = text
                changed[place] = byte
                // The case of the checksum's own digits means nothing.
                if place >= text.count - 4, byte ^ 0x20 == text[place] { continue }
                #expect(throws: PromptPayViolation.self) {
                    try PromptPayPayload(String(decoding: changed, as: UTF8.self))
                }
            }
        }
        for count in text.indices {
            #expect(throws: PromptPayViolation.self) {
                try PromptPayPayload(String(decoding: text[..<count], as: UTF8.self))
            }
        }
    }

    @Test("Changed bodies with a right checksum end in a payload or a violation")
    func mutations() {
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededRandom(seed: seed)
        let digits = Array("0123456789".utf8)
        var read = 0
        for _ in 0..<20_000 {
            var body = Array(random.element(of: PromptPayVectors.ascending).text.utf8.dropLast(8))
            for _ in 0..<random.integer(1...3) {
                let place = random.integer(0...body.count - 1)
                switch random.integer(0...3) {
                case 0: body[place] = random.element(of: digits)
                case 1: body[place] = UInt8(random.integer(0...127))
                case 2: body.insert(random.element(of: digits), at: place)
                default: body.remove(at: place)
                }
            }
            do {
                let payload = try PromptPayPayload(Self.sealed(String(decoding: body, as: UTF8.self)))
                read += 1
                #expect(try PromptPayPayload(payload.text) == payload, "seed \(seed)")
            } catch {}
        }
        #expect(read > 0)
    }

    private static let phone = "29370016A00000067701011101130066812345678"
    private static let bill = "30450016A00000067701011201150994000165501000202A1"

    private static let refused: [(String, PromptPayViolation)] = [
        ("", .checksumMissing), ("hello", .malformed), ("พร้อมเพย์", .malformed),
        ("00020101021129370016A0000006770101110113006681234567853037645802TH6304823F", .checksumWrong),
        ("00020101021229370016A0000006770101110113006681234567853037645406100.005802TH6304E8F1", .checksumWrong),
        ("00020101021129370016A0000006770101110113006681234567853037645802TH", .checksumMissing),
        ("00020101021129370016A0000006770101110113006681234567853037645802TH6304823", .malformed),
        ("00020101021129370016A0000006770101110113006681234567853037645802TH6304823E0", .malformed),
        ("0041000600000101030040220015275120000AKR000015102TH91047C42", .slip),
        ("|099400016550100\r123456789012\r670429\r364922", .malformed),
        (String(repeating: "0", count: 513), .tooLong),
        (sealed("000201" + phone + phone + "53037645802TH"), .fieldRepeated),
        (sealed("000201" + phone + bill + "53037645802TH"), .severalTargets),
        (sealed(phone + "53037645802TH"), .notPromptPay),
        (sealed("000202" + phone + "53037645802TH"), .notPromptPay),
        (sealed("00020153037645802TH"), .notPromptPay),
        (sealed("000201" + "290053037645802TH"), .notPromptPay),
        (sealed("000201" + "29130009SG.PAYNOW53037645802TH"), .notPromptPay),
        (sealed("000201" + phone + "53036085802TH"), .otherCurrency),
        (sealed("000201" + phone + "5802TH"), .otherCurrency),
        (sealed("000201" + phone + "53037645802SG"), .otherCountry),
        (sealed("000201" + phone + "5303764"), .otherCountry),
        // A template that ends in the middle of a field; no proxy; two; a bank account; a wrong check digit; a phone of Bangkok.
        (sealed("000201" + "29210016A0000006770101110" + "53037645802TH"), .malformed),
        (sealed("000201" + "29200016A000000677010111" + "53037645802TH"), .targetUnfit),
        (
            sealed("000201" + "29540016A00000067701011101130066812345678" + "02131234567890121" + "53037645802TH"),
            .severalTargets
        ),
        (sealed("000201" + "29340016A0000006770101110410" + "0041234567" + "53037645802TH"), .targetUnfit),
        (sealed("000201" + "29370016A00000067701011102131234567890122" + "53037645802TH"), .targetUnfit),
        (sealed("000201" + "29370016A00000067701011101130066212345678" + "53037645802TH"), .targetUnfit),
        (sealed("000201" + "29370016A0000006770101110113+066812345678" + "53037645802TH"), .targetUnfit),
        // No reference; an empty one; a control character; additional data that are no fields.
        (sealed("000201" + "30390016A0000006770101120115099400016550100" + "53037645802TH"), .targetUnfit),
        (sealed("000201" + "30430016A00000067701011201150994000165501000200" + "53037645802TH"), .targetUnfit),
        (sealed("000201" + "30450016A00000067701011201150994000165501000202A\r" + "53037645802TH"), .targetUnfit),
        (sealed("000201" + bill + "53037645802TH6203abc"), .malformed),
        (sealed("000201" + phone + "53037645404" + "0.005802TH"), .amountUnfit),
        (sealed("000201" + phone + "5303764540105802TH"), .amountUnfit),
        (sealed("000201" + phone + "530376454005802TH"), .amountUnfit),
        (sealed("000201" + phone + "5303764" + "5405-1.005802TH"), .amountUnfit),
        (sealed("000201" + phone + "5303764" + "5405+1.005802TH"), .amountUnfit),
        (sealed("000201" + phone + "5303764" + "54051,0005802TH"), .amountUnfit),
        (sealed("000201" + phone + "5303764" + "54051.0005802TH"), .amountUnfit),
        (sealed("000201" + phone + "5303764" + "5404" + "1e105802TH"), .amountUnfit),
        (sealed("000201" + phone + "5303764" + "541410000000000.005802TH"), .amountUnfit),
    ]

    @Test("What PromptPay does not pay is told apart", arguments: refused.indices)
    func refusals(_ index: Int) {
        let (text, violation) = Self.refused[index]
        #expect(throws: violation) { try PromptPayPayload(text) }
    }

    @Test("Every violation has a text that earns it")
    func violations() {
        #expect(Set(Self.refused.map(\.1)) == Set(PromptPayViolation.allCases))
    }

    @Test("A bill's references may be what banks advise against; another's additional data are read over")
    func foreignReferences() throws {
        let bill = "30510016A00000067701011201150994000165501000208inv 7/42"
        let read = try PromptPayPayload(Self.sealed("000201" + bill + "53037645802TH6210" + "0306branch"))
        guard case .biller(let biller) = read.target else {
            Issue.record("not a bill")
            return
        }
        #expect(biller.reference1 == "inv 7/42" && biller.reference2 == nil && biller.reference3 == nil)
        #expect(try PromptPayPayload(read.text) == read)
        // To a phone's they mean nothing.
        #expect(throws: Never.self) {
            try PromptPayPayload(Self.sealed("000201" + Self.phone + "53037645802TH6203abc"))
        }
    }

    @Test("An amount without decimals, or with one, is read")
    func shortAmounts() throws {
        for (amount, expected) in [
            ("5401" + "7", "7.00"), ("5403" + "7.5", "7.50"), ("541" + "39999999999.99", "9999999999.99"),
        ] {
            let read = try PromptPayPayload(Self.sealed("000201" + Self.phone + "5303764" + amount + "5802TH"))
            #expect(read.amount?.decimal == expected)
        }
    }

    @Test("Only an amount in baht above zero, of at most 13 characters, can be asked for")
    func amounts() throws {
        let target = PromptPayTarget.proxy(try PromptPayProxy("0812345678"))
        #expect(PromptPayPayload(target, amount: Money(hundredths: 0, .baht)) == nil)
        #expect(PromptPayPayload(target, amount: Money(hundredths: 100, .philippinePeso)) == nil)
        #expect(PromptPayPayload(target, amount: Money(hundredths: 1, .baht))?.text.contains("54040.01") == true)
        #expect(PromptPayPayload(target, amount: Money(hundredths: 999_999_999_999, .baht)) != nil)
        #expect(PromptPayPayload(target, amount: Money(hundredths: 1_000_000_000_000, .baht)) == nil)
    }
}
