package import JSON

/// What happens in the session of a LINE Official Account (contract §4): transitions of slips, what is told to customers, and
/// what concerns the account as a whole.
package enum LineAccountEvent: SessionEvent {
    case slip(transaction: String, SlipEvent)
    /// A webhook event that is no slip. It is remembered by its id, and that is all.
    case received(LineInboundEvent)
    /// The mark before a telling.
    case sending(transaction: String, NoticeMark)
    case replied(transaction: String, NoticeKind, isCertain: Bool)
    case pushed(transaction: String, NoticeKind)
    case unsent(transaction: String, NoticeKind, NoticeFailure)
    case quotaChanged(QuotaReport)
    /// The back end does not take the administrator's session any more.
    case adminExpired
    case adminRenewed(username: String)

    package var name: String {
        switch self {
        case .slip(_, let event): event.name
        case .received: "line.received"
        case .sending: "line.sending"
        case .replied: "line.replied"
        case .pushed: "line.pushed"
        case .unsent: "line.unsent"
        case .quotaChanged: "quota.changed"
        case .adminExpired: "admin.expired"
        case .adminRenewed: "admin.renewed"
        }
    }

    package var data: JSONValue {
        switch self {
        case .slip(let transaction, let event): Self.data(transaction, event.members)
        case .received(let event): event.json
        case .sending(let transaction, let mark): Self.data(transaction, mark.object)
        case .replied(let transaction, let kind, let isCertain):
            Self.data(transaction, ["notice": .string(kind.rawValue), "certain": .bool(isCertain)])
        case .pushed(let transaction, let kind): Self.data(transaction, ["notice": .string(kind.rawValue)])
        case .unsent(let transaction, let kind, let failure):
            Self.data(transaction, ["notice": .string(kind.rawValue), "reason": .string(failure.rawValue)])
        case .quotaChanged(let report): report.json
        case .adminExpired: [:]
        case .adminRenewed(let username): ["username": .string(username)]
        }
    }

    private static func data(_ transaction: String, _ members: JSONObject) -> JSONValue {
        var object: JSONObject = ["transaction": .string(transaction)]
        for member in members.members { object[member.name] = member.value }
        return .object(object)
    }

    package init?(name: String, data: JSONValue) {
        do {
            let fields = try JSONFields(data)
            switch name {
            case "line.received": self = .received(try LineInboundEvent(fields: fields))
            case "line.sending":
                self = .sending(transaction: try fields.string("transaction"), try NoticeMark(fields: fields))
            case "line.replied":
                self = .replied(
                    transaction: try fields.string("transaction"), try fields.choice("notice"),
                    isCertain: try fields.flag("certain"))
            case "line.pushed":
                self = .pushed(transaction: try fields.string("transaction"), try fields.choice("notice"))
            case "line.unsent":
                self = .unsent(
                    transaction: try fields.string("transaction"), try fields.choice("notice"),
                    try fields.choice("reason"))
            case "quota.changed": self = .quotaChanged(try QuotaReport(fields: fields))
            case "admin.expired": self = .adminExpired
            case "admin.renewed": self = .adminRenewed(username: try fields.string("username"))
            default:
                guard let event = try SlipEvent(name: name, fields: fields) else { return nil }
                self = .slip(transaction: try fields.string("transaction"), event)
            }
        } catch {
            return nil
        }
    }
}

/// What is left of something that is paid for by the piece: a provider's verifications, LINE's messages of a month.
package struct QuotaReport: Sendable, Equatable {
    /// The verifier's name, or `line`.
    package let name: String
    package let used: Int64?
    /// nil: unlimited, or not said.
    package let limit: Int64?
    package let isExhausted: Bool

    package static let line = "line"

    package init(name: String, used: Int64?, limit: Int64?, isExhausted: Bool) {
        self.name = name
        self.used = used
        self.limit = limit
        self.isExhausted = isExhausted
    }
}

extension QuotaReport: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = ["name": .string(name), "exhausted": .bool(isExhausted)]
        object["used"] = used.map(JSONValue.integer)
        object["limit"] = limit.map(JSONValue.integer)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            name: try fields.string("name"), used: try fields.integer(ifPresent: "used"),
            limit: try fields.integer(ifPresent: "limit"), isExhausted: try fields.flag("exhausted"))
    }
}
