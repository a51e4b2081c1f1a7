import JSON
import Ports
import Primitives
import TestSupport
import Testing

@testable import Domain
@testable import LINEMessaging
@testable import LineAccounts

@Suite("The words for customers")
struct NoticeTests {
    struct Vector: CustomTestStringConvertible, Sendable {
        let json: JSONValue
        var testDescription: String { json["name"]?.string ?? "?" }
    }

    static func vectors() throws -> [Vector] {
        let list = try Vectors.documents("line").first { $0.name == "notices" }?.value.array ?? []
        guard !list.isEmpty else { throw Vectors.Malformed(description: "no vectors of notices") }
        return list.map { Vector(json: $0) }
    }

    @Test("a notice has the words of the vector", arguments: try vectors())
    func notice(_ vector: Vector) throws {
        let messages = NoticeMessages(try settings(vector.json["settings"]))
            .messages(about: try subject(try #require(vector.json["subject"])))
        #expect(messages.json == vector.json["expect"])
        #expect(Self.violations(of: messages) == [])
    }

    @Test("everything that can be told stands in the vectors")
    func complete() throws {
        let told = try Self.vectors().compactMap { $0.json["subject"]?["about"]?.string }
        let all = ["imageReceived", "credited", "duplicate"] + SlipFailure.allCases.map(\.rawValue)
        #expect(Set(told) == Set(all))
    }

    @Test("each failure has words of its own, which say what to do next")
    func failures() {
        let notices = NoticeMessages(MessageSettings(tenant: "t"))
        let texts = SlipFailure.allCases.map { failure -> String in
            guard case .text(let text)? = notices.messages(about: .failed(failure)).messages.first else { return "" }
            return text
        }
        #expect(Set(texts).count == SlipFailure.allCases.count)
        for text in texts {
            #expect(text.contains("รบกวน") && text.contains("ค่ะ") && text.contains("นะคะ"), "\(text)")
        }
    }

    @Test("whatever a tenant has set, LINE takes the receipt")
    func hostileSettings() throws {
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededRandom(seed: seed)
        let texts = [
            "", " ", "#12345", "#GGGGGG", "#123456", "#12345678", "red", "http://a.example", "https://", "https:///x",
            "https://a.example/\"x", "https://a.example/ x", "https://ตัวอย่าง.ไทย", "HTTPS://a.example",
            "https://a.example/\(String(repeating: "x", count: 2_500))", "javascript:alert(1)",
            "https://a.example/p?q=1",
        ]
        for _ in 0..<200 {
            var settings = MessageSettings(tenant: "t")
            settings.flexMessageEnabled = !random.isOne(in: 4)
            settings.imageReplyMessage = random.element(of: texts)
            settings.flexLogoURL = random.element(of: texts)
            settings.gameURL = random.element(of: texts)
            for path in [
                \MessageSettings.Colors.headerFooterBackground, \.bodyBackground, \.primary, \.successText, \.valueText,
                \.separator, \.mutedText,
            ] { settings.colors[keyPath: path] = random.element(of: texts) }
            let user = UserMatch(
                user: "u", memberCode: random.element(of: [nil, "", " ", "MEM001"]), fullName: "สมชาย ใจดี",
                method: .nameOnly)
            let bank = try #require(BankCode("004"))
            let reference = try #require(
                SlipReference(bank: bank, transRef: String(repeating: "7", count: random.integer(1...64))))
            let amount = try #require(Satang(Int64(random.integer(0...1_000_000_000_000_000))))
            for subject in [Telling.Subject.imageReceived, .credited(amount, user, reference)] {
                let messages = NoticeMessages(settings).messages(about: subject)
                let violations = Self.violations(of: messages)
                #expect(violations == [], "seed \(seed)")
                #expect(!messages.json.text.contains("สมชาย"), "a name is shown to whoever sent the picture")
                #expect(!messages.json.text.contains(String(repeating: "7", count: 5)), "a reference is shown")
            }
        }
    }

    @Test(
        "amounts have separators, references only their end",
        arguments: [
            (1, "0.01"), (50_000, "500.00"), (99_999, "999.99"), (100_000, "1,000.00"), (123_456_789, "1,234,567.89"),
            (1_000_000_000_000_000, "10,000,000,000,000.00"),
        ])
    func amounts(_ satang: Int64, _ text: String) {
        let user = UserMatch(user: "u", memberCode: nil, fullName: nil, method: .manual)
        let notice = CreditNotice(amount: Samples.satang(satang), user: user, reference: Samples.reference)
        #expect(notice.baht == text)
        #expect(notice.maskedReference == "xxxxxx0001")
    }

    @Test(
        "short references hide at least half",
        arguments: [("1", "x"), ("12", "x2"), ("12345", "xxx45"), ("12345678", "xxxx5678")])
    func shortReferences(_ transRef: String, _ shown: String) throws {
        let bank = try #require(BankCode("004"))
        let user = UserMatch(user: "u", memberCode: nil, fullName: nil, method: .manual)
        let notice = CreditNotice(
            amount: .zero, user: user, reference: try #require(SlipReference(bank: bank, transRef: transRef)))
        #expect(notice.maskedReference == shown)
    }

    // MARK: Reading of vectors

    private func settings(_ json: JSONValue?) throws -> MessageSettings {
        var settings = MessageSettings(tenant: "t")
        for member in json?.object?.members ?? [] {
            switch member.name {
            case "imageReplyMessage": settings.imageReplyMessage = try #require(member.value.string)
            case "flexMessageEnabled": settings.flexMessageEnabled = member.value == true
            case "flexLogoUrl": settings.flexLogoURL = try #require(member.value.string)
            case "gameUrl": settings.gameURL = try #require(member.value.string)
            case "colorHeaderFooterBg": settings.colors.headerFooterBackground = try #require(member.value.string)
            case "colorPrimary": settings.colors.primary = try #require(member.value.string)
            case "colorSeparator": settings.colors.separator = try #require(member.value.string)
            default: throw Vectors.Malformed(description: "\(member.name) is no setting")
            }
        }
        return settings
    }

    private func subject(_ json: JSONValue) throws -> Telling.Subject {
        switch try #require(json["about"]?.string) {
        case "imageReceived": return .imageReceived
        case "duplicate": return .duplicate
        case "credited":
            let bank = try #require(json["bank"]?.string.flatMap { BankCode($0) })
            return .credited(
                try #require(json["amount"]?.string.flatMap { Satang(decimal: $0) }),
                UserMatch(
                    user: "USER123", memberCode: json["memberCode"]?.string, fullName: "สมชาย ใจดี",
                    method: .nameAndAccount),
                try #require(json["transRef"]?.string.flatMap { SlipReference(bank: bank, transRef: $0) }))
        case let name: return .failed(try #require(SlipFailure(rawValue: name)))
        }
    }

    // MARK: What LINE takes

    /// What LINE would refuse a message for (line-openapi of 2026-07-01: FlexMessage and its parts).
    private static func violations(of messages: OutgoingMessages) -> [String] {
        var found: [String] = []
        let list = messages.json.array ?? []
        if list.count != 1 { found.append("\(list.count) messages") }
        for message in list {
            switch message["type"]?.string {
            case "text":
                let text = message["text"]?.string ?? ""
                if text.allSatisfy(\.isWhitespace) || text.utf16.count > 5_000 {
                    found.append("text: \(text.prefix(80))")
                }
            case "flex":
                let text = message["altText"]?.string ?? ""
                if text.isEmpty || text.utf16.count > 400 { found.append("altText: \(text)") }
                let contents = message["contents"] ?? .null
                if contents["type"] != "bubble" { found.append("contents: \(contents["type"] ?? .null)") }
                if contents.bytes.count > 30 * 1024 { found.append("a bubble of \(contents.bytes.count) bytes") }
                check(contents, &found)
            default: found.append("type: \(message["type"] ?? .null)")
            }
        }
        return found
    }

    private static let members: [String: Set<String>] = [
        "bubble": ["type", "size", "header", "body", "footer"],
        "box": ["type", "layout", "contents", "spacing", "margin", "paddingAll", "backgroundColor"],
        "text": ["type", "text", "size", "color", "weight", "align", "flex", "wrap"],
        "separator": ["type", "margin", "color"],
        "image": ["type", "url", "size", "aspectRatio", "aspectMode"],
        "button": ["type", "style", "height", "color", "action"],
        "uri": ["type", "label", "uri"],
    ]

    private static func check(_ value: JSONValue, _ found: inout [String]) {
        if let items = value.array { for item in items { check(item, &found) } }
        guard let object = value.object else { return }
        let type = object["type"]?.string ?? ""
        for member in object.members {
            if members[type]?.contains(member.name) != true { found.append("\(type) has \(member.name)") }
            if let text = member.value.string, text.allSatisfy(\.isWhitespace) {
                found.append("\(type).\(member.name) is empty")
            }
            if ["color", "backgroundColor"].contains(member.name),
                member.value.string?.wholeMatch(of: #/#[0-9A-Fa-f]{6}/#) == nil
            {
                found.append("\(type).\(member.name) is \(member.value)")
            }
            if ["url", "uri"].contains(member.name) {
                let text = member.value.string ?? ""
                if text.lowercased().wholeMatch(of: #/https:\/\/[a-z0-9][!-~]*/#) == nil || text.utf8.count > 2_000 {
                    found.append("\(type).\(member.name) is \(text.prefix(60))")
                }
            }
            check(member.value, &found)
        }
        if type == "box", object["contents"]?.array?.isEmpty != false { found.append("an empty box") }
    }
}
