import JSON
import Primitives
import Testing

@testable import Domain

/// An inbox that events are applied to as a session would.
private struct Box {
    static let owner = Caller(tenant: "jeco", subject: "u_1", role: .customer)
    static let service = Caller(tenant: "jeco", subject: "backend", role: .service)
    static let start = Timestamp(seconds: 1_795_230_000)

    var inbox = Inbox(id: "u_1", facts: InboxFacts(), createdAt: start)
    var now = start
    var live = InboxLive()
    private var offset: Int64 = 0
    private var ids = 0
    private(set) var log: [InboxEvent] = []
    private(set) var effects: [InboxEffect] = []

    private mutating func context() -> DecisionContext {
        let first = ids
        ids += 10
        var used = 0
        return DecisionContext(now: now) { prefix in
            used += 1
            return "\(prefix)_\(first + used)"
        }
    }

    private mutating func take(_ decision: Decision<Inbox>) {
        effects = decision.effects
        for event in decision.events {
            offset += 1
            // As the log has it.
            guard let read = InboxEvent(name: event.name, data: event.data) else {
                Issue.record("\(event) cannot be read back")
                continue
            }
            #expect(read == event)
            inbox.apply(read, offset: offset, at: now)
            log.append(read)
        }
        #expect(Inbox(checkpoint: inbox.encode(), format: 1) == inbox, "a checkpoint that is not the state")
        #expect(inbox.unread == inbox.notifications.count { $0.readAt == nil }, "a wrong count")
    }

    @discardableResult
    mutating func command(_ name: String, _ data: JSONValue = [:], by caller: Caller = owner) throws -> JSONValue {
        let context = context()
        let decision = try inbox.decide(
            SessionCommand(caller: caller, name: name, data: data), live: live, context)
        take(decision)
        return decision.answer
    }

    func refusal(_ name: String, _ data: JSONValue = [:], by caller: Caller = owner) -> FaultReason? {
        var copy = self
        let context = copy.context()
        do throws(FaultReason) {
            _ = try inbox.decide(SessionCommand(caller: caller, name: name, data: data), live: live, context)
            return nil
        } catch {
            return error
        }
    }

    mutating func outcome(_ outcome: InboxOutcome) {
        let context = context()
        if let decision = inbox.decide(outcome, live: live, context) { take(decision) } else { effects = [] }
    }

    @discardableResult
    mutating func create(_ type: NotificationType = .order, _ title: String = "ข่าว") throws -> String {
        let answer = try command(
            "notification.create", ["type": .string(type.rawValue), "title": .string(title), "body": "เนื้อหา"],
            by: Self.service)
        return try #require(answer["id"]?.string)
    }

    mutating func register(_ device: String = "phone", token: String = "t1") throws {
        try command("device.register", ["device": .string(device), "token": .string(token), "platform": "android"])
    }

    mutating func acknowledge(_ offset: Int64, by caller: Caller = owner) {
        let context = context()
        if let decision = inbox.decide(acknowledgement: offset, from: caller, live: live, context) { take(decision) }
    }

    var pushed: [String] {
        effects.compactMap { if case .push(let push) = $0 { push.notification.id } else { nil } }
    }
    var wake: Timestamp? {
        for case .wake(let at, _) in effects { return at }
        return nil
    }
}

@Suite("Inbox")
struct InboxTests {
    private var box = Box()

    @Test("the count of unread notifications is that behind each event, and never wrong")
    mutating func unread() throws {
        let first = try box.create()
        let second = try box.create(.payment)
        #expect(box.inbox.unread == 2)
        try box.command("notification.read", ["id": .string(first)])
        #expect(box.log.last == .read(first, unread: 1))
        let count = box.log.count
        try box.command("notification.read", ["id": .string(first)])
        #expect(box.log.count == count, "read again is no news")
        try box.create()
        try box.command("notification.readAll")
        #expect(box.log.last == .allRead && box.inbox.unread == 0)
        try box.command("notification.delete", ["id": .string(second)])
        #expect(box.log.last == .deleted(second, unread: 0) && box.inbox.notifications.count == 2)
    }

