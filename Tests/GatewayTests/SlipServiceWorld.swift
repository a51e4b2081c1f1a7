import Domain
import HTTP1
import JSON
import Ports
import Primitives
import TestSupport
import Testing

@testable import Gateway

/// The slip service's routes with two tenants that are set up.
final class SlipServiceWorld {
    let world: GatewayWorld
    static let secrets = [
        "channel-secret-1", "access-token-1", "oa-secret-1", "oa-token-1", "verifier-1", "admin-token-1",
    ]

    init(_ configure: (inout GatewayConfiguration) -> Void = { $0.enforcesRates = false }) throws {
        world = try GatewayWorld(configure)
        let at = world.time.wallClock
        world.tenants.replace(
            ["company_a", "company_b"].map { id in
                var settings = TenantSettings(
                    tenant: SlipTenant(
                        id: id, name: "Company " + id, apiBaseURL: "https://api.\(id.replacing("_", with: "-")).com",
                        adminUsername: "admin", lineChannelID: "1234", lineChannelSecret: Secret("channel-secret-1"),
                        lineAccessToken: Secret("access-token-1"), createdAt: at, updatedAt: at),
                    channels: [
                        LineChannel(
                            tenant: id, id: "oa-1", name: "OA one", channelID: "99",
                            channelSecret: Secret("oa-secret-1"), accessToken: Secret("oa-token-1"), createdAt: at)
                    ],
                    verifiers: [
                        SlipVerifierCredential(tenant: id, provider: .easyslip1, token: Secret("verifier-1"))
                    ],
                    mappings: [AccountNameMapping(number: "1234567890", thaiName: nil, englishName: "ABC CO")])
                settings.adminSession = AdminSessionRow(
                    tenant: id, username: "admin", token: Secret("admin-token-1"), refreshToken: nil, expiresAt: nil,
                    status: .active, lastValidatedAt: at, updatedAt: at)
                return settings
            }, shared: [])
    }

    struct Answer {
        let status: Int
        let json: JSONValue
        let raw: TestAnswer

        var message: String { json["message"]?.string ?? "" }
    }

    enum Bearer {
        case admin, otherAdmin, `operator`, role(String), nobody
    }

    func ask(
        _ method: String, _ path: String, _ body: JSONValue? = nil, as bearer: Bearer = .admin
    ) throws -> Answer {
        try ask(method, path, body.map(\.bytes) ?? [], "application/json", as: bearer)
    }

    func ask(
        _ method: String, _ path: String, _ body: [UInt8], _ type: String, as bearer: Bearer = .admin
    ) throws -> Answer {
        var fields = body.isEmpty ? [] : ["Content-Type: " + type]
        let token: String? =
            switch bearer {
            case .admin: try world.token(subject: "a_1", role: "admin", tenant: "company_a")
            case .otherAdmin: try world.token(subject: "b_1", role: "admin", tenant: "company_b")
            case .operator: try world.token(subject: "o_1", role: "operator", tenant: "jeco")
            case .role(let role): try world.token(subject: "x_1", role: role, tenant: "company_a")
            case .nobody: nil
            }
        if let token { fields.append("Authorization: Bearer " + token) }
        let answer = try world.ask(method, path, fields, body: body)
        let json = try JSONParser.parse(answer.body)
        for secret in Self.secrets where String(decoding: answer.body, as: UTF8.self).contains(secret) {
            Issue.record("\(method) \(path) shows a secret")
        }
        return Answer(status: answer.status, json: json, raw: answer)
    }

