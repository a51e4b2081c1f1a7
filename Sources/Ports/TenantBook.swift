internal import Domain
internal import Primitives
internal import Synchronization

/// What is set up for every tenant of the slip service, in memory, for all loops: read at the start, changed after each change is
/// durable. Webhooks are checked and slips decided on it without asking the store.
package final class TenantBook: Sendable {
    fileprivate struct Contents {
        var tenants: [String: TenantSettings] = [:]
        var shared: [SlipVerifierCredential] = []
    }
    private let contents = Mutex(Contents())
    /// Of this process, not of the store.
    private let configured: [SlipVerifierCredential]

    /// - Parameter configured: credentials that the server's own configuration has for every tenant.
    package init(
        _ tenants: [TenantSettings] = [], shared: [SlipVerifierCredential] = [],
        configured: [SlipVerifierCredential] = []
    ) {
        self.configured = configured
        replace(tenants, shared: shared)
    }

    package func replace(_ tenants: [TenantSettings], shared: [SlipVerifierCredential]) {
        contents.withLock {
            $0.tenants = Dictionary(tenants.map { ($0.tenant.id, $0) }, uniquingKeysWith: { first, _ in first })
            $0.shared = shared
        }
    }

    package subscript(tenant: String) -> TenantSettings? { contents.withLock { $0.tenants[tenant] } }

    /// By id.
    package var all: [TenantSettings] {
        contents.withLock { $0.tenants.values.sorted { $0.tenant.id < $1.tenant.id } }
    }

    /// Active credentials in the order in which they are asked: the tenant's own, then those for every tenant. At a service for
    /// which the store has one for every tenant, the configured one is not used.
    package func verifiers(of tenant: String) -> [SlipVerifierCredential] {
        let (own, shared) = contents.withLock { ($0.tenants[tenant]?.verifiers ?? [], $0.shared) }
        let others = configured.filter { one in !shared.contains { $0.provider == one.provider } }
        return (own + shared + others).filter(\.isActive)
    }

    package func apply(_ change: TenantSettingsChange) {
        contents.withLock { $0.apply(change) }
    }
}

extension TenantSettings {
    /// The account that a webhook's `{oa}` names: one of `line_oas`, or the tenant's first channel by its channel id.
    package func channel(_ id: String) -> LineChannel? {
        if let channel = channels.first(where: { $0.id == id }) { return channel }
        guard let channelID = tenant.lineChannelID, channelID == id, let secret = tenant.lineChannelSecret,
            let token = tenant.lineAccessToken
        else { return nil }
        return LineChannel(
            tenant: tenant.id, id: channelID, name: tenant.name, channelID: channelID, channelSecret: secret,
            accessToken: token, createdAt: tenant.createdAt)
    }
}

extension TenantBook.Contents {
    fileprivate mutating func apply(_ change: TenantSettingsChange) {
        switch change {
        case .tenant(let tenant):
            if tenants[tenant.id] == nil {
                tenants[tenant.id] = TenantSettings(tenant: tenant)
            } else {
                tenants[tenant.id]?.tenant = tenant
            }
        case .deleteTenant(let id): tenants[id] = nil
        case .channel(let channel):
            tenants[channel.tenant]?.channels.replace(channel) { $0.id == channel.id }
        case .deleteChannel(let tenant, let id): tenants[tenant]?.channels.removeAll { $0.id == id }
        case .verifier(let credential):
            if let tenant = credential.tenant {
                tenants[tenant]?.verifiers.replace(credential) { $0.provider == credential.provider }
            } else {
                shared.replace(credential) { $0.provider == credential.provider }
            }
        case .deleteVerifier(let tenant?, let provider):
            tenants[tenant]?.verifiers.removeAll { $0.provider == provider }
        case .deleteVerifier(nil, let provider): shared.removeAll { $0.provider == provider }
        case .messages(let settings): tenants[settings.tenant]?.messages = settings
        case .mapping(let tenant, let mapping):
            tenants[tenant]?.mappings.replace(mapping) { $0.number == mapping.number }
        case .deleteMapping(let tenant, let number): tenants[tenant]?.mappings.removeAll { $0.number == number }
        case .adminSession(let session): tenants[session.tenant]?.adminSession = session
        case .expireAdminSession(let tenant, let since, let at):
            guard tenants[tenant]?.adminSession?.updatedAt == since else { return }
            tenants[tenant]?.adminSession?.status = .expired
            tenants[tenant]?.adminSession?.updatedAt = at
        case .deleteAdminSession(let tenant): tenants[tenant]?.adminSession = nil
        }
    }
}

extension Array {
    /// Puts the element where the first such one is, else at the end.
    fileprivate mutating func replace(_ element: Element, where isSame: (Element) -> Bool) {
        if let index = firstIndex(where: isSame) { self[index] = element } else { append(element) }
    }
}
