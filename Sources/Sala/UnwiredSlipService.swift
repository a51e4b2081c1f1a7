internal import Domain
internal import Ports
internal import Primitives
internal import Reactor

/// A slip service whose store and services are not there.
///
/// Sendable because it holds its loop only.
final class UnwiredSlipService: TenantSettingsStore, SlipClaimStore, BackEndAdministration, PublicFileSource,
    @unchecked Sendable
{
    private let loop: EventLoop

    init(_ loop: EventLoop) { self.loop = loop }

    func load(
        _ completion:
            @escaping @Sendable (Result<(tenants: [TenantSettings], shared: [SlipVerifierCredential]), StoreFailure>)
            -> Void
    ) { loop.afterwards { completion(.failure(.unavailable)) } }

    func write(_ change: TenantSettingsChange, _ completion: @escaping @Sendable (StoreFailure?) -> Void) {
        loop.afterwards { completion(.unavailable) }
    }

    func claim(
        tenant: String, _ reference: SlipReference, account: String, transaction: String,
        _ completion: @escaping @Sendable (ClaimAnswer) -> Void
    ) { loop.afterwards { completion(.unavailable) } }

    func holder(
        tenant: String, bank: String?, transRef: String,
        _ completion: @escaping @Sendable (Result<String?, StoreFailure>) -> Void
    ) { loop.afterwards { completion(.failure(.unavailable)) } }

    func login(
        _ login: BackEndLogin, baseURL: String, _ completion: @escaping @Sendable (BackEndLoginAnswer) -> Void
    ) { loop.afterwards { completion(.unavailable) } }

    func logout(_ token: Secret, baseURL: String, _ completion: @escaping @Sendable (Bool) -> Void) {
        loop.afterwards { completion(false) }
    }

    func validate(
        _ token: Secret, baseURL: String, _ completion: @escaping @Sendable (BackEndSessionState) -> Void
    ) { loop.afterwards { completion(.unavailable) } }

    func fetch(_ url: String, _ completion: @escaping @Sendable (PublicFileAnswer) -> Void) {
        loop.afterwards { completion(.unavailable) }
    }
}
