import HTTPClient
import Ports
import Primitives
import Reactor
import TestSupport
import Testing

@testable import Domain
@testable import LineAccounts

/// A call of the port, with its answer as text.
enum Call: String, CaseIterable, Sendable {
    case image, easySlip1, easySlip2, easySlip2Image, slipOK, accounts, users, credit, ask, reply, push, quota

    func make(_ adapter: LineAccountAdapter, _ completion: @escaping @Sendable (String) -> Void) {
        switch self {
        case .image: adapter.fetchImage(message: "17") { completion("\($0)") }
        case .easySlip1: adapter.verify(.payload(Samples.payload), by: "easyslip-v1/tenant") { completion("\($0)") }
        case .easySlip2: adapter.verify(.payload(Samples.payload), by: "easyslip-v2/tenant") { completion("\($0)") }
        case .easySlip2Image:
            adapter.verify(.image([0xFF, 0xD8, 0xFF, 0x00]), by: "easyslip-v2/tenant") { completion("\($0)") }
        case .slipOK: adapter.verify(.payload(Samples.payload), by: "slipok/tenant") { completion("\($0)") }
        case .accounts: adapter.loadAccounts { completion("\($0)") }
        case .users: adapter.searchUsers(Samples.sender) { completion("\($0)") }
        case .credit: adapter.submit(Samples.credit, transaction: "t_1") { completion("\($0)") }
        case .ask: adapter.ask(Samples.credit) { completion("\($0)") }
        case .reply: adapter.tell(Samples.telling(by: .reply)) { completion("\($0)") }
        case .push: adapter.tell(Samples.telling(by: .push)) { completion("\($0)") }
        case .quota: adapter.readQuota { completion("\($0.map { "\($0)" } ?? "nil")") }
        }
    }
}

enum Samples {
    static let payload = "0041000600000101030040220015275120000AKR000015102TH91047C42"
    static let sender = SlipParty(thaiName: "นาย สมชาย ท", bank: BankCode("004"), account: "xxx-x-x1234-x")
    static let reference: SlipReference = {
        guard let bank = BankCode("004"), let made = SlipReference(bank: bank, transRef: "015275120000AKR00001")
        else { preconditionFailure("a good reference") }
        return made
    }()
    static func satang(_ count: Int64) -> Satang { Satang(count) ?? .zero }

    static var credit: CreditOrder {
        CreditOrder(
            key: CreditOrder.key(of: reference), attempt: 1, reference: reference, amount: satang(50_000),
            account: "ACC123", user: "USER123")
    }

    static func telling(by way: NoticeWay, token: String? = "reply-token", isRepeat: Bool = false) -> Telling {
        Telling(
            transaction: "t_1",
            mark: NoticeMark(
                kind: .result, way: way, key: NoticeMark.key(account: "oa-1", transaction: "t_1", kind: .result),
                markedAt: Timestamp(seconds: 1_795_000_000)),
            subject: .duplicate, user: "U1", replyToken: token, attempt: 1, isRepeat: isRepeat)
    }
}

/// What can go wrong with any call.
enum Misbehaviour: String, CaseIterable, Sendable {
    case garbage, nothing, huge, silence, stall, cutOff, closed, notHTTP, fault, moved, unreachable

    /// nil: there is nobody to answer.
    var reply: Reply {
        switch self {
        case .garbage: .text(200, "<html>{\"")
        case .nothing: .text(200, "")
        case .huge: .answer(200, [UInt8](repeating: 0x20, count: 5 * 1024 * 1024))
        case .silence, .unreachable: .silence
        case .stall: .raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"acc", staysOpen: true)
        case .cutOff: .raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"acc")
        case .closed: .raw("")
        case .notHTTP: .raw("220 mail.example ESMTP\r\n")
        case .fault: .text(500, "oops")
        case .moved: .answer(302, [], fields: ["Location: https://elsewhere.example/"])
        }
    }

    var needsTime: Bool { self == .silence || self == .stall }
}

