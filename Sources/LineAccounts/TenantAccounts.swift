internal import Domain
internal import Ports
internal import Primitives
internal import Reactor
internal import Synchronization

/// The newest account list of every tenant, for all loops; and who waits for the next one. A list is loaded once however many
/// sessions, on whatever loops, ask for it meanwhile: the first one loads it, the others hear of it on their own loops.
package final class TenantAccounts: Sendable {
    /// What a load asks. Who would ask something else does not wait for it.
    struct Source: Hashable, Sendable {
        let tenant: String
        let baseURL: String
        let token: Secret
    }

    enum Joined: Equatable, Sendable {
        /// The caller loads, and says so by `finish`.
        case leads
        case waits
        /// Too many wait.
        case refused
    }

    private struct Waiter {
        let loop: EventLoop
        let completion: @Sendable (AccountListAnswer) -> Void
    }

    private struct Listed {
        let baseURL: String
        let accounts: [TenantAccount]
        let loadedAt: Timestamp
    }

    private struct Contents {
        var lists: [String: Listed] = [:]
        var waiters: [Source: [Waiter]] = [:]
    }

    /// Calls that wait for one load, all loops together.
    static let maxWaiters = 4_096

    private let contents = Mutex(Contents())

    package init() {}

    /// What was loaded last from where the tenant's back end is now, with the name mappings as they are now; nil before the
    /// first load.
    func list(for settings: TenantSettings) -> AccountList? {
        guard let listed = contents.withLock({ $0.lists[settings.tenant.id] }),
            listed.baseURL == settings.tenant.apiBaseURL
        else { return nil }
        return AccountList(accounts: listed.accounts, mappings: settings.mappings, loadedAt: listed.loadedAt)
    }

    /// `completion` runs on `loop` with what the load brings, in a later turn of it; not when the call is refused.
    func join(
        _ source: Source, on loop: EventLoop, _ completion: @escaping @Sendable (AccountListAnswer) -> Void
    ) -> Joined {
        contents.withLock { contents in
            let waiter = Waiter(loop: loop, completion: completion)
            guard let count = contents.waiters[source]?.count else {
                contents.waiters[source] = [waiter]
                return .leads
            }
            guard count < Self.maxWaiters else { return .refused }
            contents.waiters[source]?.append(waiter)
            return .waits
        }
    }

    /// The load that `join` told to begin is over.
    func finish(_ source: Source, _ answer: AccountListAnswer, at now: Timestamp) {
        let waiters = contents.withLock { contents in
            if case .listed(let accounts) = answer {
                contents.lists[source.tenant] = Listed(
                    baseURL: source.baseURL, accounts: accounts, loadedAt: now)
            }
            return contents.waiters.removeValue(forKey: source) ?? []
        }
        for waiter in waiters { waiter.loop.submit { waiter.completion(answer) } }
    }
}
