internal import HTTP1
internal import JSON
internal import WireProtocol

/// A row of the route table: who answers, and what limits those who ask.
struct RouteRow: Sendable {
    let route: Route
    let rate: RateRule
}

/// Who answers. Each case is one row of the route table below.
enum Route: Sendable {
    case health, ready, metrics
    case socket, echo
    case session, sessionLog, sessionEvents, sessionCommands, createSession
    case tickets, revoke
    case sendChatMessage, chats, chatMessages, renameChat, archiveChat, deleteChat
    case webhook
    case home, demoChat, demoChatToken

    static func table(_ configuration: GatewayConfiguration) -> Router<RouteRow> {
        var table = RouteTable()
        table.add(.get, "/health", .health, .unlimited)
        table.add(.get, "/health/ready", .ready, .unlimited)
        table.add(.get, "/metrics", .metrics, .unlimited)
        table.add(.get, "/v1/socket", .socket, .handshake)
        table.add(.get, "/v1/sessions/{kind}/{id}", .session)
        table.add(.put, "/v1/sessions/{kind}/{id}", .createSession)
        table.add(.get, "/v1/sessions/{kind}/{id}/log", .sessionLog)
        table.add(.get, "/v1/sessions/{kind}/{id}/events", .sessionEvents)
        table.add(.post, "/v1/sessions/{kind}/{id}/commands", .sessionCommands)
        table.add(.post, "/v1/tickets", .tickets, .authentication)
        table.add(.post, "/v1/tokens/revoke", .revoke, .authentication)
        let chat = "/t/{tenant}/api/v1/chat"
        table.add(.post, chat + "/messages", .sendChatMessage)
        table.add(.get, chat + "/conversations", .chats, .list(searchedBy: "q"))
        table.add(.get, chat + "/conversations/{id}/messages", .chatMessages)
        table.add(.patch, chat + "/conversations/{id}", .renameChat)
        table.add(.post, chat + "/conversations/{id}/archive", .archiveChat)
        table.add(.delete, chat + "/conversations/{id}", .deleteChat)
        table.add(.post, "/webhook/{tenant}/{oa}", .webhook, .unlimited)
        table.add(.get, "/", .home)
        table.add(.get, "/demo/chat", .demoChat)
        table.add(.get, "/demo/chat/{file...}", .demoChat)
        if configuration.isDevelopment {
            table.add(.get, "/demo/chat/token", .demoChatToken, .authentication)
            table.add(.get, "/v1/echo", .echo, .handshake)
        }
        return table.router
    }

    /// A refusal in the words of the route: a platform's own front end reads its own envelope.
    func refuse(_ request: RoutedRequest, _ fault: Fault) {
        switch self {
        case .sendChatMessage, .chats, .chatMessages, .renameChat, .archiveChat, .deleteChat:
            ChatFacade.refuse(request, fault)
        case .health, .ready, .metrics, .socket, .echo, .session, .sessionLog, .sessionEvents, .sessionCommands,
            .createSession, .tickets, .revoke, .webhook, .home, .demoChat, .demoChatToken:
            request.refuse(fault)
        }
    }

    func serve(_ request: RoutedRequest, _ parameters: PathParameters) {
        switch self {
        case .health: HealthEndpoint.health(request)
        case .ready: HealthEndpoint.ready(request)
        case .metrics: HealthEndpoint.metrics(request)
        case .socket: WebSocketEndpoint.open(request)
        case .echo: EchoEndpoint.open(request)
        case .session: SessionEndpoint.snapshot(request, parameters)
        case .createSession: SessionEndpoint.create(request, parameters)
        case .sessionLog: SessionEndpoint.log(request, parameters)
        case .sessionEvents: SessionEndpoint.events(request, parameters)
        case .sessionCommands: SessionEndpoint.command(request, parameters)
        case .tickets: TokenEndpoint.ticket(request)
        case .revoke: TokenEndpoint.revoke(request)
        case .sendChatMessage: ChatFacade.send(request, parameters)
        case .chats: ChatFacade.list(request, parameters)
        case .chatMessages: ChatFacade.messages(request, parameters)
        case .renameChat: ChatFacade.command(request, parameters, "conversation.rename")
        case .archiveChat: ChatFacade.command(request, parameters, "conversation.archive")
        case .deleteChat: ChatFacade.command(request, parameters, "conversation.delete")
        case .webhook: WebhookEndpoint.receive(request, parameters)
        case .home: PageEndpoint.home(request)
        case .demoChat: PageEndpoint.chat(request, parameters)
        case .demoChatToken: PageEndpoint.chatToken(request)
        }
    }
}

/// The route table while it is made. A route without a rule is limited like most are.
private struct RouteTable {
    private(set) var router = Router<RouteRow>()

    mutating func add(_ method: HTTPMethod, _ pattern: String, _ route: Route, _ rate: RateRule = .general) {
        router.add(method, pattern, RouteRow(route: route, rate: rate))
    }
}
