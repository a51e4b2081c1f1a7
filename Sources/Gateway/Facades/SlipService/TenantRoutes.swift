internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives

/// `/api/tenants`: who uses the slip service. Secrets go in and never come out.
enum TenantRoutes {
    /// An operator sees all, an administrator their own.
    static func list(_ request: SlipServiceRequest) {
        let only = request.pathTenant ?? (request.isOperator ? nil : request.principal.tenant)
        let tenants = request.book.all.filter { only == nil || $0.tenant.id == only }
        request.respond(
            ["tenants": .array(tenants.map(\.tenant.json)), "total": .integer(Int64(tenants.count))])
    }

    static func get(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        request.respond(try request.tenant().tenant.json)
    }

    /// Makes a tenant, or changes the fields that are there. Only an operator makes one, and only an operator says where its
    /// back end is: this server sends passwords and orders there.
    static func set(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let fields = try BodyFields(request.http)
        let id = try request.permit(fields.text("tenantId", .id))
        let isOperator = request.isOperator
        let now = request.routed.services.identity.time.wallClock
        let draft = try TenantDraft(
            fields, admitsLoopback: request.gateway.configuration.isDevelopment)
        request.change { book in
            do throws(SlipServiceRefusal) {
                let tenant = try draft.applied(to: book[id]?.tenant, id, isOperator: isOperator, at: now)
                return .success(.tenant(tenant))
            } catch {
                return .failure(error)
            }
        } done: {
            request.respond(["success": true, "tenant": request.book[id]?.tenant.json ?? .null])
        }
    }

    /// With all that is set up for it. Its sessions and their logs stay.
    static func delete(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let id = try request.permit(request.parameters["tenantId"] ?? "")
        guard request.isOperator else { throw .operatorsOnly }
        request.change { book in
            book[id] == nil ? .failure(.noTenant(id)) : .success(.deleteTenant(id))
        } done: {
            request.respond(["success": true, "message": "Tenant deleted successfully"])
        }
    }
}

/// The fields of `POST /api/tenants` that were there.
private struct TenantDraft: Sendable {
    private let name: String?
    private let apiBaseURL: String?
    private let adminUsername: BodyFields.Optional<String>
    private let lineChannelID: BodyFields.Optional<String>
    private let lineChannelSecret, lineAccessToken: BodyFields.Optional<Secret>
    private let sessionMode: SlipTenant.SessionMode?
    private let accountListMinutes: Int?

    init(_ fields: BodyFields, admitsLoopback: Bool) throws(SlipServiceRefusal) {
        name = try fields.text(optional: "tenantName", .words(SlipServiceLimits.maxNameCharacters))
        var url = try fields.text(optional: "apiBaseUrl", .backEndURL(admitsLoopback: admitsLoopback))
        while url?.last == "/" { url?.removeLast() }
        apiBaseURL = url
        adminUsername = try fields.text(ifPresent: "adminUsername", .bytes(SlipServiceLimits.maxUsernameBytes))
        lineChannelID = try fields.text(ifPresent: "lineChannelId", .channelID)
        let secret = TextRule.visible(SlipServiceLimits.maxSecretBytes)
        lineChannelSecret = try fields.secret(ifPresent: "lineChannelSecret", secret)
        lineAccessToken = try fields.secret(ifPresent: "lineAccessToken", secret)
        accountListMinutes = try fields.integer("accountListTtl", 1...SlipServiceLimits.maxAccountListMinutes)
        let modes = SlipTenant.SessionMode.allCases.map(\.rawValue)
        let mode = try fields.text(
            optional: "sessionMode",
            TextRule(words: "is one of " + modes.joined(separator: ", ")) { modes.contains($0) })
        sessionMode = mode.flatMap(SlipTenant.SessionMode.init(rawValue:))
    }

    func applied(
        to present: SlipTenant?, _ id: String, isOperator: Bool, at now: Timestamp
    ) throws(SlipServiceRefusal) -> SlipTenant {
        guard present != nil || isOperator else { throw .operatorsOnly }
        guard let name = name ?? present?.name else { throw .invalid("tenantName", "is missing") }
        guard let apiBaseURL = apiBaseURL ?? present?.apiBaseURL else { throw .invalid("apiBaseUrl", "is missing") }
        guard isOperator || apiBaseURL == present?.apiBaseURL else {
            throw SlipServiceRefusal(.forbidden, "apiBaseUrl is changed by operators")
        }
        return SlipTenant(
            id: id, name: name, apiBaseURL: apiBaseURL, adminUsername: adminUsername.or(present?.adminUsername),
            lineChannelID: lineChannelID.or(present?.lineChannelID),
            lineChannelSecret: lineChannelSecret.or(present?.lineChannelSecret),
            lineAccessToken: lineAccessToken.or(present?.lineAccessToken),
            sessionMode: sessionMode ?? present?.sessionMode ?? .kv,
            accountListTTLMinutes: accountListMinutes ?? present?.accountListTTLMinutes ?? 5,
            createdAt: present?.createdAt ?? now, updatedAt: now)
    }
}

extension SlipTenant {
    fileprivate var json: JSONValue {
        [
            "tenantId": .string(id), "tenantName": .string(name), "apiBaseUrl": .string(apiBaseURL),
            "adminUsername": JSONValue(adminUsername), "lineChannelId": JSONValue(lineChannelID),
            "hasLineChannelSecret": .bool(lineChannelSecret != nil),
            "hasLineAccessToken": .bool(lineAccessToken != nil), "sessionMode": .string(sessionMode.rawValue),
            "accountListTtl": .integer(Int64(accountListTTLMinutes)), "createdAt": .string(createdAt.rfc3339),
            "updatedAt": .string(updatedAt.rfc3339),
        ]
    }
}
