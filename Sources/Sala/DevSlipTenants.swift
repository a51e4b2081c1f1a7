internal import Domain
internal import JSON
internal import Ports
internal import Primitives
internal import Standins

/// The tenant of the slip service in `sala dev`: company_a with four LINE accounts, whose LINE, slip services and back end are
/// the stand-ins.
enum DevSlipTenants {
    static let tenant = "company_a"
    static let accounts = (1...4).map { "oa-\($0)" }

    /// - Parameter secrets: `secrets.line` of `dev.json`: the channel secrets by `tenant/oa`.
    static func all(standins: String, secrets: JSONValue, now: Timestamp) -> [TenantSettings] {
        let channels = lineAccounts(secrets: secrets).filter { $0.tenant == tenant }.map { account in
            LineChannel(
                tenant: tenant, id: account.oa, name: "LINE \(account.oa)", channelID: account.channelID,
                channelSecret: account.channelSecret, accessToken: account.accessToken, createdAt: now)
        }
        return [
            TenantSettings(
                tenant: SlipTenant(
                    id: tenant, name: "Company A", apiBaseURL: "\(standins)/backend/\(tenant)", adminUsername: "admin",
                    createdAt: now, updatedAt: now),
                channels: channels,
                verifiers: [
                    SlipVerifierCredential(tenant: tenant, provider: .easyslip2, token: Secret("stand-in")),
                    SlipVerifierCredential(
                        tenant: tenant, provider: .slipok, token: Secret("stand-in"), branch: "12345"),
                ],
                adminSession: AdminSessionRow(
                    tenant: tenant, username: "admin", token: Secret("stand-in"), refreshToken: nil, expiresAt: nil,
                    status: .active, lastValidatedAt: now, updatedAt: now))
        ]
    }

    /// The stand-ins, for tenants that have no slip service of their own, where no real one is configured.
    static let shared = [
        SlipVerifierCredential(tenant: nil, provider: .easyslip2, token: Secret("stand-in")),
        SlipVerifierCredential(tenant: nil, provider: .slipok, token: Secret("stand-in"), branch: "12345"),
    ]

    /// The accounts as the stand-in for LINE knows them: it takes their access tokens, LINE does not.
    static func lineAccounts(secrets: JSONValue) -> [StandinServer.LineAccount] {
        accounts.map { account in
            StandinServer.LineAccount(
                tenant: tenant, oa: account, channelSecret: Secret(secrets["\(tenant)/\(account)"]?.string ?? ""))
        }
    }
}

extension Configuration.SlipServices {
    mutating func useStandins() {
        credentials += DevSlipTenants.shared.filter { one in !credentials.contains { $0.provider == one.provider } }
    }
}