@Suite("Whatever the other side does, a call answers once, and never with a verdict", .timeLimit(.minutes(3)))
struct MisbehaviourTests {
    private func expected(_ call: Call, _ misbehaviour: Misbehaviour) -> String {
        switch (call, misbehaviour) {
        case (.image, .garbage): "image(\(Array("<html>{\"".utf8)))"
        case (.image, .huge): "gone"
        case (.image, _): "unavailable"
        case (.easySlip1, .fault), (.easySlip2, .fault), (.easySlip2Image, .fault), (.slipOK, .fault),
            (.easySlip1, .unreachable), (.easySlip2, .unreachable), (.easySlip2Image, .unreachable),
            (.slipOK, .unreachable):
            "fault(Domain.VerifierFault.unavailable)"
        case (.easySlip1, _), (.easySlip2, _), (.easySlip2Image, _), (.slipOK, _):
            "fault(Domain.VerifierFault.unclear)"
        case (.accounts, _), (.users, _): "unavailable"
        case (.credit, .unreachable): "unsent"
        case (.credit, _), (.ask, _): "unclear"
        // Accepted is accepted, also when the answer's body says nothing.
        case (.reply, .garbage), (.push, .garbage), (.reply, .nothing), (.push, .nothing): "accepted"
        case (.reply, .unreachable), (.push, .unreachable): "rateLimited"
        case (.reply, _), (.push, _): "unclear"
        case (.quota, _): "nil"
        }
    }

    @Test("each call", arguments: Call.allCases, Misbehaviour.allCases)
    func all(_ call: Call, _ misbehaviour: Misbehaviour) throws {
        let isReachable = misbehaviour != .unreachable
        let world = try World(isReachable: isReachable) { _ in misbehaviour.reply }
        let answer: String =
            misbehaviour.needsTime
            ? try world.answerAfter(.seconds(31), call.make) : try world.answer(call.make)
        #expect(answer == expected(call, misbehaviour))
        #expect(world.log.count == (isReachable ? 1 : 0))
        #expect(world.expired.all.isEmpty)
    }

    @Test("a client without room says so, and nothing was sent", arguments: Call.allCases)
    func overloaded(_ call: Call) throws {
        let world = try World(maxTransfers: 0) { _ in .silence }
        let answer: String = try world.answer(call.make)
        #expect(answer == expected(call, .unreachable))
        #expect(world.log.count == 0)
    }

    @Test(
        "nothing is called after close, before or after the answer has come", arguments: Call.allCases, [false, true])
    func closed(_ call: Call, _ waits: Bool) throws {
        let world = try World { _ in .text(500, "") }
        let answers: Answers<String> = world.call(call.make)
        if waits { world.run(until: { world.log.count > 0 }) }
        world.loop.enter { world.adapter.close() }
        // What is under way ends at once; a list is loaded for others, too.
        if call != .accounts { #expect(world.client.transferCount == 0) }
        world.run(until: { world.client.transferCount == 0 })
        world.settle()
        #expect(answers.count == 0)
        // And nothing begins.
        let after: Answers<String> = world.call(call.make)
        world.run(until: { world.client.transferCount == 0 })
        world.settle()
        #expect(after.count == 0)
    }

    @Test(
        "nothing is set up: no channel, no credential, no session, no tenant", arguments: Call.allCases, [true, false])
    func missing(_ call: Call, _ hasTenant: Bool) throws {
        var settings = World.settings(status: nil)
        settings.channels = []
        settings.verifiers = []
        if !hasTenant { settings.tenant.id = "another" }
        let world = try World(settings: settings) { _ in .silence }
        let answer: String = try world.answer(call.make)
        let expected =
            switch call {
            case .image: "unavailable"
            case .easySlip1, .easySlip2, .easySlip2Image, .slipOK: "fault(Domain.VerifierFault.configuration)"
            case .accounts, .users, .credit, .ask: "adminExpired"
            case .reply, .push: "refused"
            case .quota: "nil"
            }
        #expect(answer == expected)
        #expect(world.log.count == 0)
        #expect(world.expired.all.isEmpty)
        world.loop.enter { world.adapter.showLoading(user: "U1") }
        world.settle()
        #expect(world.client.transferCount == 0)
    }

    @Test("credentials that cannot be sent are a matter of configuration")
    func unsendable() throws {
        var settings = World.settings()
        settings.verifiers = [
            SlipVerifierCredential(tenant: World.tenant, provider: .easyslip2, token: Secret("a\r\nb")),
            SlipVerifierCredential(tenant: World.tenant, provider: .easyslip1, token: Secret("")),
            SlipVerifierCredential(tenant: World.tenant, provider: .slipok, token: Secret("k"), branch: "../1"),
        ]
        settings.channels[0].accessToken = Secret("a\nb")
        settings.adminSession?.token = Secret("a\nb")
        let world = try World(settings: settings) { _ in .silence }
        for call in [Call.easySlip1, .easySlip2, .easySlip2Image, .slipOK] {
            let answer: String = try world.answer(call.make)
            #expect(answer == "fault(Domain.VerifierFault.configuration)", "\(call)")
        }
        for (call, meaning) in [
            (Call.image, "unavailable"), (.reply, "refused"), (.push, "refused"), (.quota, "nil"),
            (.accounts, "unavailable"), (.users, "unavailable"), (.credit, "unsent"), (.ask, "unclear"),
        ] {
            let answer: String = try world.answer(call.make)
            #expect(answer == meaning, "\(call)")
        }
        #expect(world.log.count == 0)
    }
}
