internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Sessions
internal import Transport
internal import WireProtocol

/// JECO's chat routes (`/api/v1/chat/…`) with the platform's own envelope: `{"success":true,"data":…}`, and errors in the
/// form of RFC 7807 inside `{"success":false,"error":…}`.
enum ChatFacade {
    // MARK: Sending

    static func send(_ request: RoutedRequest, _ parameters: PathParameters) {
        withPrincipal(request, parameters) { principal in
            do throws(Fault) {
                let order = try order(request, principal)
                order.send(for: request, as: principal.caller, JecoReplyForm(request))
            } catch {
                refuse(request, error)
            }
        }
    }

    private static func order(_ request: RoutedRequest, _ principal: Principal) throws(Fault) -> ChatOrder {
        let body: JSONValue
        do { body = try JSONParser.parse(request.request.body) } catch {
            throw Fault(.malformed, "the body is not JSON")
        }
        guard body.object != nil else { throw Fault(.malformed, "the body is a JSON object") }
        guard let text = body["message"]?.string else {
            throw Fault(.invalidCommand, "message is missing or not a string")
        }
        let id: String
        switch body["conversationId"] {
        case nil, .null?: id = request.services.random.identifier("conv")
        case .string(let text)?: id = text
        default: throw Fault(.invalidCommand, "conversationId is a string")
        }
        guard SessionAddress.isValid(id: id) else {
            throw Fault(.invalidCommand, "conversationId has characters that an id may not have")
        }
        return try ChatOrder(
            address: SessionAddress(tenant: principal.tenant, kind: .conversation, id: id), text: text,
            key: request.request.headers.first("Idempotency-Key"))
    }

    // MARK: Lists

    static func list(_ request: RoutedRequest, _ parameters: PathParameters) {
        withPrincipal(request, parameters) { principal in
            guard let limit = Int(request.request.query["limit"] ?? "20"), (1...100).contains(limit) else {
                return refuse(request, Fault(.invalidCommand, "limit is 1 to 100"))
            }
            let isArchived: Bool?
            switch request.request.query["status"] {
            case nil, "": isArchived = nil
            case "active": isArchived = false
            case "archived": isArchived = true
            default: return refuse(request, Fault(.invalidCommand, "status is 'active' or 'archived'"))
            }
            let text = request.request.query["q"].flatMap { $0.isEmpty ? nil : $0 }
            if let text, text.utf8.count > 256 { return refuse(request, Fault(.tooLarge, "q has at most 256 bytes")) }
            let exchange = request.exchange
            request.gateway.own.directory.conversations(
                ConversationQuery(
                    tenant: principal.tenant, subject: principal.subject, text: text, isArchived: isArchived,
                    cursor: request.request.query["cursor"], limit: limit)
            ) { result in
                switch result {
                case .failure(let failure): refuse(request, storeFault(failure))
                case .success(let page):
                    exchange.respond(
                        success(["items": .array(page.items.map(summary)), "pagination": pagination(page.nextCursor)]))
                }
            }
        }
    }

    private static func summary(_ item: ConversationSummary) -> JSONValue {
        [
            "id": .string(item.id), "title": JSONValue(item.row.title),
            "status": .string(item.row.isArchived ? "archived" : "active"), "owner": .string(item.row.owner),
            "participants": .array(item.row.participants.map(JSONValue.string)),
            "lastMessage": JSONValue(item.row.preview), "lastMessageAt": JSONValue(item.row.lastMessageAt?.rfc3339),
            "createdAt": .string(item.row.createdAt.rfc3339), "messageCount": .integer(item.row.messageCount),
        ]
    }

    private static func pagination(_ cursor: String?) -> JSONValue {
        ["nextCursor": JSONValue(cursor), "hasMore": .bool(cursor != nil)]
    }

    static func messages(_ request: RoutedRequest, _ parameters: PathParameters) {
        withConversation(request, parameters) { principal, address in
            guard let limit = Int(request.request.query["limit"] ?? "50"), (1...100).contains(limit) else {
                return refuse(request, Fault(.invalidCommand, "limit is 1 to 100"))
            }
            let cursor = request.request.query["cursor"]
            let before = cursor.flatMap { Int64($0) }
            guard cursor == nil || before != nil else {
                return refuse(request, Fault(.badPosition, "cursor is not one of ours"))
            }
            // The session says who may read; the directory then reads.
            let exchange = request.exchange
            let directory = request.gateway.own.directory
            let refused: @Sendable (Fault) -> Void = request.onLoop { refuse(request, $0) }
            let allowed: @Sendable (Bool) -> Void = request.onLoop { _ in
                directory.messages(tenant: address.tenant, conversation: address.id, before: before, limit: limit) {
                    result in
                    switch result {
                    case .failure(let failure): refuse(request, storeFault(failure))
                    case .success(let page):
                        exchange.respond(
                            success([
                                "items": .array(page.items.map(message)), "pagination": pagination(page.nextCursor),
                            ]))
                    }
                }
            }
            let caller = principal.caller
            request.services.withRegistry(of: address) { registry in
                registry.readConversation(address, caller, refused, { _ in true }, allowed)
            }
        }
    }

