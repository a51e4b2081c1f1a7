internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives

/// `/api/tenants/{tenantId}/slip-verifiers`: the tenant's own credentials at slip services. Not in the platform's document, whose
/// table they are.
enum VerifierRoutes {
    static func list(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let verifiers = try request.tenant().verifiers
        request.respond(["slipVerifiers": .array(verifiers.map(\.json)), "total": .integer(Int64(verifiers.count))])
    }

    static func set(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let tenant = try request.tenant().tenant.id
        let fields = try BodyFields(request.http)
        let provider = try provider(fields.text("provider", .bytes(SlipServiceLimits.maxIDBytes)))
        let token = try fields.text(optional: "token", .visible(SlipServiceLimits.maxSecretBytes)).map(Secret.init)
        let branch = try fields.text(ifPresent: "branch", .branch)
        let isActive = try fields.flag("isActive")
        request.change { book in
            do throws(SlipServiceRefusal) {
                guard let settings = book[tenant] else { throw .noTenant(tenant) }
                let present = settings.verifiers.first { $0.provider == provider }
                guard let token = token ?? present?.token else { throw .invalid("token", "is missing") }
                let branch = branch.or(present?.branch)
                guard provider != .slipok || branch != nil else { throw .invalid("branch", "is missing") }
                return .success(
                    .verifier(
                        SlipVerifierCredential(
                            tenant: tenant, provider: provider, token: token, branch: branch,
                            isActive: isActive ?? present?.isActive ?? true)))
            } catch {
                return .failure(error)
            }
        } done: {
            let verifier = request.book[tenant]?.verifiers.first { $0.provider == provider }
            request.respond(["success": true, "slipVerifier": verifier?.json ?? .null])
        }
    }

    static func delete(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let tenant = try request.tenant().tenant.id
        let missing = SlipServiceRefusal(.notFound, "the tenant has no such slip verifier")
        guard let provider = SlipVerifierCredential.Provider(rawValue: request.parameters["provider"] ?? "") else {
            throw missing
        }
        request.change { book in
            guard book[tenant]?.verifiers.contains(where: { $0.provider == provider }) == true else {
                return .failure(missing)
            }
            return .success(.deleteVerifier(tenant: tenant, provider))
        } done: {
            request.respond(["success": true, "message": "Slip verifier deleted successfully"])
        }
    }

    private static func provider(_ name: String) throws(SlipServiceRefusal) -> SlipVerifierCredential.Provider {
        guard let provider = SlipVerifierCredential.Provider(rawValue: name) else {
            let names = SlipVerifierCredential.Provider.allCases.map(\.rawValue)
            throw .invalid("provider", "is one of " + names.joined(separator: ", "))
        }
        return provider
    }
}

extension TextRule {
    /// It stands in the path of SlipOK's address.
    fileprivate static let branch = TextRule(words: "has 1 to \(SlipServiceLimits.maxBranchBytes) digits") { text in
        (1...SlipServiceLimits.maxBranchBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}

extension SlipVerifierCredential {
    fileprivate var json: JSONValue {
        [
            "provider": .string(provider.rawValue), "branch": JSONValue(branch), "isActive": .bool(isActive),
            "hasToken": .bool(!token.isEmpty),
        ]
    }
}