    /// Every route of a tenant, with a body that it takes.
    static func routes(of tenant: String) -> [(method: String, path: String, body: JSONValue?, isNamed: Bool)] {
        let base = "/api/tenants/" + tenant
        return [
            (
                "POST", "/api/tenants",
                ["tenantId": .string(tenant), "tenantName": "N"], true
            ),
            ("GET", base, nil, true),
            ("DELETE", base, nil, true),
            ("POST", base + "/admin-login", ["username": "admin", "password": "pw"], false),
            ("POST", base + "/logout", nil, false),
            ("GET", base + "/session", nil, false),
            ("GET", base + "/line-oas", nil, true),
            ("POST", base + "/line-oas", ["id": "oa-1", "name": "New"], true),
            ("DELETE", base + "/line-oas/oa-1", nil, true),
            ("GET", base + "/slip-verifiers", nil, true),
            ("POST", base + "/slip-verifiers", ["provider": "easyslip-v1", "isActive": false], true),
            ("DELETE", base + "/slip-verifiers/easyslip-v1", nil, true),
            ("GET", base + "/account-mappings", nil, true),
            ("POST", base + "/account-mappings", ["accountNumber": "1", "nameEn": "X"], true),
            ("DELETE", base + "/account-mappings/1234567890", nil, true),
            ("GET", "/api/message-settings/" + tenant, nil, true),
            ("POST", "/api/message-settings/" + tenant, ["imageReplyEnabled": false], true),
            ("POST", "/api/scan/verify-slip", ["tenantId": .string(tenant), "payload": "0041"], false),
            (
                "POST", "/api/scan/match-account",
                ["tenantId": .string(tenant), "receiverAccount": "1234567890", "receiverBank": "SCB"], false
            ),
            ("POST", "/api/scan/search-user", ["tenantId": .string(tenant), "searchName": "John Doe"], false),
            (
                "POST", "/api/scan/submit-credit",
                [
                    "tenantId": .string(tenant), "slipData": slip(), "user": ["id": "U1"], "toAccountId": "ACC1",
                ], false
            ),
            ("GET", "/api/scan/check-duplicate?ref=R1&tenantId=" + tenant, nil, false),
        ]
    }

    static func slip(_ transRef: String = "015275120000AKR00001", amount: JSONValue = 500, bank: String = "SCB")
        -> JSONValue
    {
        [
            "sender": ["account": ["value": "1234xx", "bank": ["short": .string(bank)]]],
            "amount": ["amount": amount], "transRef": .string(transRef),
        ]
    }

    static let reference = BankCode("014").flatMap { SlipReference(bank: $0, transRef: "015275120000AKR00001") }

    static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]

    static func form(_ parts: [(name: String, content: [UInt8])]) -> [UInt8] {
        parts.flatMap { part in
            Array("--B\r\nContent-Disposition: form-data; name=\"\(part.name)\"\r\n\r\n".utf8) + part.content
                + Array("\r\n".utf8)
        } + Array("--B--\r\n".utf8)
    }
}

extension SlipServiceWorld {
    static var report: SlipReport {
        SlipReport(
            bank: BankCode("014"), transRef: "015275120000AKR00001", amount: Satang(34_525) ?? .zero,
            transferredAt: Timestamp(seconds: 1_795_230_001),
            sender: SlipParty(
                thaiName: "นาย สมชาย ท", englishName: "MR. SOMCHAI T", bank: BankCode("014"), account: "xxx-x-x1234-x"),
            receiver: SlipParty(englishName: "ABC CO", bank: BankCode("006"), proxy: "xxx-xxx-5678"))
    }
}

enum AccountListFixture {
    static func list(at now: Timestamp, _ bank: BankCode) -> AccountList {
        AccountList(
            accounts: [
                TenantAccount(
                    id: "ACC1", number: "1234567890", bank: bank, thaiName: "บริษัท เอบีซี จำกัด",
                    englishName: "ABC COMPANY LIMITED"),
                TenantAccount(id: "ACC2", number: "9876543210", bank: bank, englishName: "XYZ COMPANY LIMITED"),
            ], loadedAt: now)
    }
}

extension Sequence<UInt8> {
    func contains(_ text: String) -> Bool { String(decoding: Array(self), as: UTF8.self).contains(text) }
}