    @Test("who may do what")
    mutating func rights() throws {
        let id = try box.create()
        let stranger = Caller(tenant: "jeco", subject: "u_2", role: .customer)
        let staff = Caller(tenant: "jeco", subject: "s_1", role: .staff)
        #expect(box.refusal("notification.create", ["type": "order", "title": "x"], by: Box.owner) == .forbidden)
        #expect(box.refusal("notification.read", ["id": .string(id)], by: stranger) == .forbidden)
        #expect(box.refusal("notification.read", ["id": .string(id)], by: staff) == .forbidden)
        #expect(box.refusal("notification.read", ["id": .string(id)], by: Box.service) == nil)
        #expect(box.refusal("notification.fly") == .unknownCommand)
        #expect(box.inbox.audience(of: stranger) == nil && box.inbox.audience(of: staff) == .reader)
        #expect(box.refusal("notification.read", ["id": "n_none"]) == .rejected("there is no such notification"))
    }

    @Test(
        "what is wrong in a notification is named",
        arguments: [
            ([:], "type"), (["type": "gossip", "title": "x"], "type"), (["type": "order"], "title"),
            (["type": "order", "title": ""], "title"), (["type": "order", "title": ["th": "ก"]], "title"),
            (["type": "order", "title": "x", "body": 7], "body"),
            (["type": "order", "title": "x", "data": []], "data"),
        ] as [(JSONValue, String)])
    mutating func badNotifications(data: JSONValue, member: String) {
        guard case .invalid(let detail)? = box.refusal("notification.create", data, by: Box.service) else {
            Issue.record("\(data.text) was taken")
            return
        }
        #expect(detail.hasPrefix(member))
    }

    @Test("of too many, the oldest that was read goes, and else the oldest")
    mutating func room() throws {
        var ids: [String] = []
        for _ in 0..<Inbox.maxNotifications { ids.append(try box.create()) }
        try box.command("notification.read", ["id": .string(ids[5])])
        try box.create()
        #expect(!box.inbox.notifications.contains { $0.id == ids[5] } && box.inbox.notifications.count == 1_000)
        try box.create()
        #expect(box.inbox.notifications.first?.id == ids[1])
        #expect(box.log.contains(.expired([ids[0]], .room, unread: 999)))
    }

    @Test("what is older than ninety days goes, with its push")
    mutating func age() throws {
        let old = try box.create()
        box.now = Box.start.advanced(by: .seconds(86_400))
        let young = try box.create()
        #expect(box.wake == Box.start.advanced(by: Inbox.maxAge))
        box.now = Box.start.advanced(by: Inbox.maxAge)
        box.outcome(.woke)
        #expect(box.inbox.notifications.map(\.id) == [young])
        #expect(box.log.last == .expired([old], .age, unread: 1))
        box.now = box.now.advanced(by: .seconds(10 * 86_400))
        try box.create()
        #expect(box.inbox.notifications.count == 1)
    }

    // MARK: Pushes

    @Test("a person whom nobody could reach is not waited for; else the push is due after five seconds, once")
    mutating func due() throws {
        try box.create()
        #expect(box.inbox.pushes.isEmpty)
        try box.register()
        let id = try box.create()
        #expect(box.wake == box.now.advanced(by: .seconds(5)) && box.pushed.isEmpty)
        box.outcome(.woke)
        #expect(box.pushed.isEmpty, "too early")
        box.now = box.now.advanced(by: .seconds(5))
        box.outcome(.woke)
        #expect(box.pushed == [id])
        box.live = InboxLive(underWay: [id])
        box.outcome(.woke)
        #expect(box.pushed.isEmpty, "it is under way")
        box.live = InboxLive()
        box.outcome(.pushed(id, PushResult(accepted: ["phone"], unregistered: [], failure: nil)))
        #expect(box.log.last == .pushHandedOver(id, devices: 1) && box.inbox.pushes.isEmpty)
        box.outcome(.pushed(id, PushResult(accepted: ["phone"], unregistered: [], failure: nil)))
        #expect(box.log.filter { if case .pushHandedOver = $0 { true } else { false } }.count == 1)
    }

    @Test("what a device acknowledges, or the person has read or deleted, is not pushed")
    mutating func skipped() throws {
        try box.register()
        let ids = try (0..<4).map { _ in try box.create() }
        box.acknowledge(box.inbox.pushes[0].offset, by: Caller(tenant: "jeco", subject: "s_1", role: .staff))
        #expect(box.inbox.pushes.count == 4, "what staff have seen says nothing")
        box.acknowledge(box.inbox.pushes[0].offset)
        #expect(box.log.last == .pushSkipped([ids[0]], .acknowledged))
        try box.command("notification.read", ["id": .string(ids[1])])
        #expect(box.log.last == .pushSkipped([ids[1]], .read))
        try box.command("notification.delete", ["id": .string(ids[2])])
        #expect(box.log.last == .pushSkipped([ids[2]], .deleted))
        try box.command("device.remove", ["device": "phone"])
        #expect(box.log.last == .pushSkipped([ids[3]], .noDevice))
        box.now = box.now.advanced(by: .seconds(60))
        box.outcome(.woke)
        #expect(box.pushed.isEmpty)
    }

