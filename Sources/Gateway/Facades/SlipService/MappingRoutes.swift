internal import Domain
internal import HTTP1
internal import JSON
internal import Ports

/// `/api/tenants/{tenantId}/account-mappings`: other names under which banks show a tenant's accounts. Not in the platform's
/// document, whose table they are.
enum MappingRoutes {
    static func list(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let mappings = try request.tenant().mappings
        request.respond(["accountMappings": .array(mappings.map(\.json)), "total": .integer(Int64(mappings.count))])
    }

    static func set(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let tenant = try request.tenant().tenant.id
        let fields = try BodyFields(request.http)
        let names = TextRule.words(SlipServiceLimits.maxPartyCharacters)
        let mapping = AccountNameMapping(
            number: try fields.text("accountNumber", .accountNumber),
            thaiName: try fields.text(optional: "nameTh", names), englishName: try fields.text("nameEn", names))
        request.change { book in
            guard let settings = book[tenant] else { return .failure(.noTenant(tenant)) }
            let isPresent = settings.mappings.contains { $0.number == mapping.number }
            guard isPresent || settings.mappings.count < SlipServiceLimits.maxMappings else {
                return .failure(
                    SlipServiceRefusal(.badRequest, "a tenant has \(SlipServiceLimits.maxMappings) mappings at most"))
            }
            return .success(.mapping(tenant: tenant, mapping))
        } done: {
            request.respond(["success": true, "accountMapping": mapping.json])
        }
    }

    static func delete(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let tenant = try request.tenant().tenant.id
        let number = request.parameters["accountNumber"] ?? ""
        request.change { book in
            guard book[tenant]?.mappings.contains(where: { $0.number == number }) == true else {
                return .failure(SlipServiceRefusal(.notFound, "the tenant has no mapping of this account"))
            }
            return .success(.deleteMapping(tenant: tenant, number: number))
        } done: {
            request.respond(["success": true, "message": "Account mapping deleted successfully"])
        }
    }
}

extension AccountNameMapping {
    fileprivate var json: JSONValue {
        ["accountNumber": .string(number), "nameEn": .string(englishName), "nameTh": JSONValue(thaiName)]
    }
}
