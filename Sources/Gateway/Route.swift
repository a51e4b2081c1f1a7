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
    case lifecycles, lifecycle, setLifecycle
    case tickets, revoke
    case chat(ChatRoute)
    case pawnshop(PawnshopRoute)
    case webhook, paymentWebhook
    case slipPicture, paymentQR
    case slipService(SlipServiceRoute)
    case foodie(FoodieRoute)
    case topUp
    case orders, order
    case trade(TradeRoute)
    case gold(GoldRoute)
    case home, demoChat, demoChatToken, demoLine, demoLineToken, demoLinePeople, demoLineSend
    case demoPay, demoPayFile, demoPayToken, demoPayShop, demoPayTransfer
    case map(MapPageRoute)
    case goldPage(GoldPageRoute)

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
        table.add(.get, "/v1/lifecycles", .lifecycles)
        table.add(.get, "/v1/lifecycles/{name}", .lifecycle)
        table.add(.put, "/v1/lifecycles/{name}", .setLifecycle)
        table.add(.post, "/v1/tickets", .tickets, .authentication)
        table.add(.post, "/v1/tokens/revoke", .revoke, .authentication)
        let chat = "/t/{tenant}/api/v1/chat"
        table.add(.post, chat + "/messages", .chat(.send))
        table.add(.get, chat + "/conversations", .chat(.list), .list(searchedBy: ["q", "search"]))
        table.add(.get, chat + "/conversations/{id}/messages", .chat(.messages))
        table.add(.patch, chat + "/conversations/{id}", .chat(.rename))
        table.add(.post, chat + "/conversations/{id}/archive", .chat(.archive))
        table.add(.delete, chat + "/conversations/{id}", .chat(.delete))
        table.add(.post, "/webhook/{tenant}/{oa}", .webhook, .unlimited)
        table.add(.post, "/webhooks/{tenant}/{gateway}", .paymentWebhook, .unlimited)
        table.add(.post, "/v1/sessions/payment/{id}/pictures", .slipPicture)
        table.add(.get, "/v1/sessions/payment/{id}/qr", .paymentQR)
        addSlipService(&table)
        addFoodie(&table)
        table.add(.post, "/t/{tenant}/webhooks/{gateway}", .paymentWebhook, .unlimited)
        table.add(.post, "/t/{tenant}/api/v1/wallet/topup", .topUp)
        table.add(.get, "/t/{tenant}/api/v1/orders", .orders)
        table.add(.get, "/t/{tenant}/api/v1/orders/{orderId}", .order)
        addTrade(&table)
        addGold(&table, configuration)
        addPawnshop(&table)
        table.add(.get, "/", .home)
        table.add(.get, "/demo/chat", .demoChat)
        table.add(.get, "/demo/chat/{file...}", .demoChat)
        table.add(.get, "/demo/oa", .demoLine)
        table.add(.get, "/demo/oa/{file...}", .demoLine)
        table.add(.get, "/demo/pay", .demoPay)
        table.add(.get, "/demo/pay/", .demoPay)
        table.add(.get, "/demo/pay/{id}", .demoPay)
        table.add(.get, "/demo/pay/files/{file}", .demoPayFile)
        table.add(.post, "/demo/pay/{id}/token", .demoPayToken)
        addMaps(&table, configuration)
        if configuration.isDevelopment {
            table.add(.get, "/demo/pay/demo/shop", .demoPayShop, .authentication)
            table.add(.post, "/demo/pay/demo/transfer", .demoPayTransfer)
            table.add(.get, "/demo/chat/token", .demoChatToken, .authentication)
            table.add(.get, "/demo/oa/token", .demoLineToken, .authentication)
            table.add(.get, "/demo/oa/people", .demoLinePeople)
            table.add(.post, "/demo/oa/send", .demoLineSend)
            table.add(.get, "/v1/echo", .echo, .handshake)
        }
        return table.router
    }

    /// Orders on the move: who waits, and who rides.
    private static func addMaps(_ table: inout RouteTable, _ configuration: GatewayConfiguration) {
        table.add(.get, "/demo/assets/leaflet/{file...}", .map(.leaflet))
        table.add(.get, "/demo/track", .map(.track))
        table.add(.get, "/demo/track/", .map(.track))
        table.add(.get, "/demo/track/{id}", .map(.track))
        table.add(.get, "/demo/track/files/{file}", .map(.trackFile))
        table.add(.post, "/demo/track/{id}/token", .map(.trackToken))
        table.add(.get, "/demo/ride", .map(.ride))
        table.add(.get, "/demo/ride/", .map(.ride))
        table.add(.get, "/demo/ride/{id}", .map(.ride))
        table.add(.get, "/demo/ride/files/{file}", .map(.rideFile))
        guard configuration.isDevelopment else { return }
        table.add(.get, "/demo/track/demo/shop", .map(.shop), .authentication)
        table.add(.get, "/demo/ride/demo/token", .map(.rider), .authentication)
    }

    /// The gold price: Pawn Shop's routes, and the page.
    private static func addGold(_ table: inout RouteTable, _ configuration: GatewayConfiguration) {
        let gold = "/t/{tenant}/api/v1"
        table.add(.get, gold + "/gold-price/latest", .gold(.latest))
        table.add(.get, gold + "/gold-price/current", .gold(.current))
        table.add(.get, gold + "/gold-price/history", .gold(.history))
        table.add(.post, gold + "/gold-price/sync", .gold(.sync))
        table.add(.post, gold + "/sync-pawn-data/gold-prices", .gold(.sync))
        table.add(.get, "/demo/gold", .goldPage(.page))
        table.add(.get, "/demo/gold/{file...}", .goldPage(.page))
        guard configuration.isDevelopment else { return }
        table.add(.get, "/demo/gold/token", .goldPage(.token), .authentication)
        table.add(.get, "/demo/gold/demo/staff", .goldPage(.staff), .authentication)
        table.add(.post, "/demo/gold/demo/price", .goldPage(.announce))
    }

    private static func addSlipService(_ table: inout RouteTable) {
        table.addEverywhere(.get, "/api/tenants", .tenants)
        table.addEverywhere(.post, "/api/tenants", .setTenant)
        let tenant = "/api/tenants/{tenantId}"
        table.addEverywhere(.get, "/api/tenants/{tenantId}", .tenant)
        table.addEverywhere(.delete, "/api/tenants/{tenantId}", .deleteTenant)
        table.addEverywhere(.post, tenant + "/admin-login", .login, .authentication)
        table.addEverywhere(.post, tenant + "/logout", .logout, .authentication)
        table.addEverywhere(.get, tenant + "/session", .session)
        table.addEverywhere(.get, tenant + "/line-oas", .lineAccounts)
        table.addEverywhere(.post, tenant + "/line-oas", .setLineAccount)
        table.addEverywhere(.delete, tenant + "/line-oas/{oaId}", .deleteLineAccount)
        table.addEverywhere(.get, tenant + "/slip-verifiers", .verifiers)
        table.addEverywhere(.post, tenant + "/slip-verifiers", .setVerifier)
        table.addEverywhere(.delete, tenant + "/slip-verifiers/{provider}", .deleteVerifier)
        table.addEverywhere(.get, tenant + "/account-mappings", .mappings)
        table.addEverywhere(.post, tenant + "/account-mappings", .setMapping)
        table.addEverywhere(.delete, tenant + "/account-mappings/{accountNumber}", .deleteMapping)
        table.addEverywhere(.get, "/api/message-settings/{tenantId}", .messageSettings)
        table.addEverywhere(.post, "/api/message-settings/{tenantId}", .setMessageSettings)
        table.addEverywhere(.post, "/api/scan/verify-slip", .verifySlip)
        table.addEverywhere(.post, "/api/scan/match-account", .matchAccount)
        table.addEverywhere(.post, "/api/scan/search-user", .searchUser)
        table.addEverywhere(.post, "/api/scan/submit-credit", .submitCredit)
        table.addEverywhere(.get, "/api/scan/check-duplicate", .checkDuplicate)
    }

    /// Whether it is for who came by a link too: where each session looks at the grants itself.
    var servesGuests: Bool {
        switch self {
        case .socket, .session, .sessionLog, .sessionEvents, .sessionCommands, .tickets, .revoke, .slipPicture,
            .paymentQR:
            true
        // What is added later is closed to guests until somebody opens it.
        default: false
        }
    }

    /// Only below a tenant: its own host names stand for the prefix.
    private static func addFoodie(_ table: inout RouteTable) {
        let foodie = "/t/{tenant}/api"
        table.add(.get, foodie + "/transaction/method", .foodie(.methods))
        table.add(.post, foodie + "/transaction/create", .foodie(.create))
        table.add(.get, foodie + "/transaction/details", .foodie(.details))
        table.add(.get, foodie + "/transaction/list", .foodie(.list))
        table.add(.get, foodie + "/transaction/{txnId:integer}", .foodie(.transaction))
        table.add(.post, foodie + "/payment", .foodie(.payment))
        table.add(.post, foodie + "/payment/index", .foodie(.payment))
        table.add(.post, foodie + "/payment/slipok", .foodie(.slip), .callback(shows: SlipNotice.secretField))
        table.add(.post, foodie + "/qr/generate", .foodie(.code))
        table.add(.get, foodie + "/mock/qr", .foodie(.exampleCode))
        table.add(.put, foodie + "/branches/{id}", .foodie(.setBranch))
        table.add(.put, foodie + "/users/{id}/cart", .foodie(.setCart))
        table.add(.get, foodie + "/order/list", .foodie(.orders))
        table.add(.get, foodie + "/order/details", .foodie(.order))
        table.add(.get, foodie + "/order/by-transaction", .foodie(.orderOfTransaction))
    }

    private static func addTrade(_ table: inout RouteTable) {
        table.addTrade(.post, "/payments/create", .createPayment)
        table.addTrade(.get, "/payments/{id}", .payment)
        table.addTrade(.post, "/payments/webhook", .webhook, .unlimited)
        table.addTrade(.post, "/payments/refund", .refundPayment)
        table.addTrade(.get, "/transactions", .transactions)
        table.addTrade(.get, "/transactions/{id}", .transaction)
        table.addTrade(.post, "/transactions/escrow", .createEscrow)
        table.addTrade(.put, "/transactions/{id}/release", .release)
        table.addTrade(.put, "/transactions/{id}/refund", .refund)
        table.addTrade(.post, "/escrow/create", .createEscrow)
        table.addTrade(.post, "/escrow/{id}/release", .release)
        table.addTrade(.post, "/escrow/{id}/refund", .refund)
        table.addTrade(.get, "/chats", .chats)
        table.addTrade(.post, "/chats", .openChat)
        table.addTrade(.get, "/chats/{id}", .chat)
        table.addTrade(.get, "/chats/{id}/messages", .messages)
        table.addTrade(.post, "/chats/{id}/messages", .sendMessage)
        table.addTrade(.put, "/chats/{id}/read", .readChat)
        table.addTrade(.get, "/bookings", .bookings)
        table.addTrade(.get, "/bookings/{id}", .booking)
        table.addTrade(.put, "/bookings/{id}/accept", .changeBooking(.accept))
        table.addTrade(.put, "/bookings/{id}/reject", .changeBooking(.reject))
        table.addTrade(.put, "/bookings/{id}/complete", .changeBooking(.complete))
        table.addTrade(.put, "/bookings/{id}/cancel", .changeBooking(.cancel))
        table.addTrade(.get, "/notifications", .notifications)
        table.addTrade(.get, "/notifications/unread-count", .unreadNotifications)
        table.addTrade(.put, "/notifications/read-all", .readAllNotifications)
        table.addTrade(.put, "/notifications/{id}/read", .readNotification)
        table.addTrade(.delete, "/notifications/{id}", .deleteNotification)
    }

    /// Besides the chat's that it has in common with JECO.
    private static func addPawnshop(_ table: inout RouteTable) {
        table.addPawnshop(.post, "/chat", .chat)
        table.addPawnshop(.post, "/chat/send", .chatSend)
        table.addPawnshop(.get, "/chat/history", .history)
        table.addPawnshop(.delete, "/chat/history", .clearHistory)
        table.addPawnshop(.post, "/auth/logout", .logout, .authentication)
        table.addPawnshop(.post, "/auth/session", .session, .authentication)
        table.addPawnshop(.get, "/auth/me", .me)
        table.addPawnshop(.get, "/activity-logs", .activities, .list(searchedBy: ["search"]))
        table.addPawnshop(.delete, "/activity-logs", .deleteActivities)
        table.addPawnshop(.get, "/activity-logs/stats", .activityStatistics)
        table.addPawnshop(.delete, "/activity-logs/cleanup", .cleanUpActivities)
        table.addPawnshop(.get, "/activity-logs/user/{id}", .activitiesOfUser)
        table.addPawnshop(.get, "/activity-logs/{id}", .activity)
        table.addPawnshop(.get, "/activity/logs", .activities, .list(searchedBy: ["search"]))
        table.addPawnshop(.get, "/activity/logs/stats", .activityStatistics)
        table.addPawnshop(.delete, "/activity/logs/cleanup", .cleanUpActivities)
        table.addPawnshop(.get, "/activity/logs/user/{id}", .activitiesOfUser)
        table.addPawnshop(.get, "/activity/logs/{id}", .activity)
        let pawnshop = "/t/{tenant}/api"
        table.add(.get, pawnshop + "/health", .pawnshop(.health), .unlimited)
        table.add(.get, pawnshop + "/health/detailed", .pawnshop(.detailedHealth))
        table.add(.get, pawnshop + "/metrics", .pawnshop(.metrics))
        table.add(.delete, pawnshop + "/metrics", .pawnshop(.resetMetrics))
        table.add(.get, pawnshop + "/metrics/api", .pawnshop(.metricsOfAPI))
        table.add(.get, pawnshop + "/metrics/requests", .pawnshop(.recentRequests))
        table.add(.get, pawnshop + "/metrics/performance", .pawnshop(.performance))
        table.add(.get, pawnshop + "/metrics/health", .pawnshop(.systemHealth))
        table.add(.delete, pawnshop + "/metrics/reset", .pawnshop(.resetMetrics))
    }

    /// What a tenant's own metrics count it as; nil where it has none.
    var endpoint: String? {
        switch self {
        case .pawnshop(let route): route.endpoint
        case .chat(let route): route.endpoint
        default: nil
        }
    }

    /// A refusal in the words of the route: a platform's own front end reads its own envelope.
    func refuse(_ request: RoutedRequest, _ fault: Fault) {
        switch self {
        case .chat(let route): route.refuse(request, fault)
        case .topUp, .orders, .order: ChatFacade.refuse(request, fault)
        case .pawnshop(let route): route.refuse(request, fault)
        case .slipService(let route): route.refuse(request, fault)
        case .foodie(let route): route.refuse(request, fault)
        case .trade(let route): route.refuse(request, fault)
        case .gold(let route): route.refuse(request, fault)
        case .health, .ready, .metrics, .socket, .echo, .session, .sessionLog, .sessionEvents, .sessionCommands,
            .createSession, .lifecycles, .lifecycle, .setLifecycle, .tickets, .revoke, .webhook, .paymentWebhook,
            .slipPicture, .paymentQR, .home, .demoChat,
            .demoChatToken, .demoLine,
            .demoLineToken, .demoLinePeople, .demoLineSend, .demoPay, .demoPayFile, .demoPayToken, .demoPayShop,
            .demoPayTransfer, .map, .goldPage:
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
        case .lifecycles: LifecycleEndpoint.list(request)
        case .lifecycle: LifecycleEndpoint.read(request, parameters)
        case .setLifecycle: LifecycleEndpoint.set(request, parameters)
        case .tickets: TokenEndpoint.ticket(request)
        case .revoke: TokenEndpoint.revoke(request)
        case .chat(let route): route.serve(request, parameters)
        case .pawnshop(let route): route.serve(request, parameters)
        case .webhook: WebhookEndpoint.receive(request, parameters)
        case .paymentWebhook: PaymentWebhookEndpoint.receive(request, parameters)
        case .slipPicture: PaymentEndpoint.holdPicture(request, parameters)
        case .paymentQR: PaymentEndpoint.qr(request, parameters)
        case .slipService(let route): route.serve(request, parameters)
        case .foodie(let route): route.serve(request, parameters)
        case .topUp: WalletFacade.topUp(request, parameters)
        case .orders: JecoOrderFacade.list(request, parameters)
        case .order: JecoOrderFacade.one(request, parameters)
        case .trade(let route): route.serve(request, parameters)
        case .gold(let route): route.serve(request, parameters)
        case .home: PageEndpoint.home(request)
        case .demoChat: PageEndpoint.chat(request, parameters)
        case .demoChatToken: PageEndpoint.token(request, of: .customer)
        case .demoLine: PageEndpoint.line(request, parameters)
        case .demoLineToken: PageEndpoint.token(request, of: .slipStaff)
        case .demoLinePeople: PageEndpoint.play(request, .people)
        case .demoLineSend: PageEndpoint.play(request, .send(request.request.body))
        case .demoPay: LinkedPage.pay.page(request)
        case .demoPayFile: LinkedPage.pay.file(request, parameters)
        case .demoPayToken: LinkedPage.pay.token(request, parameters)
        case .demoPayShop: PageEndpoint.token(request, of: .shop)
        case .demoPayTransfer: PageEndpoint.play(request, .transfer(request.request.body))
        case .map(let route): route.serve(request, parameters)
        case .goldPage(let route): route.serve(request, parameters)
        }
    }
}