    @Test("devices that the service does not know any more go; a push that reached nobody has failed")
    mutating func unregistered() throws {
        try box.register("a", token: "ta")
        try box.register("b", token: "tb")
        let id = try box.create()
        let gone = box.inbox.devices[0]
        box.outcome(.pushed(id, PushResult(accepted: ["b"], unregistered: [gone], failure: nil)))
        #expect(box.inbox.devices.map(\.id) == ["b"])
        let next = try box.create()
        box.outcome(
            .pushed(next, PushResult(accepted: [], unregistered: box.inbox.devices, failure: .unregistered)))
        #expect(box.inbox.devices.isEmpty && box.log.last == .pushFailed(next, .unregistered))
    }

    @Test("a device that was registered with a new token meanwhile stays")
    mutating func renewed() throws {
        try box.register("a", token: "old")
        let old = box.inbox.devices[0]
        let id = try box.create()
        try box.register("a", token: "new")
        box.outcome(.pushed(id, PushResult(accepted: [], unregistered: [old], failure: .unregistered)))
        #expect(box.inbox.devices.map(\.token) == ["new"])
    }

    @Test("a token stands for one device, and there are ten at most")
    mutating func devices() throws {
        try box.register("a", token: "t")
        try box.register("b", token: "t")
        #expect(box.inbox.devices.map(\.id) == ["b"])
        for number in 0..<10 { try box.register("d\(number)", token: "t\(number)") }
        #expect(box.inbox.devices.count == 10 && box.inbox.devices[0].id == "d0")
        let count = box.log.count
        try box.register("d3", token: "t3")
        #expect(box.log.count == count, "nothing changed")
    }

    @Test("nobody is shown a device's token")
    mutating func tokens() throws {
        try box.register("a", token: "secret-token")
        let event = try #require(box.log.last)
        #expect(event.data.text.contains("secret-token"))
        #expect(Inbox.data(of: event, for: .reader)?.text.contains("secret-token") == false)
        #expect(!String(decoding: box.inbox.snapshotState(for: .reader), as: UTF8.self).contains("secret-token"))
    }

    @Test("at most eight pushes of a person are under way; the end of one begins the next")
    mutating func concurrency() throws {
        try box.register()
        let ids = try (0..<10).map { _ in try box.create() }
        box.now = box.now.advanced(by: .seconds(6))
        box.outcome(.woke)
        #expect(box.pushed == Array(ids.prefix(8)))
        box.live = InboxLive(underWay: Set(ids[1..<8]))
        box.outcome(.pushed(ids[0], PushResult(accepted: ["phone"], unregistered: [], failure: nil)))
        #expect(box.pushed == [ids[8]])
    }

    // MARK: Quiet hours

    @Test("quiet hours hold a push until they end, but not one of money or the account")
    mutating func quiet() throws {
        try box.register()
        // 23:00 in Bangkok.
        box.now = try #require(Timestamp(rfc3339: "2026-11-21T23:00:00+07:00"))
        try box.command("inbox.configure", ["quietHours": ["from": "22:00", "to": "07:00", "timezone": "+07:00"]])
        let order = try box.create(.order)
        let payment = try box.create(.payment)
        box.now = box.now.advanced(by: .seconds(5))
        box.outcome(.woke)
        let morning = try #require(Timestamp(rfc3339: "2026-11-22T07:00:00+07:00"))
        #expect(box.pushed == [payment] && box.wake == morning)
        box.live = InboxLive(underWay: [payment])
        box.now = morning
        box.outcome(.woke)
        #expect(box.pushed == [order])
        // Without them nothing waits.
        box.live = InboxLive()
        try box.command("inbox.configure", ["quietHours": nil])
        #expect(box.wake.map { $0 <= box.now } == true)
    }

