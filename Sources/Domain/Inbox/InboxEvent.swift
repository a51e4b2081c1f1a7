package import JSON
package import Primitives

/// Why a notification left by itself.
package enum NotificationExpiry: String, Sendable, CaseIterable {
    /// It was kept as long as notifications are.
    case age
    /// There were too many.
    case room
}

package enum DeviceRemoval: String, Sendable, CaseIterable {
    case requested
    /// The push service does not know it any more.
    case unregistered
    /// There were too many, or it was registered anew under another name.
    case replaced
}

/// Why nobody was pushed to, though somebody might have been.
package enum PushSkip: String, Sendable, CaseIterable {
    /// A device of theirs has it.
    case acknowledged
    case read, deleted
    case noDevice = "no-device"
}

package enum PushFailure: String, Sendable, CaseIterable {
    /// No device is known to the push service any more.
    case unregistered
    /// The push service does not take it.
    case refused
    /// It could not be reached, again and again.
    case unavailable
}

/// What an inbox's log holds. Counts of unread notifications are those behind the event.
package enum InboxEvent: SessionEvent {
    /// - `pushAfter`: when it is pushed, unless a device says before that it has it; nil: nobody could be reached.
    case created(Notification, unread: Int, pushAfter: Timestamp?)
    case read(String, unread: Int)
    case allRead
    case deleted(String, unread: Int)
    case expired([String], NotificationExpiry, unread: Int)
    /// nil: there are none.
    case configured(quietHours: QuietHours?)
    case deviceRegistered(PushDevice)
    case deviceRemoved(String, DeviceRemoval)
    case pushHandedOver(String, devices: Int)
    case pushFailed(String, PushFailure)
    case pushSkipped([String], PushSkip)

    package var name: String {
        switch self {
        case .created: "notification.created"
        case .read: "notification.read"
        case .allRead: "notification.allRead"
        case .deleted: "notification.deleted"
        case .expired: "notification.expired"
        case .configured: "inbox.configured"
        case .deviceRegistered: "device.registered"
        case .deviceRemoved: "device.removed"
        case .pushHandedOver: "push.handedOver"
        case .pushFailed: "push.failed"
        case .pushSkipped: "push.skipped"
        }
    }

    package var data: JSONValue {
        func ids(_ list: [String]) -> JSONValue { .array(list.map(JSONValue.string)) }
        switch self {
        case .created(let notification, let unread, let pushAfter):
            var object: JSONObject = ["notification": notification.json, "unread": .integer(Int64(unread))]
            object["pushAfter"] = pushAfter.map { .string($0.rfc3339) }
            return .object(object)
        case .read(let id, let unread), .deleted(let id, let unread):
            return ["id": .string(id), "unread": .integer(Int64(unread))]
        case .allRead: return ["unread": 0]
        case .expired(let list, let why, let unread):
            return ["ids": ids(list), "why": .string(why.rawValue), "unread": .integer(Int64(unread))]
        case .configured(let hours): return ["quietHours": hours?.json ?? .null]
        case .deviceRegistered(let device): return device.json
        case .deviceRemoved(let device, let why):
            return ["device": .string(device), "why": .string(why.rawValue)]
        case .pushHandedOver(let id, let devices):
            return ["id": .string(id), "devices": .integer(Int64(devices))]
        case .pushFailed(let id, let reason): return ["id": .string(id), "reason": .string(reason.rawValue)]
        case .pushSkipped(let list, let why): return ["ids": ids(list), "why": .string(why.rawValue)]
        }
    }

    package init?(name: String, data: JSONValue) {
        do {
            let fields = try JSONFields(data)
            switch name {
            case "notification.created":
                self = .created(
                    try fields.part("notification"), unread: try fields.count("unread"),
                    pushAfter: try fields.time(ifPresent: "pushAfter"))
            case "notification.read": self = .read(try fields.string("id"), unread: try fields.count("unread"))
            case "notification.allRead": self = .allRead
            case "notification.deleted": self = .deleted(try fields.string("id"), unread: try fields.count("unread"))
            case "notification.expired":
                self = .expired(
                    try fields.strings("ids"), try fields.choice("why"), unread: try fields.count("unread"))
            case "inbox.configured": self = .configured(quietHours: try fields.part(ifPresent: "quietHours"))
            case "device.registered": self = .deviceRegistered(try PushDevice(fields: fields))
            case "device.removed": self = .deviceRemoved(try fields.string("device"), try fields.choice("why"))
            case "push.handedOver":
                self = .pushHandedOver(try fields.string("id"), devices: try fields.count("devices"))
            case "push.failed": self = .pushFailed(try fields.string("id"), try fields.choice("reason"))
            case "push.skipped": self = .pushSkipped(try fields.strings("ids"), try fields.choice("why"))
            default: return nil
            }
        } catch {
            return nil
        }
    }
}
