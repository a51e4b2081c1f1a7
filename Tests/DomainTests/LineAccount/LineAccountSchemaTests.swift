import Domain
import JSON
import Primitives
import TestSupport
import Testing

/// What a LINE account writes down and shows is what `Protocol/schemas` says, to the last member.
@Suite("A LINE account against Protocol/schemas")
struct LineAccountSchemaTests {
    private func violations(_ event: LineAccountEvent) throws -> [String] {
        // Through the bytes that stand in the log.
        let data = try JSONParser.parse(event.data.bytes)
        return try JSONSchema.violations(of: data, "event.\(event.name).schema.json", isClosed: true)
    }

    @Test("The data of every event")
    func events() throws {
        let keys = NoticeKind.allCases.flatMap { kind in NoticeWay.allCases.map { (kind, $0) } }
        var events: [LineAccountEvent] = keys.map { kind, way in
            .sending(
                transaction: "s_1",
                NoticeMark(
                    kind: kind, way: way, key: NoticeMark.key(account: "oa-1", transaction: "s_1", kind: kind),
                    markedAt: SlipSamples.now))
        }
        events += SlipSamples.events.map { .slip(transaction: "s_1", $0.event) }
        events += NoticeFailure.allCases.map { .unsent(transaction: "s_1", .result, $0) }
        events += [
            .slip(transaction: "s_1", .retried(by: nil)),
            .received(
                LineInboundEvent(
                    id: "E", at: SlipSamples.now, user: nil, replyToken: nil, content: .other(type: "follow"))),
            .received(LineAccountWorld.image("E")), .replied(transaction: "s_1", .receipt, isCertain: false),
            .pushed(transaction: "s_1", .result),
            .quotaChanged(QuotaReport(name: "line", used: 3, limit: nil, isExhausted: false)),
            .quotaChanged(QuotaReport(name: "easyslip/tenant", used: 3, limit: 4, isExhausted: true)),
            .adminExpired, .adminRenewed(username: "admin"),
        ]
        for decision in SlipDecision.allCases {
            events.append(.slip(transaction: "s_1", .resolved(decision, by: SlipSamples.judge, note: "n")))
        }
        for step in SlipStep.allCases {
            for reason in DelayReason.allCases {
                events.append(
                    .slip(
                        transaction: "s_1",
                        .delayed(Slip.Wait(step: step, attempt: 1, reason: reason, until: SlipSamples.later))))
            }
        }
        for event in events { #expect(try violations(event) == [], "\(event.name)") }
        #expect(Set(events.map(\.name)).count == 22, "a kind of event is missing here")
    }

    @Test("A schema notices what is missing, of another type, unknown, or one member too many")
    func notices() throws {
        func count(_ name: String, _ data: JSONValue) throws -> Int {
            try JSONSchema.violations(of: data, "event.\(name).schema.json", isClosed: true).count
        }
        #expect(try count("line.pushed", ["transaction": "s", "notice": "result"]) == 0)
        #expect(try count("line.pushed", ["transaction": "s"]) == 1)
        #expect(try count("line.pushed", ["transaction": 1, "notice": "result"]) == 1)
        #expect(try count("line.pushed", ["transaction": "s", "notice": "nothing"]) == 1)
        #expect(try count("line.pushed", ["transaction": "s", "notice": "result", "more": 1]) == 1)
    }

    private func account() -> LineAccount {
        LineAccount(id: "oa-1", facts: LineAccountFacts(name: "OA"), createdAt: SlipSamples.now)
    }

    private func violations(_ account: LineAccount) throws -> [String] {
        let state = try JSONParser.parse(account.snapshotState())
        return try JSONSchema.violations(of: state, "line-account-state.schema.json", isClosed: true)
    }

    @Test("A snapshot with a slip in every state")
    func snapshot() throws {
        var account = account()
        #expect(try violations(account) == [])
        var offset: Int64 = 0
        func happen(_ event: LineAccountEvent) {
            offset += 1
            account.apply(event, offset: offset, at: SlipSamples.now)
        }
        for (index, path) in SlipSamples.paths.enumerated() {
            let transaction = "s_\(index)"
            happen(.slip(transaction: transaction, .received(SlipSamples.receipt)))
            for event in path.events { happen(.slip(transaction: transaction, event)) }
            #expect(try violations(account) == [], "\(path.name)")
        }
        happen(.quotaChanged(QuotaReport(name: "line", used: 3, limit: 300, isExhausted: false)))
        happen(.adminExpired)
        #expect(try violations(account) == [])
        happen(.adminRenewed(username: "admin"))
        #expect(try violations(account) == [])
        let statuses = Set(account.entries.values.map(\.slip.status))
        #expect(statuses == Set(SlipStatus.allCases), "a status is missing here")
    }

    @Test("A snapshot of a slip in review for every reason, and failed for every reason")
    func reasons() throws {
        for event in ReviewReason.allCases.map(SlipEvent.review) + SlipFailure.allCases.map(SlipEvent.failed) {
            // From whichever state takes it.
            let path = try #require(SlipSamples.paths.first { (try? SlipSamples.slip($0.events + [event])) != nil })
            var account = account()
            let events = [.received(SlipSamples.receipt)] + path.events + [event]
            for (index, event) in events.enumerated() {
                account.apply(.slip(transaction: "s", event), offset: Int64(index + 1), at: SlipSamples.now)
            }
            #expect(try violations(account) == [], "\(event)")
            let slip = try #require(account.entries["s"]?.slip)
            #expect(slip.status == .review || slip.status == .failed)
        }
    }

    @Test("A snapshot with every state of a notice")
    func noticeStates() throws {
        var account = account()
        account.apply(.slip(transaction: "s", .received(SlipSamples.receipt)), offset: 1, at: SlipSamples.now)
        account.apply(.slip(transaction: "s", .failed(.notASlip)), offset: 2, at: SlipSamples.now)
        let mark = NoticeMark(
            kind: .result, way: .push, key: NoticeMark.key(account: "oa-1", transaction: "s", kind: .result),
            markedAt: SlipSamples.now)
        let events: [LineAccountEvent] = [
            .replied(transaction: "s", .receipt, isCertain: false), .sending(transaction: "s", mark),
            .pushed(transaction: "s", .result), .unsent(transaction: "s", .result, .monthlyQuota),
        ]
        for (index, event) in events.enumerated() {
            account.apply(event, offset: Int64(index + 3), at: SlipSamples.now)
            #expect(try violations(account) == [], "\(event.name)")
        }
    }

    @Test("What a stage is")
    func stages() throws {
        for stage in SlipStage.allCases {
            let data: JSONValue = ["transaction": "s", "stage": .string(stage.rawValue)]
            #expect(try JSONSchema.violations(of: data, "signal.slip.stage.schema.json", isClosed: true) == [])
        }
    }
}
