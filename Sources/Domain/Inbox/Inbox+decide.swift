internal import JSON
internal import Primitives

extension Inbox {
    package func decide(
        _ command: SessionCommand, live: InboxLive, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<Inbox> {
        let (caller, data) = (command.caller, command.data)
        guard audience(of: caller) != nil else { throw .forbidden }
        var draft = InboxDraft(self, live, context.now)
        draft.expire()
        let answer: JSONValue
        switch command.name {
        case "notification.create":
            guard caller.role == .service else { throw .forbidden }
            let id = context.identifier("n")
            draft.create(try Notification(command: data, id: id, at: context.now))
            answer = ["id": .string(id), "unread": .integer(Int64(draft.state.unread))]
        case "notification.read":
            try demandOwner(caller)
            try draft.read(Self.notification(in: data))
            answer = ["unread": .integer(Int64(draft.state.unread))]
        case "notification.readAll":
            try demandOwner(caller)
            answer = ["unread": 0, "read": .integer(Int64(draft.readAll()))]
        case "notification.delete":
            try demandOwner(caller)
            try draft.delete(Self.notification(in: data))
            answer = ["unread": .integer(Int64(draft.state.unread))]
        case "inbox.configure":
            try demandOwner(caller)
            try draft.configure(data)
            answer = ["quietHours": draft.state.quietHours?.json ?? .null]
        case "device.register":
            try demandOwner(caller)
            let device = try PushDevice(command: data, at: context.now)
            draft.register(device)
            answer = ["device": .string(device.id)]
        case "device.remove":
            try demandOwner(caller)
            draft.remove(device: try PushDevice.id(in: data))
            answer = [:]
        default: throw .unknownCommand
        }
        return draft.decision(answer: answer)
    }

    /// The person themselves, or the platform's back end in their name.
    private func demandOwner(_ caller: Caller) throws(FaultReason) {
        guard isOwner(caller) || caller.role == .service else { throw .forbidden }
    }

    private static func notification(in data: JSONValue) throws(FaultReason) -> String {
        guard let id = data["id"]?.string else { throw .invalid("id is a notification's") }
        return id
    }

    // MARK: Acknowledgements

    package var hearsAcknowledgements: Bool { true }

    /// Of the person's own devices; what the platform's staff have seen says nothing.
    package func decide(
        acknowledgement offset: Int64, from caller: Caller, live: InboxLive, _ context: DecisionContext
    ) -> Decision<Inbox>? {
        guard isOwner(caller), !caller.role.servesTenant else { return nil }
        let known = pushes.filter { $0.offset <= offset && !live.underWay.contains($0.notification) }
        guard !known.isEmpty else { return nil }
        var draft = InboxDraft(self, live, context.now)
        draft.skip(known.map(\.notification), .acknowledged)
        return draft.decision(answer: [:])
    }

    // MARK: Outcomes

    package func decide(
        _ outcome: InboxOutcome, live: InboxLive, _ context: DecisionContext
    ) -> Decision<Inbox>? {
        var draft = InboxDraft(self, live, context.now)
        switch outcome {
        case .resumed, .woke: draft.expire()
        case .pushed(let id, let result): draft.end(push: id, result)
        }
        draft.pushWhatIsDue()
        return draft.decision(answer: [:])
    }
}

/// A decision on its way: what was decided so far is in `state`.
private struct InboxDraft {
    private(set) var state: Inbox
    private let live: InboxLive
    private let now: Timestamp
    private var events: [InboxEvent] = []
    private var pushes: [InboxPush] = []

    init(_ state: Inbox, _ live: InboxLive, _ now: Timestamp) {
        self.state = state
        self.live = live
        self.now = now
    }

    private mutating func add(_ event: InboxEvent) {
        events.append(event)
        // Where it will stand is not known; nothing of a draft looks at that.
        state.apply(event, offset: .max, at: now)
    }

    /// With the time at which the inbox looks again.
    func decision(answer: JSONValue) -> Decision<Inbox> {
        let next = nextWake
        return Decision(
            events: events, answer: answer,
            effects: pushes.map(InboxEffect.push) + [.wake(at: next.at, isNeeded: next.isNeeded)])
    }

    // MARK: Notifications

    private func unread(without ids: Set<String>) -> Int {
        state.notifications.count { $0.readAt == nil && !ids.contains($0.id) }
    }

    /// Those that were kept long enough go.
    mutating func expire() {
        let limit = now.advanced(by: .zero - Inbox.maxAge)
        let old = state.notifications.prefix { $0.createdAt <= limit }.map(\.id)
        if !old.isEmpty { drop(old, .age) }
    }

    private mutating func drop(_ ids: [String], _ why: NotificationExpiry) {
        add(.expired(ids, why, unread: unread(without: Set(ids))))
        skip(ids.filter(waits), .deleted)
    }

    /// Its push has not begun.
    private func waits(_ id: String) -> Bool {
        !live.underWay.contains(id) && state.pushes.contains { $0.notification == id }
    }