/// The route table while it is made. A route without a rule is limited like most are.
private struct RouteTable {
    private(set) var router = Router<RouteRow>()

    mutating func add(_ method: HTTPMethod, _ pattern: String, _ route: Route, _ rate: RateRule = .general) {
        router.add(method, pattern, RouteRow(route: route, rate: rate))
    }

    /// The slip service's routes stand at the root and below each tenant.
    mutating func addEverywhere(
        _ method: HTTPMethod, _ pattern: String, _ route: SlipServiceRoute, _ rate: RateRule = .general
    ) {
        add(method, pattern, .slipService(route), rate)
        add(method, "/t/{tenant}" + pattern, .slipService(route), rate)
    }

    /// Pawn Shop's stand below each tenant, with `/api/v1`, with `/api` and with neither, since the document's parts do not agree.
    mutating func addPawnshop(
        _ method: HTTPMethod, _ pattern: String, _ route: PawnshopRoute, _ rate: RateRule = .general
    ) {
        for prefix in ["/t/{tenant}/api/v1", "/t/{tenant}/api", "/t/{tenant}"] {
            add(method, prefix + pattern, .pawnshop(route), rate)
        }
    }

    /// TrustTrade's stand below each tenant, with the document's version and without.
    mutating func addTrade(
        _ method: HTTPMethod, _ pattern: String, _ route: TradeRoute, _ rate: RateRule = .general
    ) {
        add(method, "/t/{tenant}" + pattern, .trade(route), rate)
        add(method, "/t/{tenant}/v1" + pattern, .trade(route), rate)
    }
}
