internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Sessions
internal import WireProtocol

/// Pawn Shop's chat: the platform's people ask the advisor, each in conversations of their own.
///
/// Whatever they are to the platform, here they are the advisor's customers: staff are answered, too, and see nobody else's
/// conversations.
enum PawnshopChat {
    /// What an answer is when the request does not say (`Accept`), as the document shows each route.
    enum Form: Sendable {
        case json, text

        /// What the client asks for by name counts; the first of the two.
        init(_ request: HTTPRequest, usual: Form) {
            for range in request.headers.list("Accept") {
                switch range.split(separator: ";").first.map({ $0.lowercased().filter { $0 != " " } }) {
                case "application/json"?:
                    self = .json
                    return
                case "text/plain"?:
                    self = .text
                    return
                default: continue
                }
            }
            self = usual
        }
    }

    static func send(_ request: PawnshopRequest, _ usual: Form) throws(PawnshopRefusal) {
        try request.principal.require(.chat)
        var fields: OrderFields
        do throws(Fault) { fields = try OrderFields(request.routed.request.body) } catch {
            throw PawnshopRefusal(error)
        }
        let text = fields.text("message", maxBytes: Conversation.maxMessageBytes)
        let id = fields.id(ifPresent: "conversationId") ?? request.routed.services.random.identifier("conv")
        guard fields.violations.isEmpty, let text else { throw PawnshopRefusal(fields.violations) }
        let order: ChatOrder
        do throws(Fault) {
            order = try ChatOrder(
                address: address(id, request), text: text,
                key: request.routed.request.headers.first("Idempotency-Key"))
        } catch {
            throw PawnshopRefusal(error)
        }
        let form: any ChatReplyForm =
            switch Form(request.routed.request, usual: usual) {
            case .json: PawnshopJSONReply(request.envelope)
            case .text: PawnshopTextReply(request.routed, conversation: id)
            }
        order.send(for: request.routed, as: request.asker, form)
    }

    // MARK: Lists

    /// UTF-8 bytes of what is searched for.
    static let maxSearchBytes = 256
    /// Characters of the first message that stand for a title.
    static let maxTitleCharacters = 60

    static func list(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        try request.principal.require(.chat)
        let page = try PawnshopPage(request.routed.request)
        let text = request.query["search"].flatMap { $0.isEmpty ? nil : $0 }
        if let text, text.utf8.count > maxSearchBytes {
            throw PawnshopRefusal([
                FieldViolation(
                    field: "search", message: "search must have at most \(maxSearchBytes) bytes", code: .range)
            ])
        }
        let query = ConversationPageQuery(
            tenant: request.principal.tenant, subject: request.principal.subject, text: text, page: page.page,
            size: page.limit)
        request.routed.gateway.own.directory.conversationPage(query) { result in
            switch result {
            case .failure(let failure): request.refuse(failure)
            case .success(let found):
                request.envelope.succeed(
                    "Conversations retrieved successfully", page.data(found.items.map(line), total: found.total))
            }
        }
    }

    private static func line(_ entry: ConversationEntry) -> JSONValue {
        let row = entry.summary.row
        return [
            "id": .string(entry.summary.id),
            "title": JSONValue(row.title ?? entry.opening.map { String($0.prefix(maxTitleCharacters)) }),
            "lastMessage": JSONValue(row.preview), "messageCount": .integer(row.messageCount),
            "createdAt": .string(row.createdAt.rfc3339),
            "updatedAt": .string((row.lastMessageAt ?? row.createdAt).rfc3339),
        ]
    }

    static func history(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        try request.principal.require(.chat)
        let page = try PawnshopPage(request.routed.request, usual: 20)
        let address = try namedAddress(request)
        // The session says who may read; the directory then reads.
        let directory = request.routed.gateway.own.directory
        let refused: @Sendable (Fault) -> Void = request.routed.onLoop { request.refuse($0) }
        let allowed: @Sendable (Bool) -> Void = request.routed.onLoop { _ in
            directory.messagePage(
                tenant: address.tenant, conversation: address.id, page: page.page, size: page.limit
            ) { result in
                switch result {
                case .failure(let failure): request.refuse(failure)
                case .success(let found):
                    request.envelope.succeed(
                        "Chat history retrieved successfully",
                        [
                            "conversationId": .string(address.id), "messages": .array(found.items.map(message)),
                            "totalMessages": .integer(Int64(found.total)),
                        ], more: ["pagination": page.pagination(total: found.total)])
                }
            }
        }
        let asker = request.asker
        request.routed.services.withRegistry(of: address) { registry in
            registry.readConversation(address, asker, refused, { _ in true }, allowed)
        }
    }

    private static func message(_ row: MessageRow) -> JSONValue {
        [
            "id": .string(row.id), "role": .string(row.role), "content": .string(row.text),
            "timestamp": .string(row.at.rfc3339),
        ]
    }

    // MARK: Deleting

    static func delete(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        try request.principal.require(.chat)
        let id = request.parameters["id"] ?? ""
        guard SessionAddress.isValid(id: id) else { throw PawnshopRefusal(Fault(.noSuchSession)) }
        erase(address(id, request), "Conversation deleted successfully", request)
    }

    static func clearHistory(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        try request.principal.require(.chat)
        erase(try namedAddress(request), "Chat history cleared successfully", request)
    }

    private static func erase(_ address: SessionAddress, _ message: String, _ request: PawnshopRequest) {
        if let fault = request.routed.gateway.refusalOfCommand(to: address) { return request.refuse(fault) }
        let answer: @Sendable (Result<CommandAnswer, Fault>) -> Void = request.routed.onLoop { result in
            switch result {
            case .failure(let fault): request.refuse(fault)
            case .success: request.envelope.succeed(message, nil)
            }
        }
        let ticket = CommandTicket(
            command: SessionCommand(caller: request.asker, name: "conversation.delete", data: [:]),
            key: nil, answer: answer)
        request.routed.services.withRegistry(of: address) { $0.submit(address, ticket) }
    }

    // MARK: Addresses

    private static func address(_ id: String, _ request: PawnshopRequest) -> SessionAddress {
        SessionAddress(tenant: request.principal.tenant, kind: .conversation, id: id)
    }

    /// The conversation that the query names.
    private static func namedAddress(_ request: PawnshopRequest) throws(PawnshopRefusal) -> SessionAddress {
        guard let id = request.query["conversationId"], !id.isEmpty else {
            throw PawnshopRefusal([
                FieldViolation(
                    field: "conversationId", message: "conversationId is required", code: .required)
            ])
        }
        guard SessionAddress.isValid(id: id) else { throw PawnshopRefusal(Fault(.noSuchSession)) }
        return address(id, request)
    }
}

extension PawnshopRequest {
    /// Whom the advisor's conversations know.
    fileprivate var asker: Caller {
        Caller(tenant: principal.tenant, subject: principal.subject, role: .customer)
    }
}
