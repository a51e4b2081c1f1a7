package import JSON
package import Primitives

/// Something that the customer is told of a slip, once.
package enum NoticeKind: String, Sendable, CaseIterable {
    /// The tenant's own words, at once: the image has come.
    case receipt
    /// What became of it: credited, duplicate or failed.
    case result
}

/// Where the telling of one notice is.
///
/// The mark (`line.sending`) is in the log before anything is sent, so a crash leaves a mark and never an untold telling.
/// What happens with a mark whose outcome is not known depends on the way:
///
/// - *push*: it is sent again with the same retry key, which LINE takes once (409 afterwards) for 24 hours from the first
///   attempt. Within that it is at least once for us and once for the customer. Beyond it nothing is sent: at most once.
/// - *reply*: it has no retry key, but its token works once. It is sent again with the same token, once; a token that LINE
///   does not take the second time counts as told. So at most once: the customer may miss a reply that was lost with the
///   connection after its token had expired, and is never told twice. A push instead could be the second telling.
package enum NoticeState: Sendable, Equatable {
    case none
    case sending(NoticeMark)
    /// `isCertain` is false where a lost reply counts as told.
    case told(NoticeWay, isCertain: Bool)
    case unsent(NoticeFailure)
}

package enum NoticeWay: String, Sendable, CaseIterable {
    case reply, push
}

package enum NoticeFailure: String, Sendable, CaseIterable {
    /// LINE's monthly quota is used up; staff see it.
    case monthlyQuota = "monthly-quota"
    /// LINE refuses it: the user has blocked the account, for instance.
    case refused
    /// LINE could not be reached for as long as the retry key lives.
    case expired
}

/// The mark that stands in the log before the telling.
package struct NoticeMark: Sendable, Equatable {
    package let kind: NoticeKind
    package let way: NoticeWay
    /// `X-Line-Retry-Key` of a push: a UUID, the same for every attempt.
    package let key: String
    package let markedAt: Timestamp

    package init(kind: NoticeKind, way: NoticeWay, key: String, markedAt: Timestamp) {
        self.kind = kind
        self.way = way
        self.key = key
        self.markedAt = markedAt
    }

    /// UUID of version 5 (RFC 9562 §5.5) of what may be told once: the same after every crash.
    package static func key(account: String, transaction: String, kind: NoticeKind) -> String {
        // The namespace is a random UUID of ours: 7c1d2f5e-6a0b-4a37-9f0c-2d8f6b1e4a90.
        let namespace: [UInt8] = [
            0x7C, 0x1D, 0x2F, 0x5E, 0x6A, 0x0B, 0x4A, 0x37, 0x9F, 0x0C, 0x2D, 0x8F, 0x6B, 0x1E, 0x4A, 0x90,
        ]
        var bytes = Array(SHA1.digest(namespace + Array("\(account)/\(transaction)/\(kind.rawValue)".utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x50
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef")
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append("-") }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }
}

extension NoticeMark: JSONWritable, JSONReadable {
    package var object: JSONObject {
        [
            "notice": .string(kind.rawValue), "via": .string(way.rawValue), "key": .string(key),
            "markedAt": .string(markedAt.rfc3339),
        ]
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            kind: try fields.choice("notice"), way: try fields.choice("via"), key: try fields.string("key"),
            markedAt: try fields.time("markedAt"))
    }
}

extension NoticeState: JSONWritable, JSONReadable {
    package var object: JSONObject {
        switch self {
        case .none: return ["state": "none"]
        case .sending(let mark): return ["state": "sending", "mark": mark.json]
        case .told(let way, let isCertain):
            return ["state": "told", "via": .string(way.rawValue), "certain": .bool(isCertain)]
        case .unsent(let failure): return ["state": "unsent", "reason": .string(failure.rawValue)]
        }
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        switch try fields.string("state") {
        case "none": self = .none
        case "sending": self = .sending(try fields.part("mark"))
        case "told": self = .told(try fields.choice("via"), isCertain: try fields.flag("certain"))
        case "unsent": self = .unsent(try fields.choice("reason"))
        default: throw JSONFieldFailure(field: "state")
        }
    }
}
