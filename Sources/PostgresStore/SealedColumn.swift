internal import Authentication

/// A column whose values are sealed, each to its place.
enum SealedColumn: CaseIterable {
    case tenantChannelSecret
    case tenantAccessToken
    case adminToken
    case adminRefreshToken
    case channelSecret
    case channelAccessToken
    case verifierToken

    var table: SettingsTable {
        switch self {
        case .tenantChannelSecret, .tenantAccessToken: .tenants
        case .adminToken, .adminRefreshToken: .adminSessions
        case .channelSecret, .channelAccessToken: .channels
        case .verifierToken: .verifiers
        }
    }

    var name: String {
        switch self {
        case .tenantChannelSecret: "line_channel_secret"
        case .tenantAccessToken: "line_access_token"
        case .adminToken, .verifierToken: "token"
        case .adminRefreshToken: "refresh_token"
        case .channelSecret: "channel_secret"
        case .channelAccessToken: "access_token"
        }
    }

    /// The place in the row of `tenant` (nil: for every tenant), and of `key` where a tenant has several.
    func place(tenant: String?, _ key: String? = nil) -> SealedPlace {
        SealedPlace(table: table.rawValue, row: [tenant, key].compactMap(\.self), column: name)
    }
}

/// The tables in which tenants are set up.
package enum SettingsTable: String, Sendable, CaseIterable {
    case tenants
    case adminSessions = "tenant_sessions"
    case channels = "line_oas"
    case verifiers = "easyslip_configs"
    case messages = "message_settings"
    case mappings = "account_name_mappings"
}
