internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Sessions
internal import WireProtocol

/// `GET|POST /chats`, `GET /chats/{id}`, `GET|POST /chats/{id}/messages`, and `PUT /chats/{id}/read`, which the document's read state
/// needs. A chat is a conversation between a booking's consumer and provider, and has the booking's id.
enum TradeChatRoutes {
    /// What `POST /chats/{id}/messages` may send.
    enum MessageType: String, CaseIterable, Sendable {
        case text, image, file
    }

    // MARK: Chats

    /// The asker's own; the platform's staff and service name whose.
    static func list(_ request: TradeRequest) throws(TradeRefusal) {
        var violations: [FieldViolation] = []
        let asked = TradePage(request, history: PageNumber.maxHistory, size: PageNumber.maxSize, &violations)
        let user = request.routed.request.query["userId"]
        if request.servesTenant, user == nil {
            violations.append(FieldViolation(field: "userId", message: "userId is required", code: .required))
        }
        guard violations.isEmpty else { throw TradeRefusal(violations) }
        guard request.servesTenant || user == nil || user == request.principal.subject else {
            throw TradeRefusal(Fault(.forbidden, "these are somebody else's chats"))
        }
        request.routed.gateway.own.directory.chats(
            tenant: request.principal.tenant, subject: user ?? request.principal.subject,
            PageNumber(page: asked.page, size: asked.limit)
        ) { result in
            switch result {
            case .failure: request.refuse(storeFault)
            case .success(let found):
                request.envelope.succeed(
                    .array(found.items.map { .object($0.row.chat($0.id)) }),
                    pagination: asked.pagination(total: found.total))
            }
        }
    }

    /// Opens the chat of a booking: 201, and 200 when it is there already. Consumer and provider are the booking's; the platform's staff
    /// and service may name them for a booking that is not held here.
    static func open(_ request: TradeRequest) throws(TradeRefusal) {
        var fields = try request.fields()
        let booking = fields.id("bookingId")
        let consumer = fields.text(ifPresent: "consumerId", maxBytes: PaymentFacts.maxSubjectBytes)
        let provider = fields.text(ifPresent: "providerId", maxBytes: PaymentFacts.maxSubjectBytes)
        if (consumer == nil) != (provider == nil) {
            fields.report("providerId", "consumerId and providerId stand together", .required)
        }
        if let consumer, consumer == provider {
            fields.report("providerId", "providerId must be somebody else than consumerId", .value)
        }
        guard let booking, fields.violations.isEmpty else { throw TradeRefusal(fields.violations) }
        if let consumer, let provider {
            guard request.servesTenant else {
                throw TradeRefusal(
                    Fault(.forbidden, "consumerId and providerId are for the platform's staff and service"))
            }
            return create(booking, consumer, provider, request)
        }
        let query = OrderQuery(.ids([booking]), size: 1)
        request.routed.gateway.own.orders.orders(query, tenant: request.principal.tenant) { result in
            guard case .success(let page) = result else { return request.refuse(storeFault) }
            guard let row = page.items.first else {
                return request.refuse(Fault(.noSuchSession, "there is no such booking"))
            }
            let own = request.principal.subject
            guard request.servesTenant || own == row.customer || own == row.provider else {
                return request.refuse(Fault(.forbidden, "this is somebody else's booking"))
            }
            guard let provider = row.provider else {
                return request.refuse(Fault(.rejected, "the booking has no provider yet"))
            }
            create(booking, row.customer, provider, request)
        }
    }

    private static func create(_ booking: String, _ consumer: String, _ provider: String, _ request: TradeRequest) {
        let address = SessionAddress(tenant: request.principal.tenant, kind: .conversation, id: booking)
        if let fault = request.routed.gateway.refusalOfCommand(to: address) { return request.refuse(fault) }
        let facts = ConversationFacts(
            owner: consumer, hasAdvisor: false, participants: [provider], booking: booking)
        let created: @Sendable (Result<SessionRegistry.CreateResult, Fault>) -> Void = request.routed.onLoop { result in
            switch result {
            case .failure(let fault): request.refuse(fault)
            case .success(let outcome):
                read(address, request) { chat in
                    request.envelope.succeed(
                        .object(chat.row.chat(address.id)), status: outcome == .created ? .created : .ok)
                }
            }
        }
        request.routed.services.withRegistry(of: address) { $0.create(address, .conversation(facts), created) }
    }

