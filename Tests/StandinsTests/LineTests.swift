import JSON
import LINEMessaging
import Primitives
import Testing

@testable import Standins

@Suite("LINE's rules")
struct LineTests {
    private static let start = Instant(nanoseconds: 1_000_000_000_000)

    @Test("A reply token works once, for its channel, within its life")
    func replyTokens() {
        var tokens = ReplyTokens()
        for name in ["a", "b", "c"] { tokens.issue(name, channel: "t/1", user: "U1", at: Self.start) }
        func use(_ token: String, _ channel: String, after seconds: Int64) -> String? {
            tokens.use(
                token, channel: channel, at: Self.start.advanced(by: .seconds(seconds)), lifetime: .seconds(60))
        }
        let uses = [
            use("a", "t/2", after: 1), use("a", "t/1", after: 60), use("a", "t/1", after: 60),
            use("b", "t/1", after: 61), use("b", "t/1", after: 1), use("x", "t/1", after: 1), use("c", "t/1", after: 0),
        ]
        #expect(uses == [nil, "U1", nil, nil, nil, nil, "U1"])
    }

    @Test("A retry key is known for 24 hours, by channel and call")
    func retryKeys() {
        var keys = RetryKeys()
        let key = RetryKeys.Key(channel: "t/1", call: "push", key: "k")
        keys.accept(key, RetryKeys.Acceptance(request: "r", sentMessages: nil, at: Self.start))
        #expect(keys.acceptance(key, at: Self.start.advanced(by: .seconds(86_399)))?.request == "r")
        #expect(keys.acceptance(key, at: Self.start.advanced(by: .seconds(86_400))) == nil)
        for other in [
            RetryKeys.Key(channel: "t/2", call: "push", key: "k"),
            RetryKeys.Key(channel: "t/1", call: "multicast", key: "k"),
            RetryKeys.Key(channel: "t/1", call: "push", key: "l"),
        ] {
            #expect(keys.acceptance(other, at: Self.start) == nil)
        }
        #expect(RetryKeys.isKey("123e4567-e89b-12d3-a456-426614174000"))
        for text in ["", "k", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g"] {
            #expect(!RetryKeys.isKey(text))
        }
    }

