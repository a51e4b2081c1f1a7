internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import LINEMessaging
internal import Ports
internal import Primitives
internal import Sessions
internal import Transport
internal import WireProtocol

/// `POST /webhook/{tenant}/{oa}`: what LINE says happened in a chat.
///
/// The signature over the raw bytes comes first; nothing of an unproved body is read. The answer is 200 once the events are in
/// the session's log, and before any work on them: LINE waits about two seconds. An event that came before changes nothing, so
/// 503 is always safe to answer: LINE delivers again.
enum WebhookEndpoint {
    static func receive(_ request: RoutedRequest, _ parameters: PathParameters) {
        let tenant = parameters["tenant"] ?? ""
        guard let channel = request.services.tenants[tenant]?.channel(parameters["oa"] ?? ""),
            let address = SessionAddress(tenant: tenant, path: SessionKind.lineAccount.rawValue + "/" + channel.id),
            let signature = WebhookSignature(channelSecret: channel.channelSecret)
        else { return request.refuse(Fault(.noSuchSession, "no such LINE account")) }
        let body = request.request.body
        do throws(WebhookSignatureViolation) {
            try signature.verify(body, fields: request.request.headers.all(WebhookSignature.field))
        } catch {
            return refuse(request, error)
        }
        let delivery: WebhookDelivery
        do throws(WebhookViolation) { delivery = try WebhookDelivery(body) } catch {
            return request.refuse(Fault(.malformed, "the body is no webhook of LINE's: \(error.reason.rawValue)"))
        }
        let events = delivery.events.map(LineInboundEvent.init)
        request.gateway.observer.webhookReceived(events.count, delivery.unreadable.count)
        guard !events.isEmpty else { return accept(request) }
        WebhookSubmission(request, address, channel.name, events).submit()
    }

    /// Who sends what is not signed asks as often as its address may; whoever signs is not counted.
    private static func refuse(_ request: RoutedRequest, _ violation: WebhookSignatureViolation) {
        request.gateway.observer.refused(.signature)
        if let wait = request.gateway.waitAfterBadSignature(from: request.exchange.peerAddress) {
            return request.refuse(Fault(.rateLimited, "too many unsigned requests from this address", retryAfter: wait))
        }
        request.refuse(Fault(.unauthenticated, "x-line-signature: \(violation.rawValue)"))
    }

    /// As the platform's document has it.
    static func accept(_ request: RoutedRequest) {
        var response = HTTPResponse(status: .ok, body: Array("OK".utf8))
        response.headers.set("Content-Type", "text/plain; charset=utf-8")
        response.headers.set("Cache-Control", "no-store")
        request.exchange.respond(response)
    }
}

/// Events on their way into a session's log. An account that has none yet gets its session with the first event.
private struct WebhookSubmission: Sendable {
    private let request: RoutedRequest
    private let address: SessionAddress
    private let name: String
    private let command: SessionCommand

    init(_ request: RoutedRequest, _ address: SessionAddress, _ name: String, _ events: [LineInboundEvent]) {
        self.request = request
        self.address = address
        self.name = name
        command = SessionCommand(
            caller: Caller(tenant: address.tenant, subject: "line", role: .service), name: "webhook.receive",
            data: ["events": .array(events.map(\.json))])
    }

    func submit() {
        submit { fault in
            guard fault.code == .noSuchSession else { return refuse(fault) }
            create()
        }
    }

    private func submit(refused: @escaping @Sendable (Fault) -> Void) {
        let answer: @Sendable (Result<CommandAnswer, Fault>) -> Void = request.onLoop { [request] result in
            switch result {
            case .success: WebhookEndpoint.accept(request)
            case .failure(let fault): refused(fault)
            }
        }
        let ticket = CommandTicket(command: command, key: nil, answer: answer)
        request.services.withRegistry(of: address) { [address] in $0.submit(address, ticket) }
    }

    private func create() {
        let created: @Sendable (Result<SessionRegistry.CreateResult, Fault>) -> Void = request.onLoop { result in
            switch result {
            case .success: submit(refused: refuse)
            // It was made by another webhook, whose account had another name.
            case .failure(let fault) where fault.code == .rejected: submit(refused: refuse)
            case .failure(let fault): refuse(fault)
            }
        }
        request.services.withRegistry(of: address) { [address, name] in
            $0.create(address, .lineAccount(LineAccountFacts(name: name)), created)
        }
    }

    private func refuse(_ fault: Fault) { request.refuse(fault) }
}

extension LineInboundEvent {
    /// What the session takes of an event. Ids that are longer than it keeps make it one that is recorded only.
    init(_ event: WebhookEvent) {
        let user = event.source?.user.flatMap { Self.fits($0, Self.maxIDBytes) }
        var content = Content.other(type: event.typeName)
        if event.isActive, case .user? = event.source, case .message(let message) = event.content,
            case .image(.line, _) = message.kind, let id = Self.fits(message.id, Self.maxIDBytes)
        {
            content = .image(message: id)
        }
        self.init(
            id: Self.fits(event.id, Self.maxIDBytes) ?? Self.digest(of: event.id), at: event.timestamp, user: user,
            replyToken: event.replyToken.flatMap { Self.fits($0, Self.maxTokenBytes) }, content: content)
    }

    /// Stands for an id that is longer than those of LINE.
    private static func digest(of id: String) -> String {
        "sha256-"
            + SHA256.digest(Array(id.utf8)).prefix(24).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func fits(_ text: String, _ limit: Int) -> String? {
        (1...limit).contains(text.utf8.count) ? text : nil
    }
}

extension WebhookEvent {
    /// LINE's word for it, as far as it is known; at most what an event of the log keeps.
    fileprivate var typeName: String {
        switch content {
        case .message(let message): message.kind.typeName
        case .postback: "postback"
        case .follow: "follow"
        case .unfollow: "unfollow"
        case .join: "join"
        case .leave: "leave"
        case .unsend: "unsend"
        case .other(let type): Self.cut(type)
        }
    }

    fileprivate static func cut(_ type: String) -> String {
        let text = String(type.unicodeScalars.prefix(LineInboundEvent.maxIDBytes / 4))
        return text.isEmpty ? "unknown" : text
    }
}

extension WebhookMessage.Kind {
    fileprivate var typeName: String {
        switch self {
        case .text: "text"
        case .image: "image"
        case .video: "video"
        case .audio: "audio"
        case .file: "file"
        case .location: "location"
        case .sticker: "sticker"
        case .other(let type): WebhookEvent.cut(type)
        }
    }
}
