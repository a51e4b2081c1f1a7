internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Primitives
internal import Sessions
internal import WireProtocol

/// `GET /notifications`, `GET /notifications/unread-count`, `PUT /notifications/{id}/read`, `PUT /notifications/read-all`,
/// `DELETE /notifications/{id}`: the asker's own inbox; the platform's staff and service name whose.
enum NotificationRoutes {
    // MARK: Reading

    /// The newest first.
    static func list(_ request: TradeRequest) throws(TradeRefusal) {
        let query = request.routed.request.query
        var violations: [FieldViolation] = []
        let asked = TradePage(request, history: Inbox.maxNotifications, &violations)
        var type: NotificationType?
        if let word = query["type"] {
            type = NotificationType(rawValue: word)
            if type == nil {
                let choices = NotificationType.allCases.map(\.rawValue).joined(separator: ", ")
                violations.append(
                    FieldViolation(field: "type", message: "type must be one of \(choices)", code: .value))
            }
        }
        var isRead: Bool?
        if let word = query["isRead"] {
            isRead = word == "true" ? true : word == "false" ? false : nil
            if isRead == nil {
                violations.append(
                    FieldViolation(field: "isRead", message: "isRead must be true or false", code: .value))
            }
        }
        let inbox = try address(request, &violations)
        let language = request.language
        read(inbox, request) { [type, isRead] inbox in
            let all = (inbox?.notifications ?? []).reversed().filter { notification in
                (type == nil || notification.type == type)
                    && (isRead == nil || (notification.readAt != nil) == isRead)
            }
            let page = all.dropFirst((asked.page - 1) * asked.limit).prefix(asked.limit)
            request.envelope.succeed(
                .array(page.map { .object($0.row(in: language)) }), pagination: asked.pagination(total: all.count),
                meta: ["unreadCount": .integer(Int64(inbox?.unread ?? 0))])
        }
    }

    static func unreadCount(_ request: TradeRequest) throws(TradeRefusal) {
        var violations: [FieldViolation] = []
        let inbox = try address(request, &violations)
        read(inbox, request) { inbox in
            request.envelope.succeed(["unreadCount": .integer(Int64(inbox?.unread ?? 0))])
        }
    }

    /// Who has never been told anything has an empty inbox.
    private static func read(
        _ address: SessionAddress, _ request: TradeRequest, _ use: @escaping @Sendable (Inbox?) -> Void
    ) {
        let refused: @Sendable (Fault) -> Void = request.routed.onLoop { fault in
            if fault.code == .noSuchSession { use(nil) } else { request.refuse(fault) }
        }
        let found: @Sendable (Inbox) -> Void = request.routed.onLoop { use($0) }
        let caller = request.caller
        request.routed.services.withRegistry(of: address) {
            $0.readInbox(address, caller, refused, { $0 }, found)
        }
    }

    // MARK: Changing

    /// Answers with the notification as it is now.
    static func markRead(_ request: TradeRequest) throws(TradeRefusal) {
        let (address, id) = try notification(request)
        let language = request.language
        submit("notification.read", ["id": .string(id)], to: address, request) { _ in
            read(address, request) { inbox in
                guard let notification = inbox?.notifications.last(where: { $0.id == id }) else {
                    return request.refuse(Fault(.noSuchSession, missing))
                }
                request.envelope.succeed(.object(notification.row(in: language)))
            }
        }
    }

    static func markAllRead(_ request: TradeRequest) throws(TradeRefusal) {
        var violations: [FieldViolation] = []
        let address = try address(request, &violations)
        submit("notification.readAll", [:], to: address, request, absent: ["read": 0]) { answer in
            request.envelope.succeed(["updated": answer["read"] ?? 0, "unreadCount": 0])
        }
    }

    static func delete(_ request: TradeRequest) throws(TradeRefusal) {
        let (address, id) = try notification(request)
        submit("notification.delete", ["id": .string(id)], to: address, request) { answer in
            request.envelope.succeed(["id": .string(id), "deleted": true, "unreadCount": answer["unread"] ?? 0])
        }
    }

    private static let missing = "there is no such notification"

    /// - Parameter absent: what is answered in the place of an inbox that is not there.
    private static func submit(
        _ name: String, _ data: JSONValue, to address: SessionAddress, _ request: TradeRequest,
        absent: JSONValue? = nil, _ done: @escaping @Sendable (_ answer: JSONValue) -> Void
    ) {
        TradeCommands.submit(
            name, data, to: address, request,
            refused: { fault in
                switch fault.code {
                case .noSuchSession where absent != nil: done(absent ?? [:])
                case .noSuchSession, .rejected: request.refuse(Fault(.noSuchSession, missing))
                default: request.refuse(fault)
                }
            }, done)
    }

    // MARK: Which

    private static func notification(_ request: TradeRequest) throws(TradeRefusal) -> (SessionAddress, String) {
        var violations: [FieldViolation] = []
        return (try address(request, &violations), request.parameters["id"] ?? "")
    }

    private static func address(
        _ request: TradeRequest, _ violations: inout [FieldViolation]
    ) throws(TradeRefusal) -> SessionAddress {
        let user = request.routed.request.query["userId"]
        if request.servesTenant, user == nil {
            violations.append(FieldViolation(field: "userId", message: "userId is required", code: .required))
        }
        guard violations.isEmpty else { throw TradeRefusal(violations) }
        if let user, user != request.principal.subject, !request.servesTenant {
            throw TradeRefusal(Fault(.forbidden, "these are somebody else's notifications"))
        }
        guard let id = Inbox.id(of: user ?? request.principal.subject) else {
            throw TradeRefusal(Fault(.noSuchSession, "the user can have no inbox"))
        }
        return SessionAddress(tenant: request.principal.tenant, kind: .inbox, id: id)
    }
}

extension TradeRequest {
    /// The document's platform is an English one; who asks for Thai gets that.
    fileprivate var language: PushLanguage {
        let wanted = routed.request.headers.first("Accept-Language")?.lowercased() ?? ""
        return wanted.hasPrefix("th") ? .thai : .english
    }
}

extension Notification {
    /// As the document's table has it.
    fileprivate func row(in language: PushLanguage) -> JSONObject {
        [
            "id": .string(id), "type": .string(type.rawValue), "title": .string(title[language]),
            "message": .string(body[language]), "data": data.map(JSONValue.object) ?? .null,
            "isRead": .bool(readAt != nil), "readAt": JSONValue(readAt?.rfc3339),
            "createdAt": .string(createdAt.rfc3339),
        ]
    }
}