    @Test(
        "quiet hours, over midnight and within a day",
        arguments: [
            ("22:00", "07:00", "+07:00", "2026-11-21T21:59:59+07:00", "2026-11-21T21:59:59+07:00"),
            ("22:00", "07:00", "+07:00", "2026-11-21T22:00:00+07:00", "2026-11-22T07:00:00+07:00"),
            ("22:00", "07:00", "+07:00", "2026-11-22T06:59:59+07:00", "2026-11-22T07:00:00+07:00"),
            ("22:00", "07:00", "+07:00", "2026-11-22T07:00:00+07:00", "2026-11-22T07:00:00+07:00"),
            ("13:00", "14:30", "Z", "2026-11-22T13:10:00Z", "2026-11-22T14:30:00Z"),
            ("13:00", "14:30", "Z", "2026-11-22T12:59:00Z", "2026-11-22T12:59:00Z"),
            ("23:30", "00:15", "-05:30", "2026-11-22T05:10:00Z", "2026-11-22T05:45:00Z"),
        ])
    func release(from: String, to: String, zone: String, at: String, until: String) throws {
        let hours = try QuietHours(
            command: ["from": .string(from), "to": .string(to), "timezone": .string(zone)])
        let (time, end) = (try #require(Timestamp(rfc3339: at)), try #require(Timestamp(rfc3339: until)))
        #expect(hours.release(of: time) == end)
        let read = try QuietHours(fields: JSONFields(hours.json))
        #expect(read == hours)
    }

    @Test(
        "quiet hours that are none",
        arguments: [
            "{}", #"{"from":"22:00","to":"7:00","timezone":"Z"}"#, #"{"from":"24:00","to":"07:00","timezone":"Z"}"#,
            #"{"from":"22:00","to":"22:00","timezone":"Z"}"#, #"{"from":"22:00","to":"07:00"}"#,
            #"{"from":"22:00","to":"07:00","timezone":"Asia/Bangkok"}"#,
            #"{"from":"22:00","to":"07:00","timezone":"+15:00"}"#,
        ])
    mutating func badHours(text: String) throws {
        let hours = try JSONParser.parse(Array(text.utf8))
        guard case .invalid? = box.refusal("inbox.configure", ["quietHours": hours]) else {
            Issue.record("\(text) was taken")
            return
        }
    }

    // MARK: Whose

    @Test("each subject has an inbox of its own")
    func names() {
        #expect(Inbox.id(of: "u_1") == "u_1" && Inbox.id(of: "a@b.example") == "a@b.example")
        #expect(Inbox.id(of: "auth0|77") == "~auth0~7c77")
        #expect(Inbox.id(of: "~auth0~7c77") == "~~7eauth0~7e7c77")
        #expect(Inbox.id(of: "") == nil && Inbox.id(of: String(repeating: "|", count: 40)) == nil)
    }
}

@Suite("Notification rules")
struct NotificationRuleTests {
    private static let facts = OrderFacts(
        customer: "u_1", lifecycle: Lifecycle.trusttrade, provider: "p_1", number: "B-7")

    private func people(_ letters: [Letter]) -> [String] { letters.map(\.id) }

    @Test("a booking's new status is told to both, but not to who made it")
    func order() throws {
        let order = Order(id: "b-1", facts: Self.facts, createdAt: Timestamp(seconds: 1))
        let to = try #require(order.lifecycle.transitions.first { $0.from == order.status }?.to)
        let step = OrderStep(from: order.status, to: to, by: .provider, subject: "p_1")
        let letters = NotificationRules.letters(for: .statusChanged(step), of: order)
        #expect(people(letters) == ["u_1"])
        let letter = try #require(letters.first)
        #expect(letter.kind == .inbox && letter.command == "notification.create")
        #expect(letter.data["type"]?.string == "booking" && letter.data["data"]?["session"]?.string == "order/b-1")
        #expect(letter.data["body"]?["th"]?.string?.contains("B-7") == true)
        let other = OrderStep(from: order.status, to: to, by: .staff, subject: "s_1")
        #expect(people(NotificationRules.letters(for: .statusChanged(other), of: order)) == ["u_1", "p_1"])
        #expect(NotificationRules.letters(for: .riderNear, of: order).isEmpty)
    }

    @Test("every letter is a notification that an inbox takes")
    func letters() throws {
        let order = Order(id: "b-1", facts: Self.facts, createdAt: Timestamp(seconds: 1))
        var letters = NotificationRules.letters(for: .riderArrived, of: order)
        for lifecycle in Lifecycle.allBuiltIn {
            for state in lifecycle.states {
                let order = Order(
                    id: "o-1", facts: OrderFacts(customer: "u_1", lifecycle: lifecycle),
                    createdAt: Timestamp(seconds: 1))
                let step = OrderStep(from: lifecycle.initial, to: state.name, by: .staff)
                letters += NotificationRules.letters(for: .statusChanged(step), of: order)
            }
        }
        #expect(letters.count > 10)
        for letter in letters {
            var box = Box()
            try box.command(letter.command, letter.data, by: Letter.caller(tenant: "jeco"))
            #expect(box.inbox.unread == 1)
        }
    }
}
