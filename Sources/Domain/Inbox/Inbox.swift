package import JSON
package import Primitives

/// What an inbox's session is made with: nothing but its name.
package struct InboxFacts: Sendable, Equatable {
    package init() {}
}

/// All who may read an inbox see the same of it, and not all of it.
package enum InboxAudience: UInt8, SessionAudience { case reader }

/// What one person is told: notifications, read or not, and where the person is pushed to when none of their devices is there. Pure.
///
/// Every notification that somebody could be pushed to has one end of its push in the log: `push.handedOver`, `push.failed` or
/// `push.skipped`.
package struct Inbox: SessionMachine {
    package typealias Event = InboxEvent
    package typealias Effect = InboxEffect
    package typealias Outcome = InboxOutcome
    package typealias Live = InboxLive
    package typealias Facts = InboxFacts
    package typealias Audience = InboxAudience

    package static var kind: SessionKind { .inbox }
    package static var checkpointFormat: Int16 { 1 }

    /// A push that has no end yet.
    package struct PendingPush: Sendable, Equatable {
        package let notification: String
        /// Where the notification stands in the log.
        package let offset: Int64
        package let after: Timestamp
    }

    package let id: String
    package let facts: InboxFacts
    package let createdAt: Timestamp
    /// Oldest first, at most `maxNotifications`.
    package internal(set) var notifications: [Notification] = []
    package internal(set) var unread = 0
    package internal(set) var quietHours: QuietHours?
    /// In the order in which they were registered.
    package internal(set) var devices: [PushDevice] = []
    /// In the order of their notifications.
    package internal(set) var pushes: [PendingPush] = []

    /// Beyond, the oldest that was read goes, and if none was, the oldest.
    package static let maxNotifications = 1_000
    package static let maxAge = Duration.seconds(90 * 86_400)
    package static let maxDevices = 10
    /// How long a device has to say that it has a notification, before the person is pushed to.
    package static let pushGrace = Duration.seconds(5)
    /// Pushes of one inbox that are under way at the same time.
    package static let maxPushesUnderWay = 8
    /// The newest, which a snapshot shows.
    package static let maxShown = 100

    package init(id: String, facts: InboxFacts, createdAt: Timestamp) {
        self.id = id
        self.facts = facts
        self.createdAt = createdAt
    }

    // MARK: Whose it is

    /// The id of a subject's inbox: the subject itself where that can be an id, else `~` and the subject with each other byte as `~`
    /// and two hexadecimal digits. nil when that is too long.
    package static func id(of subject: String) -> String? {
        if SessionAddress.isValid(id: subject), !subject.hasPrefix("~") { return subject }
        var id = "~"
        for byte in subject.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F, 0x3A, 0x40, 0x2D:
                id.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                id += "~" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return subject.isEmpty || !SessionAddress.isValid(id: id) ? nil : id
    }

    package func isOwner(_ caller: Caller) -> Bool { Self.id(of: caller.subject) == id && caller.role != .service }

    /// The person, and the platform's own.
    package func audience(of caller: Caller) -> InboxAudience? {
        let isGranted = caller.readable.contains(path) || caller.writable.contains(path)
        return isOwner(caller) || caller.role.servesTenant || isGranted ? .reader : nil
    }

    private var path: String { Self.kind.rawValue + "/" + id }

    /// Nobody signals to the others.
    package func refusal(ofSignal name: String, from caller: Caller) -> FaultReason? {
        mayRead(caller) ? .unknownCommand : .forbidden
    }

    package static func facts(madeBy command: SessionCommand) -> InboxFacts? {
        switch command.name {
        case "notification.create", "inbox.configure", "device.register": InboxFacts()
        default: nil
        }
    }

    /// A person's own inbox is there when they ask for it.
    package static func facts(madeBySubscriber caller: Caller, to id: String) -> InboxFacts? {
        Self.id(of: caller.subject) == id && !caller.role.servesTenant && caller.role != .guest ? InboxFacts() : nil
    }

    // MARK: Applying

    package mutating func apply(_ event: InboxEvent, offset: Int64, at: Timestamp) {
        switch event {
        case .created(let notification, let unread, let pushAfter):
            notifications.append(notification)
            self.unread = unread
            if let pushAfter {
                pushes.append(PendingPush(notification: notification.id, offset: offset, after: pushAfter))
            }
        case .read(let id, let unread):
            if let index = notifications.lastIndex(where: { $0.id == id }) { notifications[index].readAt = at }
            self.unread = unread
        case .allRead:
            for index in notifications.indices where notifications[index].readAt == nil {
                notifications[index].readAt = at
            }
            unread = 0
        case .deleted(let id, let unread):
            notifications.removeAll { $0.id == id }
            self.unread = unread
        case .expired(let ids, _, let unread):
            let gone = Set(ids)
            notifications.removeAll { gone.contains($0.id) }
            self.unread = unread
        case .configured(let hours): quietHours = hours
        case .deviceRegistered(let device):
            devices.removeAll { $0.id == device.id }
            devices.append(device)
        case .deviceRemoved(let device, _): devices.removeAll { $0.id == device }
        case .pushHandedOver(let id, _), .pushFailed(let id, _): pushes.removeAll { $0.notification == id }
        case .pushSkipped(let ids, _):
            let ended = Set(ids)
            pushes.removeAll { ended.contains($0.notification) }
        }
    }

    // MARK: What is seen

    /// Nobody is shown a token.
    package static func data(of event: InboxEvent, for audience: InboxAudience) -> JSONValue? {
        if case .deviceRegistered(let device) = event { .object(device.shownObject) } else { nil }
    }

    /// `Protocol/schemas/inbox-state.schema.json`
    package func snapshotState(for audience: InboxAudience) -> [UInt8] {
        let shown = notifications.suffix(Self.maxShown).reversed()
        return JSONValue.object([
            "id": .string(id), "unread": .integer(Int64(unread)), "total": .integer(Int64(notifications.count)),
            "notifications": .array(shown.map(\.json)), "quietHours": quietHours?.json ?? .null,
            "devices": .array(devices.map { .object($0.shownObject) }),
        ]).bytes
    }

    // MARK: Checkpoints

    package func encode() -> [UInt8] {
        JSONValue.object([
            "id": .string(id), "createdAt": .string(createdAt.rfc3339), "unread": .integer(Int64(unread)),
            "notifications": .array(notifications.map(\.json)), "quietHours": quietHours?.json ?? .null,
            "devices": .array(devices.map(\.json)), "pushes": .array(pushes.map(\.json)),
        ]).bytes
    }

    package init?(checkpoint: [UInt8], format: Int16) {
        guard format == Self.checkpointFormat else { return nil }
        do {
            let fields = try JSONFields(JSONParser.parse(checkpoint))
            self.init(id: try fields.string("id"), facts: InboxFacts(), createdAt: try fields.time("createdAt"))
            unread = try fields.count("unread")
            notifications = try fields.parts("notifications")
            quietHours = try fields.part(ifPresent: "quietHours")
            devices = try fields.parts("devices")
            pushes = try fields.parts("pushes")
        } catch {
            return nil
        }
    }
}

extension Inbox.PendingPush: JSONWritable, JSONReadable {
    package var object: JSONObject {
        [
            "notification": .string(notification), "offset": .integer(offset), "after": .string(after.rfc3339),
        ]
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            notification: try fields.string("notification"), offset: try fields.integer("offset"),
            after: try fields.time("after"))
    }
}