    mutating func create(_ notification: Notification) {
        if state.notifications.count >= Inbox.maxNotifications {
            let oldest = state.notifications.first { $0.readAt != nil } ?? state.notifications.first
            if let oldest { drop([oldest.id], .room) }
        }
        let isReachable = live.canPush && !state.devices.isEmpty
        add(
            .created(
                notification, unread: state.unread + 1, pushAfter: isReachable ? now.advanced(by: Inbox.pushGrace) : nil
            ))
    }

    mutating func read(_ id: String) throws(FaultReason) {
        guard let notification = state.notifications.last(where: { $0.id == id }) else {
            throw .rejected("there is no such notification")
        }
        guard notification.readAt == nil else { return }
        add(.read(id, unread: unread(without: [id])))
        if waits(id) { skip([id], .read) }
    }

    /// How many that were.
    mutating func readAll() -> Int {
        let count = state.unread
        guard count > 0 else { return 0 }
        let waiting = state.notifications.filter { $0.readAt == nil }.map(\.id).filter(waits)
        add(.allRead)
        skip(waiting, .read)
        return count
    }

    mutating func delete(_ id: String) throws(FaultReason) {
        guard state.notifications.contains(where: { $0.id == id }) else {
            throw .rejected("there is no such notification")
        }
        add(.deleted(id, unread: unread(without: [id])))
        if waits(id) { skip([id], .deleted) }
    }

    // MARK: Settings

    mutating func configure(_ data: JSONValue) throws(FaultReason) {
        guard let value = data["quietHours"] else { throw .invalid("quietHours is an object, or null for none") }
        let hours = value.isNull ? nil : try QuietHours(command: value)
        if hours != state.quietHours { add(.configured(quietHours: hours)) }
    }

    mutating func register(_ device: PushDevice) {
        guard !state.devices.contains(where: { $0.isSame(as: device) }) else { return }
        // The app was installed anew: it is one device, which is to be told once.
        for other in state.devices where other.id != device.id && other.token == device.token {
            add(.deviceRemoved(other.id, .replaced))
        }
        if state.devices.count >= Inbox.maxDevices, !state.devices.contains(where: { $0.id == device.id }),
            let oldest = state.devices.first
        {
            add(.deviceRemoved(oldest.id, .replaced))
        }
        add(.deviceRegistered(device))
    }

    mutating func remove(device id: String) {
        guard state.devices.contains(where: { $0.id == id }) else { return }
        add(.deviceRemoved(id, .requested))
        guard state.devices.isEmpty else { return }
        skip(state.pushes.map(\.notification).filter { !live.underWay.contains($0) }, .noDevice)
    }

    // MARK: Pushes

    mutating func skip(_ ids: [String], _ why: PushSkip) {
        if !ids.isEmpty { add(.pushSkipped(ids, why)) }
    }

    mutating func end(push id: String, _ result: PushResult) {
        for device in result.unregistered where state.devices.contains(where: { $0.isSame(as: device) }) {
            add(.deviceRemoved(device.id, .unregistered))
        }
        guard state.pushes.contains(where: { $0.notification == id }) else { return }
        if let failure = result.failure {
            add(.pushFailed(id, failure))
        } else {
            add(.pushHandedOver(id, devices: result.accepted.count))
        }
    }

    /// When a push may begin: the person's night counts at that moment, not when the notification was made.
    private func time(of push: Inbox.PendingPush) -> Timestamp {
        let isUrgent = state.notifications.last { $0.id == push.notification }?.type.isUrgent ?? true
        guard !isUrgent, let hours = state.quietHours else { return push.after }
        return hours.release(of: max(push.after, now))
    }

    private var waitingPushes: [Inbox.PendingPush] {
        let begun = Set(pushes.map(\.notification.id))
        return state.pushes.filter { !live.underWay.contains($0.notification) && !begun.contains($0.notification) }
    }

    /// As many as may be under way at once; the end of one of them begins the next.
    mutating func pushWhatIsDue() {
        for push in waitingPushes where time(of: push) <= now {
            guard let notification = state.notifications.last(where: { $0.id == push.notification }) else {
                skip([push.notification], .deleted)
                continue
            }
            if notification.readAt != nil {
                skip([push.notification], .read)
            } else if state.devices.isEmpty || !live.canPush {
                skip([push.notification], .noDevice)
            } else if live.underWay.count + pushes.count < Inbox.maxPushesUnderWay {
                pushes.append(InboxPush(notification: notification, devices: state.devices, unread: state.unread))
            }
        }
    }

    /// The next push that time begins, and the next notification that grows too old.
    private var nextWake: (at: Timestamp?, isNeeded: Bool) {
        let isFull = live.underWay.count + pushes.count >= Inbox.maxPushesUnderWay
        let push = isFull ? nil : waitingPushes.map(time).min()
        let expiry = state.notifications.first?.createdAt.advanced(by: Inbox.maxAge)
        return ([push, expiry].compactMap(\.self).min(), !state.pushes.isEmpty)
    }
}