    static func one(_ request: TradeRequest) throws(TradeRefusal) {
        let address = try request.chat()
        read(address, request) { request.envelope.succeed(.object($0.row.chat(address.id))) }
    }

    /// A chat of people that the bearer may see, on the request's loop; one with the advisor is none.
    private static func read(
        _ address: SessionAddress, _ request: TradeRequest, _ use: @escaping @Sendable (Chat) -> Void
    ) {
        let refused: @Sendable (Fault) -> Void = request.routed.onLoop { request.refuse($0) }
        let found: @Sendable (Chat?) -> Void = request.routed.onLoop { chat in
            guard let chat else { return request.refuse(Fault(.noSuchSession)) }
            use(chat)
        }
        let caller = request.caller
        request.routed.services.withRegistry(of: address) {
            $0.readConversation(address, caller, refused, { Chat($0) }, found)
        }
    }

    /// What is shown of a chat of people.
    private struct Chat: Sendable {
        let row: ConversationRow
        let readership: Readership
        let newest: Message?
        /// The newest ones.
        let messages: [Message]

        init?(_ conversation: Conversation) {
            guard let readership = conversation.readership else { return nil }
            self.readership = readership
            row = ConversationEffects.row(of: conversation)
            newest = conversation.messages.last
            messages = conversation.messages
        }
    }

    // MARK: Messages

    static func messages(_ request: TradeRequest) throws(TradeRefusal) {
        let address = try request.chat()
        var violations: [FieldViolation] = []
        let asked = TradePage(request, history: PageNumber.maxHistory, size: PageNumber.maxSize, &violations)
        guard violations.isEmpty else { throw TradeRefusal(violations) }
        let directory = request.routed.gateway.own.directory
        // The session says who may read; the directory then reads.
        read(address, request) { chat in
            directory.messages(
                tenant: address.tenant, conversation: address.id, PageNumber(page: asked.page, size: asked.limit)
            ) { result in
                switch result {
                case .failure: request.refuse(storeFault)
                case .success(let found):
                    request.envelope.succeed(
                        .array(found.items.map { $0.message(of: address.id, chat.readership) }),
                        pagination: asked.pagination(total: found.total))
                }
            }
        }
    }

    static func send(_ request: TradeRequest) throws(TradeRefusal) {
        let address = try request.chat()
        var fields = try request.fields()
        let type = fields["messageType"] == nil ? MessageType.text : fields.choice("messageType", MessageType.self)
        let data = type.flatMap { message($0, &fields) }
        guard let data, fields.violations.isEmpty else { throw TradeRefusal(fields.violations) }
        TradeCommands.submit("message.send", data, to: address, request) { answer in
            read(address, request) { chat in
                let sent = answer["message"]?.string
                guard let message = chat.messages.last(where: { $0.id == sent }) else {
                    // Repeated so much later that it is not in memory: who it is suffices.
                    return request.envelope.succeed(
                        ["id": answer["message"] ?? .null, "chatRoomId": .string(address.id)], status: .created)
                }
                request.envelope.succeed(MessageRow(message).message(of: address.id, chat.readership), status: .created)
            }
        }
    }

    /// The command's data; what is wrong stands in `fields`.
    private static func message(_ type: MessageType, _ fields: inout OrderFields) -> JSONValue? {
        guard type != .text else {
            guard let text = fields.text("content", maxBytes: Conversation.maxMessageBytes) else { return nil }
            if text.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
                fields.report("content", "content must not be blank", .value)
            }
            return ["text": .string(text)]
        }
        let caption = fields.text(ifPresent: "content", maxBytes: Conversation.maxMessageBytes)
        let url = fields.text("fileUrl", maxBytes: MessageAttachment.maxURLBytes)
        let name = fields.text("fileName", maxBytes: MessageAttachment.maxNameBytes)
        let contentType = fields.text("fileType", maxBytes: MessageAttachment.maxContentTypeBytes)
        let size = fields["fileSize"]
        if size == nil { fields.report("fileSize", "fileSize is required", .required) }
        guard let url, let name, let contentType, let size else { return nil }
        let attachment: JSONValue = [
            "type": .string(type.rawValue), "url": .string(url), "contentType": .string(contentType), "size": size,
            "name": .string(name),
        ]
        do throws(FaultReason) {
            return ["text": .string(caption ?? ""), "attachments": [try MessageAttachment(json: attachment).json]]
        } catch {
            if case .invalid(let detail) = error { fields.report("file", detail, .value) }
            return nil
        }
    }

    /// Up to a message (`{"messageId":…}`), or all that is there.
    static func markRead(_ request: TradeRequest) throws(TradeRefusal) {
        let address = try request.chat()
        var id: String?
        if !request.routed.request.body.isEmpty {
            var fields = try request.fields()
            id = fields.text(ifPresent: "messageId", maxBytes: SessionAddress.maxIDBytes)
            guard fields.violations.isEmpty else { throw TradeRefusal(fields.violations) }
        }
        let wanted = id
        read(address, request) { chat in
            let message = wanted == nil ? chat.newest : chat.messages.last { $0.id == wanted }
            guard let message else {
                guard wanted == nil else {
                    let detail = "messageId is none of the newest \(Conversation.maxMessages) messages"
                    let violation = FieldViolation(field: "messageId", message: detail, code: .value)
                    return request.envelope.refuse(TradeRefusal([violation]))
                }
                return request.envelope.succeed(.object(chat.row.chat(address.id)))
            }
            TradeCommands.submit("message.read", ["offset": .integer(message.offset)], to: address, request) { _ in
                read(address, request) { request.envelope.succeed(.object($0.row.chat(address.id))) }
            }
        }
    }

    private static var storeFault: Fault {
        Fault(.overloaded, "the store is unavailable", retryAfter: .seconds(1))
    }
}

