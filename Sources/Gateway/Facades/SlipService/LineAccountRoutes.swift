internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Sessions
internal import WireProtocol

/// `/api/tenants/{tenantId}/line-oas`: a tenant's LINE accounts, each with its session. Not in the platform's document, whose table
/// they are.
enum LineAccountRoutes {
    static func list(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let channels = try request.tenant().channels
        request.respond(["lineOas": .array(channels.map(\.json)), "total": .integer(Int64(channels.count))])
    }

    static func set(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let tenant = try request.tenant().tenant.id
        let fields = try BodyFields(request.http)
        let id = try fields.text(optional: "id", .lineAccountID) ?? identifier(request.routed.services.random)
        let name = try fields.text(optional: "name", .words(LineAccountFacts.maxNameCharacters))
        let channelID = try fields.text(optional: "channelId", .channelID)
        let secret = TextRule.visible(SlipServiceLimits.maxSecretBytes)
        let channelSecret = try fields.text(optional: "channelSecret", secret).map(Secret.init)
        let accessToken = try fields.text(optional: "accessToken", secret).map(Secret.init)
        let now = request.routed.services.identity.time.wallClock
        let isNew = request.book[tenant]?.channels.contains { $0.id == id } == false
        request.change { book in
            do throws(SlipServiceRefusal) {
                guard let settings = book[tenant] else { throw .noTenant(tenant) }
                let present = settings.channels.first { $0.id == id }
                guard present != nil || settings.channels.count < SlipServiceLimits.maxLineAccounts else {
                    throw SlipServiceRefusal(
                        .badRequest, "a tenant has \(SlipServiceLimits.maxLineAccounts) LINE accounts at most")
                }
                guard let name = name ?? present?.name else { throw .invalid("name", "is missing") }
                guard let channelID = channelID ?? present?.channelID else { throw .invalid("channelId", "is missing") }
                guard let channelSecret = channelSecret ?? present?.channelSecret else {
                    throw .invalid("channelSecret", "is missing")
                }
                guard let accessToken = accessToken ?? present?.accessToken else {
                    throw .invalid("accessToken", "is missing")
                }
                return .success(
                    .channel(
                        LineChannel(
                            tenant: tenant, id: id, name: name, channelID: channelID, channelSecret: channelSecret,
                            accessToken: accessToken, createdAt: present?.createdAt ?? now)))
            } catch {
                return .failure(error)
            }
        } done: {
            begin(request, tenant, id, isNew: isNew)
        }
    }

    /// Makes the account's session. One that is there, maybe with an older name, is as good.
    private static func begin(_ request: SlipServiceRequest, _ tenant: String, _ id: String, isNew: Bool) {
        guard let channel = request.book[tenant]?.channels.first(where: { $0.id == id }) else {
            return request.refuse(.noTenant(tenant))
        }
        let address = SessionAddress(tenant: tenant, kind: .lineAccount, id: id)
        let created: @Sendable (Result<SessionRegistry.CreateResult, Fault>) -> Void = request.routed.onLoop {
            result in
            if case .failure(let fault) = result, fault.code != .rejected {
                return request.refuse(SlipServiceRefusal(fault))
            }
            request.respond(isNew ? .created : .ok, ["success": true, "lineOa": channel.json])
        }
        request.routed.services.withRegistry(of: address) {
            $0.create(address, .lineAccount(LineAccountFacts(name: channel.name)), created)
        }
    }

    /// Its session and log stay.
    static func delete(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let tenant = try request.tenant().tenant.id
        let id = request.parameters["oaId"] ?? ""
        request.change { book in
            guard book[tenant]?.channels.contains(where: { $0.id == id }) == true else {
                return .failure(SlipServiceRefusal(.notFound, "the tenant has no such LINE account"))
            }
            return .success(.deleteChannel(tenant: tenant, id: id))
        } done: {
            request.respond(["success": true, "message": "LINE account deleted successfully"])
        }
    }

    /// `lineoa-` and 48 random bits.
    private static func identifier(_ random: any RandomSource) -> String {
        "lineoa-" + random.bytes(6).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension LineChannel {
    fileprivate var json: JSONValue {
        [
            "id": .string(id), "tenantId": .string(tenant), "name": .string(name), "channelId": .string(channelID),
            "hasChannelSecret": .bool(!channelSecret.isEmpty), "hasAccessToken": .bool(!accessToken.isEmpty),
            "webhookPath": .string("/webhook/\(tenant)/\(id)"), "createdAt": .string(createdAt.rfc3339),
        ]
    }
}
