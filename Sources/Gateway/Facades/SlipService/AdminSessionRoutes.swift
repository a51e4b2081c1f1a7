internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Reactor
internal import Sessions
internal import WireProtocol

/// The administrator's session at the tenant's back end: opened with a password and a captcha, kept sealed, shown without its
/// token.
enum AdminSessionRoutes {
    /// Stands where the document has the token: who needs it is this server alone.
    private static let masked: JSONValue = "***"

    static func login(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let settings = try request.tenant()
        let fields = try BodyFields(request.http)
        let captcha = TextRule.bytes(SlipServiceLimits.maxCaptchaBytes)
        let login = BackEndLogin(
            username: try fields.text("username", .bytes(SlipServiceLimits.maxUsernameBytes)),
            password: Secret(try fields.text("password", .bytes(SlipServiceLimits.maxPasswordBytes))),
            captchaID: try fields.text(optional: "captchaId", captcha),
            captchaCode: try fields.text(optional: "captchaCode", captcha))
        var url = try fields.text(
            optional: "apiBaseUrl",
            .backEndURL(admitsLoopback: request.gateway.configuration.isDevelopment))
        while url?.last == "/" { url?.removeLast() }
        let baseURL = settings.tenant.apiBaseURL
        // A password goes nowhere else than where an operator has set the tenant up.
        guard url == nil || url == baseURL else { throw .invalid("apiBaseUrl", "is not the tenant's") }
        request.own.administration.login(login, baseURL: baseURL) { answer in
            switch answer {
            case .refused(let message):
                request.refuse(SlipServiceRefusal(.badRequest, message ?? "the back end refused the login"))
            case .unavailable:
                request.refuse(SlipServiceRefusal(.internalServerError, "the back end does not answer"))
            case .success(let token, let refreshToken, let expiresAt, let username):
                let now = request.routed.services.identity.time.wallClock
                let name = username.utf8.count <= SlipServiceLimits.maxUsernameBytes ? username : login.username
                keep(
                    AdminSessionRow(
                        tenant: settings.tenant.id, username: name, token: token, refreshToken: refreshToken,
                        expiresAt: expiresAt, status: .active, lastValidatedAt: now, updatedAt: now), baseURL, request)
            }
        }
    }

    private static func keep(_ row: AdminSessionRow, _ baseURL: String, _ request: SlipServiceRequest) {
        request.change { book in
            guard book[row.tenant]?.tenant.apiBaseURL == baseURL else {
                return .failure(SlipServiceRefusal(.conflict, "the tenant was changed meanwhile"))
            }
            return .success(.adminSession(row))
        } done: {
            AdminRenewal.tellAll(of: row.tenant, username: row.username, request.routed)
            request.respond([
                "success": true, "token": masked, "username": .string(row.username), "message": "Login successful",
            ])
        }
    }

    /// Whatever the back end says, the session is forgotten here.
    static func logout(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let settings = try request.tenant()
        let forget: @Sendable () -> Void = {
            let tenant = settings.tenant.id
            request.change { book in
                // Not one that was opened meanwhile.
                guard let row = book[tenant]?.adminSession, row.token == settings.adminSession?.token else {
                    return .success(nil)
                }
                return .success(.deleteAdminSession(tenant: tenant))
            } done: {
                request.respond(["success": true, "message": "Logout สำเร็จ"])
            }
        }
        guard let row = settings.adminSession else { return forget() }
        request.own.administration.logout(row.token, baseURL: settings.tenant.apiBaseURL) { _ in forget() }
    }

    /// What is older than `maxSessionAge` is asked about before it is told.
    static func get(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let settings = try request.tenant()
        let now = request.routed.services.identity.time.wallClock
        guard let row = settings.adminSession, row.isActive(at: now) else { throw noSession }
        guard now > row.lastValidatedAt.advanced(by: SlipServiceLimits.maxSessionAge) else {
            return request.respond(row.json(masked))
        }
        request.own.administration.validate(row.token, baseURL: settings.tenant.apiBaseURL) { state in
            var checked = row
            switch state {
            case .unavailable: return request.respond(row.json(masked))
            case .active: checked.lastValidatedAt = now
            case .expired: checked.status = .expired
            }
            checked.updatedAt = now
            let change = TenantSettingsChange.adminSession(checked)
            request.change { book in
                .success(book[row.tenant]?.adminSession == row ? change : nil)
            } done: { [checked] in
                if state == .expired { request.refuse(noSession) } else { request.respond(checked.json(masked)) }
            }
        }
    }

    private static let noSession = SlipServiceRefusal(.notFound, "No active session found")
}

extension AdminSessionRow {
    fileprivate func isActive(at now: Timestamp) -> Bool { status == .active && expiresAt.map { $0 > now } ?? true }

    fileprivate func json(_ masked: JSONValue) -> JSONValue {
        [
            "success": true, "token": masked, "refreshToken": refreshToken == nil ? .null : masked,
            "status": .string(status.rawValue), "lastValidated": .string(lastValidatedAt.rfc3339),
        ]
    }
}

/// Tells a tenant's LINE accounts that their administrator has logged in: slips that waited for it go on.
struct AdminRenewal: Sendable {
    private let address: SessionAddress
    private let command: SessionCommand
    private let request: RoutedRequest

    static func tellAll(of tenant: String, username: String, _ request: RoutedRequest) {
        guard let settings = request.services.tenants[tenant] else { return }
        var ids = Set(settings.channels.map(\.id))
        if let first = settings.tenant.lineChannelID { ids.insert(first) }
        let command = SessionCommand(
            caller: Caller(tenant: tenant, subject: "admin-login", role: .service), name: "admin.renew",
            data: ["username": .string(username)])
        for id in ids {
            let address = SessionAddress(tenant: tenant, kind: .lineAccount, id: id)
            AdminRenewal(address: address, command: command, request: request).tell(attempt: 1)
        }
    }

    /// An account that has no session has no slips that wait.
    private func tell(attempt: Int) {
        let answer: @Sendable (Result<CommandAnswer, Fault>) -> Void = request.onLoop { result in
            guard case .failure(let fault) = result, fault.isRetryable, attempt < SlipServiceLimits.maxRenewals else {
                return
            }
            request.gateway.loop.schedule(after: .seconds(1 << (attempt - 1))) { tell(attempt: attempt + 1) }
        }
        let ticket = CommandTicket(command: command, key: nil, answer: answer)
        request.services.withRegistry(of: address) { [address] in $0.submit(address, ticket) }
    }
}
