import HTTPClient
import JSON
import Primitives
import TestSupport
import Testing

@testable import LINEMessaging

@Suite("Calls to LINE")
struct MessagingTests {
    private let api = MessagingAPI(.init(accessToken: Secret("t0ken")))

    @Test("An answer means what the vector says", arguments: try LINEVector.load("answers"))
    func answer(_ vector: LINEVector) throws {
        let input = try #require(vector.json["input"])
        let fields = (input["headers"]?.object?.members ?? []).map {
            HTTPResponseHead.Field(name: $0.name, value: $0.value.string ?? "")
        }
        let response = HTTPResponse(
            head: HTTPResponseHead(status: Int(try #require(input["status"]?.integer)), fields: fields),
            body: Array(try #require(input["body"]?.string).utf8))
        let expect = vector.expect
        switch try #require(vector.json["call"]?.string) {
        case "send":
            let expected = try sendAnswer(expect)
            #expect(SendAnswer(response) == expected)
        case "content":
            let failure = try expect["failed"].map(failure)
            let expected: ContentAnswer =
                if let failure {
                    .failed(failure)
                } else if let bytes = expect["ready"]?.string {
                    .ready(bytes: Array(bytes.utf8), type: expect["type"]?.string)
                } else if expect["gone"] != nil {
                    .gone
                } else {
                    .preparing
                }
            #expect(ContentAnswer(response) == expected)
        case "call":
            let expected: CallAnswer = try expect["failed"].map { .failed(try failure($0)) } ?? .done
            #expect(CallAnswer(response) == expected)
        case "profile":
            try check(expect) { () throws(MessagingFailure) in
                try Profile(response)
            } _: { profile in
                #expect(profile.user == expect["user"]?.string)
                #expect(profile.displayName == expect["displayName"]?.string)
                #expect(profile.pictureURL == expect["pictureURL"]?.string)
                #expect(profile.statusMessage == expect["statusMessage"]?.string)
                #expect(profile.language == expect["language"]?.string)
            }
        case "quota":
            try check(expect) { () throws(MessagingFailure) in
                try Quota(response)
            } _: { quota in
                #expect(quota == (expect["limited"]?.integer.map(Quota.limited) ?? .unlimited))
            }
        case "consumption":
            try check(expect) { () throws(MessagingFailure) in
                try Consumption(response)
            } _: { consumption in
                #expect(consumption.total == expect["total"]?.integer)
            }
        case let call: Issue.record("\(call) is no call")
        }
    }

    private func sendAnswer(_ expect: JSONValue) throws -> SendAnswer {
        if let failed = expect["failed"] { return .failed(try failure(failed)) }
        let id = expect["requestID"]?.string
        if let messages = expect["accepted"]?.array {
            return .accepted(messages: messages.compactMap(\.string), requestID: id)
        }
        let messages = try #require(expect["acceptedBefore"]?.array)
        return .acceptedBefore(messages: messages.compactMap(\.string), requestID: id)
    }

    private func failure(_ value: JSONValue) throws -> MessagingFailure {
        let name = try #require(value.string)
        return try #require(MessagingFailure(rawValue: name))
    }

    private func check<Value>(
        _ expect: JSONValue, _ read: () throws(MessagingFailure) -> Value, _ look: (Value) -> Void
    ) throws {
        do throws(MessagingFailure) {
            let value = try read()
            #expect(expect["failed"] == nil)
            look(value)
        } catch {
            let expected = try failure(expect["failed"] ?? .null)
            #expect(expected == error)
        }
    }

    private func expectRequest(
        _ request: HTTPClientRequest, _ method: HTTPMethod, _ url: String, _ body: String,
        key: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var headers = [("Authorization", "Bearer t0ken")]
        if method == .post { headers.append(("Content-Type", "application/json")) }
        if let key { headers.append(("X-Line-Retry-Key", key)) }
        #expect(request.method == method, sourceLocation: sourceLocation)
        #expect(request.url == url, sourceLocation: sourceLocation)
        #expect(String(decoding: request.body, as: UTF8.self) == body, sourceLocation: sourceLocation)
        #expect(request.headers.elementsEqual(headers) { $0 == $1 }, sourceLocation: sourceLocation)
    }

    @Test("A reply has no retry key, which LINE would refuse")
    func reply() {
        expectRequest(
            api.reply(OutgoingMessages(.text("ได้รับแล้ว")), token: "6f2a"), .post,
            "https://api.line.me/v2/bot/message/reply",
            #"{"replyToken":"6f2a","messages":[{"type":"text","text":"ได้รับแล้ว"}]}"#)
        // Sent twice by libcurl, the token would be found used.
        #expect(api.reply(OutgoingMessages(.text("x")), token: "6f2a").needsFreshConnection)
    }

    @Test("A retry key is a UUID in lower case")
    func givenRetryKey() {
        let uuid = "7c1d2f5e-6a0b-5a37-9f0c-2d8f6b1e4a90"
        #expect(RetryKey(uuid: uuid)?.text == uuid)
        #expect(RetryKey(uuid: RetryKey(derivedFrom: "x").text) == RetryKey(derivedFrom: "x"))
        for text in [
            "", uuid.uppercased(), String(uuid.dropLast()), uuid + "0", "7c1d2f5e06a0b-5a37-9f0c-2d8f6b1e4a90",
        ] {
            #expect(RetryKey(uuid: text) == nil, "\(text)")
        }
    }

    @Test("A push has its retry key from the first attempt on")
    func push() {
        let key = RetryKey(derivedFrom: "line-oa/oa-1/17")
        expectRequest(
            api.push(OutgoingMessages(.flex(altText: "a", contents: ["type": "bubble"])), to: "U1", key: key), .post,
            "https://api.line.me/v2/bot/message/push",
            #"{"to":"U1","messages":[{"type":"flex","altText":"a","contents":{"type":"bubble"}}]}"#, key: key.text)
    }

    @Test(
        "Loading is shown for a multiple of five seconds", arguments: [(-1, 5), (5, 5), (6, 10), (58, 60), (.max, 60)])
    func loading(_ asked: Int, _ shown: Int) {
        expectRequest(
            api.showLoading(user: "U1", seconds: asked), .post, "https://api.line.me/v2/bot/chat/loading/start",
            #"{"chatId":"U1","loadingSeconds":\#(shown)}"#)
    }

    @Test("Content comes from its own host, and no id leaves its path")
    func content() {
        let host = "https://api-data.line.me/v2/bot/message"
        expectRequest(api.content(message: "550000000000000002"), .get, "\(host)/550000000000000002/content", "")
        expectRequest(api.content(message: "../a?b#c%"), .get, "\(host)/%2E%2E%2Fa%3Fb%23c%25/content", "")
        #expect(api.content(message: "1").maxBodyBytes == 4 * 1024 * 1024)
        #expect(api.quota().maxBodyBytes == 256 * 1024)
    }

    @Test("Profile, quota and consumption")
    func reading() {
        expectRequest(api.profile(user: "U1"), .get, "https://api.line.me/v2/bot/profile/U1", "")
        expectRequest(api.quota(), .get, "https://api.line.me/v2/bot/message/quota", "")
        expectRequest(api.consumption(), .get, "https://api.line.me/v2/bot/message/quota/consumption", "")
    }

    @Test("One to five messages")
    func count() {
        #expect(OutgoingMessages([]) == nil)
        #expect(OutgoingMessages(Array(repeating: .text("x"), count: 5))?.messages.count == 5)
        #expect(OutgoingMessages(Array(repeating: .text("x"), count: 6)) == nil)
    }

    @Test("Long texts are cut between characters")
    func cut() {
        func text(_ message: OutgoingMessage) -> String? {
            message.json["text"]?.string ?? message.json["altText"]?.string
        }
        #expect(text(.text(String(repeating: "x", count: 5_000)))?.utf16.count == 5_000)
        #expect(text(.text(String(repeating: "x", count: 5_001)))?.utf16.count == 5_000)
        // A family of eleven units is whole or not there.
        let family = "👨‍👩‍👧‍👦"
        #expect(text(.text(String(repeating: family, count: 500))) == String(repeating: family, count: 454))
        #expect(text(.flex(altText: String(repeating: "😀", count: 201), contents: .null))?.count == 200)
    }

    @Test("A retry key is one UUID for one name")
    func retryKey() {
        // SHA-256 of "line-oa/oa-1/17", computed with Python's hashlib, with RFC 9562's version and variant.
        #expect(RetryKey(derivedFrom: "line-oa/oa-1/17").text == "7940bd58-f44f-8b0d-92ae-37754a8fb300")
        #expect(RetryKey(derivedFrom: "a") == RetryKey(derivedFrom: "a"))
        #expect(RetryKey(derivedFrom: "a") != RetryKey(derivedFrom: "b"))
    }

    @Test("What may have been done is never taken for not done")
    func transport() {
        let failures: [(TransportFailure, MessagingFailure)] = [
            (.unreachable, .notSent), (.tlsFailure, .notSent), (.timeout(.connect), .notSent), (.overloaded, .notSent),
            (.timeout(.firstByte), .unclear), (.timeout(.idle), .unclear), (.timeout(.total), .unclear),
            (.cutOff, .unclear), (.protocolViolation, .unclear), (.tooLarge, .tooLarge), (.invalidRequest, .badRequest),
        ]
        for (transport, expected) in failures {
            #expect(MessagingFailure(transport) == expected)
            if expected == .notSent { #expect(!transport.mayHaveArrived) }
        }
        #expect(MessagingFailure.allCases.filter(\.mayBeDone) == [.unavailable, .unclear])
        #expect(MessagingFailure.allCases.filter(\.isRetryable) == [.rateLimited, .unavailable, .notSent, .unclear])
    }
}
