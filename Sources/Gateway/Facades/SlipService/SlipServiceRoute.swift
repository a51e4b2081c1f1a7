internal import HTTP1
internal import Transport
internal import WireProtocol

/// AT SLIP's own routes (`/api/tenants…`, `/api/scan/…`, `/api/message-settings/…`), with the paths, bodies, envelopes and codes
/// of the platform's document. Unlike there, each needs a token, and secrets are write-only.
enum SlipServiceRoute: Sendable {
    case tenants, setTenant, tenant, deleteTenant
    case login, logout, session
    case lineAccounts, setLineAccount, deleteLineAccount
    case verifiers, setVerifier, deleteVerifier
    case mappings, setMapping, deleteMapping
    case messageSettings, setMessageSettings
    case verifySlip, matchAccount, searchUser, submitCredit, checkDuplicate

    private var envelope: SlipServiceEnvelope {
        switch self {
        case .login, .logout, .session, .verifySlip, .matchAccount, .searchUser, .submitCredit, .checkDuplicate:
            .success
        case .tenants, .setTenant, .tenant, .deleteTenant, .lineAccounts, .setLineAccount, .deleteLineAccount,
            .verifiers, .setVerifier, .deleteVerifier, .mappings, .setMapping, .deleteMapping, .messageSettings,
            .setMessageSettings:
            .named
        }
    }

    func refuse(_ routed: RoutedRequest, _ fault: Fault) {
        routed.exchange.respond(SlipServiceRefusal(fault).response(envelope))
    }

    func serve(_ routed: RoutedRequest, _ parameters: PathParameters) {
        do throws(SlipServiceRefusal) {
            try serve(SlipServiceRequest(routed, parameters, envelope))
        } catch {
            routed.exchange.respond(error.response(envelope))
        }
    }

    private func serve(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        switch self {
        case .tenants: TenantRoutes.list(request)
        case .setTenant: try TenantRoutes.set(request)
        case .tenant: try TenantRoutes.get(request)
        case .deleteTenant: try TenantRoutes.delete(request)
        case .login: try AdminSessionRoutes.login(request)
        case .logout: try AdminSessionRoutes.logout(request)
        case .session: try AdminSessionRoutes.get(request)
        case .lineAccounts: try LineAccountRoutes.list(request)
        case .setLineAccount: try LineAccountRoutes.set(request)
        case .deleteLineAccount: try LineAccountRoutes.delete(request)
        case .verifiers: try VerifierRoutes.list(request)
        case .setVerifier: try VerifierRoutes.set(request)
        case .deleteVerifier: try VerifierRoutes.delete(request)
        case .mappings: try MappingRoutes.list(request)
        case .setMapping: try MappingRoutes.set(request)
        case .deleteMapping: try MappingRoutes.delete(request)
        case .messageSettings: try MessageSettingsRoutes.get(request)
        case .setMessageSettings: try MessageSettingsRoutes.set(request)
        case .verifySlip: try VerifySlipRoute.verify(request)
        case .matchAccount: try MatchRoutes.account(request)
        case .searchUser: try MatchRoutes.user(request)
        case .submitCredit: try CreditRoutes.submit(request)
        case .checkDuplicate: try CreditRoutes.check(request)
        }
    }

    /// Bodies of slip images are larger than others: at the root and below a tenant.
    static let bodyAllowances: [BodyAllowance] = ["/api/scan/verify-slip", "/t/{tenant}/api/scan/verify-slip"]
        .compactMap { BodyAllowance(.post, $0, maxBytes: SlipServiceLimits.maxSlipBodyBytes) }
}