    @Test("A channel signs as LINE does, with the worked example of its documents' scheme")
    func signature() throws {
        let secret = Secret("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
        let channel = LineChannel(StandinServer.LineAccount(tenant: "company_a", oa: "oa-1", channelSecret: secret))
        let body = Array(#"{"destination":"Ub0a7b0a7b0a7b0a7b0a7b0a7b0a7b0a7","events":[]}"#.utf8)
        #expect(channel.signature(of: body) == "HcR0TSWbfISM6taRHk0NTM9Lfot1mQ23SKfQzV4UFrQ=")
        let check = try #require(WebhookSignature(channelSecret: secret))
        try check.verify(body, fields: [channel.signature(of: body)])
        #expect(throws: WebhookSignatureViolation.mismatched) {
            try check.verify(body, fields: [channel.signature(of: body + [0x20])])
        }
    }

    @Test("An account's facts follow from its name")
    func account() {
        let account = StandinServer.LineAccount(tenant: "company_a", oa: "oa-1", channelSecret: Secret("s"))
        #expect(LineIdentifier.isDestination(account.destination))
        #expect(account.channelID.count == 10 && account.channelID.allSatisfy(\.isNumber))
        let other = StandinServer.LineAccount(tenant: "company_a", oa: "oa-2", channelSecret: Secret("s"))
        #expect(other.destination != account.destination && other.accessToken != account.accessToken)
    }

    private static func refusal(_ json: String) throws -> LineRefusal? {
        LineMessageRules.refusal(try JSONParser.parse(json))
    }

    @Test("One to five messages, none of them empty")
    func messages() throws {
        func details(_ json: String) throws -> [LineRefusal.Detail]? { try Self.refusal(json)?.details }
        func detail(_ message: String, _ property: String) -> LineRefusal.Detail {
            LineRefusal.Detail(message: message, property: property)
        }
        let text = #"{"type":"text","text":"สวัสดี"}"#
        #expect(try Self.refusal("[\(text)]") == nil)
        #expect(LineMessageRules.refusal(nil)?.details == [detail("May not be empty", "messages")])
        #expect(try details("[]") == [detail("May not be empty", "messages")])
        let six = Array(repeating: text, count: 6).joined(separator: ",")
        #expect(try details("[\(six)]") == [detail("Size must be between 1 and 5", "messages")])
        let refusal = try #require(try Self.refusal(#"[{"type":"text","text":""},{"type":"fax"}]"#))
        #expect(refusal.message == "The request body has 2 error(s)")
        #expect(refusal.details.map(\.property) == ["messages[0].text", "messages[1].type"])
        let long = String(repeating: "ก", count: 5_000)
        #expect(try details(#"[{"type":"text","text":"\#(long)"}]"#) == nil)
        #expect(
            try details(#"[{"type":"text","text":"\#(long)ก"}]"#)
                == [detail("Length must be between 0 and 5000", "messages[0].text")])
    }

    @Test(
        "A Flex message that is not well formed is refused with the path inside it",
        arguments: [
            (#"{"type":"box"}"#, "/type"), (#"{"type":"bubble","body":{"type":"text","text":"x"}}"#, "/body/type"),
            (#"{"type":"bubble","body":{"type":"box","layout":"vertical"}}"#, "/body/contents"),
            (
                #"{"type":"bubble","body":{"type":"box","layout":"vertical","contents":[{"type":"text","text":""}]}}"#,
                "/body/contents/0/text"
            ),
            (
                #"{"type":"bubble","footer":{"type":"box","layout":"vertical","contents":[{"type":"button","action":{"type":"uri","label":"x","uri":"example.com"}}]}}"#,
                "/footer/contents/0/action/uri"
            ),
            (
                #"{"type":"bubble","body":{"type":"box","layout":"vertical","backgroundColor":"black","contents":[]}}"#,
                "/body/backgroundColor"
            ),
            (#"{"type":"carousel","contents":[]}"#, "/contents"),
        ])
    func flex(contents: String, property: String) throws {
        let refusal = try #require(try Self.refusal(#"[{"type":"flex","altText":"x","contents":\#(contents)}]"#))
        #expect(refusal.message == "A message (messages[0]) in the request body is invalid")
        #expect(refusal.details.map(\.property) == [property])
    }

    @Test("A receipt as it is sent is well formed")
    func receipt() throws {
        let receipt = #"""
            [{"type":"flex","altText":"ใบเสร็จ","contents":{"type":"bubble","size":"mega","body":{"type":"box","layout":"vertical",
            "contents":[{"type":"text","text":"ใบเสร็จรับเงิน","weight":"bold","color":"#1DB446"},{"type":"separator","margin":"lg"},
            {"type":"text","contents":[{"type":"span","text":"x"}]},{"type":"image","url":"https://example.com/a.png"}]},
            "footer":{"type":"box","layout":"vertical","contents":[{"type":"button","style":"link","action":
            {"type":"uri","label":"ดู","uri":"https://example.com/o"}}]},"styles":{"footer":{"separator":true}}}}]
            """#
        #expect(try Self.refusal(receipt) == nil)
    }

    @Test("Identifiers have LINE's forms")
    func identifiers() {
        let random = FixedRandom()
        let id = LineIdentifier.ulid(at: Timestamp(seconds: 1_795_230_000), random)
        #expect(id.count == 26 && id.hasPrefix("01M7Y0Q"))
        #expect(RetryKeys.isKey(LineIdentifier.uuid(random)))
        #expect(LineIdentifier.isUser("Uc0ffee00c0ffee00c0ffee00c0ffee01"))
        for text in ["", "U", "X1", "U1/2", "U" + String(repeating: "a", count: 64)] {
            #expect(!LineIdentifier.isUser(text))
        }
    }
}

private struct FixedRandom: RandomSource {
    func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) } }
}

@Suite("Answers that a control puts in")
struct ScriptedAnswersTests {
    private static func changed(_ json: JSONValue) throws -> ScriptedAnswers {
        var answers = ScriptedAnswers()
        let members = try #require(json.object)
        for member in members.members {
            let isTaken = try answers.change(member, in: members) { EasySlipFailure($0) != nil }
            #expect(isTaken)
        }
        return answers
    }

    @Test("One slip's answer is used up, then the service's own comes; others are not touched")
    func times() throws {
        var answers = try Self.changed(["slip": ["R1": ["answer": "slip_pending", "times": 2]]])
        let taken = ["R2", "R1", "R1", "R1"].map { answers.take(reference: $0) }
        #expect(taken == [nil, "slip_pending", "slip_pending", nil])
    }

    @Test("An answer for every call stands until it is taken back; a slip's own goes before it")
    func common() throws {
        var answers = try Self.changed([
            "answer": "quota_exceeded", "slip": ["R1": ["answer": "SLIP_PENDING", "times": 1]],
        ])
        let taken = ["R1", "R1", nil, "R2"].map { answers.take(reference: $0) }
        #expect(taken == ["SLIP_PENDING", "quota_exceeded", "quota_exceeded", "quota_exceeded"])
        #expect(throws: BehaviourError.self) { try Self.changed(["answer": "made_up"]) }
        #expect(throws: BehaviourError.self) {
            try Self.changed(["slip": ["R1": ["answer": "slip_pending", "times": 0]]])
        }
    }
}
