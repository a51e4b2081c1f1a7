internal import Domain
internal import JSON
internal import Ports
internal import Primitives

/// The tenant of the slip service in `sala dev`: company_a with four LINE accounts, whose LINE, slip services and back end are
/// the stand-ins.
enum DevSlipTenants {
    static let tenant = "company_a"
    static let accounts = (1...4).map { "oa-\($0)" }

    /// - Parameter secrets: `secrets.line` of `dev.json`: the channel secrets by `tenant/oa`.
    static func all(standins: String, secrets: JSONValue, now: Timestamp) -> [TenantSettings] {
        let channels = accounts.map { account in
            LineChannel(
                tenant: tenant, id: account, name: "LINE \(account)", channelID: channelID(account),
                channelSecret: Secret(secrets["\(tenant)/\(account)"]?.string ?? ""),
                accessToken: accessToken(account), createdAt: now)
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

    static func channelID(_ account: String) -> String { "16500000" + String(account.dropFirst(3)) }
    /// The account's own user id.
    static func destination(_ account: String) -> String {
        let number = String(account.dropFirst(3))
        return "U" + String(repeating: "0", count: 32 - number.count) + number
    }

    /// Known to everybody who reads this: the stand-in takes it, LINE does not.
    static func accessToken(_ account: String) -> Secret { Secret("stand-in-\(account)") }
}