    private static func message(_ row: MessageRow) -> JSONValue {
        [
            "id": .string(row.id), "role": .string(row.role), "author": .string(row.author),
            "content": .string(row.text), "createdAt": .string(row.at.rfc3339), "offset": .integer(row.offset),
        ]
    }

    // MARK: Changes

    static func command(_ request: RoutedRequest, _ parameters: PathParameters, _ name: String) {
        withConversation(request, parameters) { principal, address in
            if let fault = request.gateway.refusalOfCommand(to: address) { return refuse(request, fault) }
            var data: JSONValue = [:]
            if name == "conversation.rename" {
                do {
                    data = try JSONParser.parse(request.request.body)
                } catch {
                    return refuse(request, Fault(.malformed, "the body is not JSON"))
                }
            }
            let exchange = request.exchange
            let answer: @Sendable (Result<CommandAnswer, Fault>) -> Void = request.onLoop { result in
                switch result {
                case .failure(let fault): refuse(request, fault)
                case .success: exchange.respond(success(["id": .string(address.id)]))
                }
            }
            let ticket = CommandTicket(
                command: SessionCommand(caller: principal.caller, name: name, data: data),
                key: request.request.headers.first("Idempotency-Key"), answer: answer)
            request.services.withRegistry(of: address) { $0.submit(address, ticket) }
        }
    }

    // MARK: Envelope

    static func withPrincipal(
        _ request: RoutedRequest, _ parameters: PathParameters, _ use: (Principal) -> Void
    ) {
        let tenant = (parameters["tenant"] ?? "")
        guard request.gateway.configuration.chatFacades.contains(tenant) else {
            return request.exchange.respond(
                HTTPResponse(problem: Fault(.noSuchSession, "the tenant has no such façade"), status: .notFound))
        }
        do throws(Fault) {
            let principal = try request.authenticate()
            guard principal.tenant == tenant else { throw Fault(.forbidden, "the token is another tenant's") }
            use(principal)
        } catch {
            refuse(request, error)
        }
    }

    private static func withConversation(
        _ request: RoutedRequest, _ parameters: PathParameters, _ use: (Principal, SessionAddress) -> Void
    ) {
        withPrincipal(request, parameters) { principal in
            let id = (parameters["id"] ?? "")
            guard SessionAddress.isValid(id: id) else { return refuse(request, Fault(.noSuchSession)) }
            use(principal, SessionAddress(tenant: principal.tenant, kind: .conversation, id: id))
        }
    }

    static func success(_ data: JSONValue) -> HTTPResponse {
        HTTPResponse(status: .ok, json: JSONValue.object(["success": true, "data": data]).bytes)
    }

    static func refuse(_ request: RoutedRequest, _ fault: Fault) {
        var error: JSONObject = [
            "type": .string("urn:sala:fault:" + fault.name), "title": .string(fault.code.title),
            "status": .integer(Int64(fault.httpStatus)), "detail": .string(fault.detail),
            "instance": .string(request.request.path.raw), "code": .integer(Int64(fault.code.rawValue)),
            "errors": [],
        ]
        if fault.code == .invalidCommand || fault.code == .malformed {
            error["errors"] = [["field": "body", "message": .string(fault.detail), "code": "INVALID_FORMAT"]]
        }
        refuse(request, error, HTTPStatus(fault), fault.retryAfterSeconds)
    }

    /// Fields that are not valid, in the words of the platform's document.
    static func refuse(_ request: RoutedRequest, _ violations: [FieldViolation]) {
        let errors = violations.map { violation -> JSONValue in
            [
                "field": .string(violation.field), "message": .string(violation.message),
                "code": .string(violation.code.rawValue),
            ]
        }
        let error: JSONObject = [
            "type": "https://api.jeco.co.th/errors/validation", "title": "Validation Error", "status": 400,
            "detail": .string(violations.first?.message ?? "the request is not valid"),
            "instance": .string(request.request.path.raw), "code": .integer(Int64(FaultCode.invalidCommand.rawValue)),
            "errors": .array(errors),
        ]
        refuse(request, error, .badRequest, nil)
    }

    private static func refuse(_ request: RoutedRequest, _ error: JSONObject, _ status: HTTPStatus, _ seconds: Int64?) {
        var response = HTTPResponse(
            status: status,
            json: JSONValue.object(["success": false, "error": .object(error)]).bytes)
        if let seconds { response.headers.set("Retry-After", String(seconds)) }
        request.exchange.respond(response)
    }

    private static func storeFault(_ failure: StoreFailure) -> Fault {
        failure == .conflict
            ? Fault(.badPosition, "cursor is not one of ours")
            : Fault(.overloaded, "the store is unavailable", retryAfter: .seconds(1))
    }
}