extension TradeRequest {
    /// The chat of the path's `{id}`.
    fileprivate func chat() throws(TradeRefusal) -> SessionAddress {
        let id = parameters["id"] ?? ""
        guard SessionAddress.isValid(id: id) else { throw TradeRefusal(Fault(.noSuchSession)) }
        return SessionAddress(tenant: principal.tenant, kind: .conversation, id: id)
    }
}

extension ConversationRow {
    /// As the document's collection of chat rooms has it (§4.3).
    fileprivate func chat(_ id: String) -> JSONObject {
        let consumer = people?.readers.first
        let provider = people?.readers.dropFirst().first
        var unread: JSONObject = [:]
        unread["consumerId"] = .integer(consumer?.unread ?? 0)
        unread["providerId"] = .integer(provider?.unread ?? 0)
        let roles = ["consumer", "provider"]
        let participants = (people?.readers ?? []).enumerated().map { place, reader -> JSONValue in
            ["userId": .string(reader.subject), "role": .string(place < roles.count ? roles[place] : "member")]
        }
        var last = JSONValue.null
        if let newest = people?.last {
            last = [
                "senderId": .string(newest.author), "messageType": .string(newest.kind), "text": .string(preview ?? ""),
                "timestamp": JSONValue(lastMessageAt?.rfc3339),
            ]
        }
        return [
            "id": .string(id), "bookingId": JSONValue(people?.booking), "participants": .array(participants),
            "lastMessage": last, "unreadCount": .object(unread), "createdAt": .string(createdAt.rfc3339),
            "updatedAt": .string((lastMessageAt ?? createdAt).rfc3339),
        ]
    }
}

extension MessageRow {
    fileprivate init(_ message: Message) {
        self.init(
            id: message.id, offset: message.offset, role: message.role.rawValue, author: message.author,
            text: message.text, at: message.at, attachments: message.attachments)
    }

    /// As the document's collection of messages has it (§4.3). `readAt` is known of what was read last.
    fileprivate func message(of chat: String, _ readership: Readership) -> JSONValue {
        // Of another type it is no file that the document knows.
        let file = attachments?.array?.first.flatMap { item in
            item["type"]?.string.flatMap(MessageAttachment.Kind.init(rawValue:)).map { _ in item }
        }
        let others = readership.readers.filter { $0.subject != author }
        let isRead = !others.isEmpty && others.allSatisfy { $0.read >= offset }
        let times = others.compactMap { $0.readBefore < offset && $0.read >= offset ? $0.readAt : nil }
        var message: JSONObject = [
            "id": .string(id), "chatRoomId": .string(chat), "senderId": .string(author),
            "messageType": file?["type"] ?? "text", "content": .string(text), "fileUrl": file?["url"] ?? .null,
            "isRead": .bool(isRead), "createdAt": .string(at.rfc3339),
        ]
        message["readAt"] = JSONValue(isRead && times.count == others.count ? times.max()?.rfc3339 : nil)
        if let file {
            message["fileName"] = file["name"]
            message["fileType"] = file["contentType"]
            message["fileSize"] = file["size"]
        }
        return .object(message)
    }
}
