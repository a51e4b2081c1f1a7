package import Ports
internal import Primitives
internal import SlipProviders

extension SlipVerifierCredential {
    /// `easyslip-v2/tenant`, `slipok/shared`: one a credential, because a tenant has at most one of each provider.
    package var name: String { "\(provider.rawValue)/\(tenant == nil ? "shared" : "tenant")" }

    /// nil when the credential is not whole.
    func dialect(at endpoints: LineEndpoints) -> (any SlipDialect)? {
        guard !token.isEmpty else { return nil }
        switch provider {
        case .easyslip1, .easyslip2:
            var configuration = EasySlipDialect.Configuration(version: provider == .easyslip1 ? .v1 : .v2, key: token)
            configuration.baseURL = provider == .easyslip1 ? endpoints.easyslip1 : endpoints.easyslip2
            return EasySlipDialect(configuration)
        case .slipok:
            guard let branch, !branch.isEmpty, branch.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            var configuration = SlipOKDialect.Configuration(branch: branch, key: token)
            configuration.baseURL = endpoints.slipok
            return SlipOKDialect(configuration)
        }
    }
}
