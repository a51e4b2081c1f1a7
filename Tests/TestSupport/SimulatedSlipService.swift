package import Domain
package import Ports
package import Primitives
package import Reactor

/// Where tenants are set up, in memory: it keeps what is written, in order, or fails as a test tells it to. Confined to the test's
/// loop.
package final class SimulatedTenantSettings: TenantSettingsStore, @unchecked Sendable {
    private let loop: EventLoop
    package private(set) var written: [TenantSettingsChange] = []
    /// What `load` answers.
    package var loaded: [TenantSettings] = []
    package private(set) var loads = 0
    /// The next writes fail so.
    package var failure: StoreFailure?
    /// Writes wait until `release()`.
    package var isHeld = false
    private var held: [() -> Void] = []

    package init(loop: EventLoop) { self.loop = loop }

    package func load(
        _ completion:
            @escaping @Sendable (Result<(tenants: [TenantSettings], shared: [SlipVerifierCredential]), StoreFailure>)
            -> Void
    ) {
        loads += 1
        let tenants = loaded
        loop.submit { completion(.success((tenants, []))) }
    }

    package func write(_ change: TenantSettingsChange, _ completion: @escaping @Sendable (StoreFailure?) -> Void) {
        let failure = failure
        let answer = { [self] in
            if failure == nil { written.append(change) }
            loop.submit { completion(failure) }
        }
        if isHeld { held.append(answer) } else { answer() }
    }

    package func release() {
        isHeld = false
        let waiting = held
        held = []
        for answer in waiting { answer() }
    }
}

/// Which slip has which reference, in memory. Confined to the test's loop.
package final class SimulatedClaims: SlipClaimStore, @unchecked Sendable {
    private struct Key: Hashable {
        let tenant: String
        let reference: SlipReference
    }
    private let loop: EventLoop
    private var holders: [Key: String] = [:]
    /// Of payments' slips: whose the reference is on its day in Bangkok, whatever the bank.
    private var dated: [Day: String] = [:]
    package var isUnavailable = false

    private struct Day: Hashable {
        let tenant: String
        let transRef: String
        let days: Int64
    }

    package init(loop: EventLoop) { self.loop = loop }

    /// Gives the reference to a slip, as if it had come through LINE.
    package func give(_ reference: SlipReference, of tenant: String, to holder: String) {
        holders[Key(tenant: tenant, reference: reference)] = holder
    }

    package func claim(
        tenant: String, _ reference: SlipReference, transferredAt: Timestamp?, account: String, transaction: String,
        _ completion: @escaping @Sendable (ClaimAnswer) -> Void
    ) {
        let holder = account + "/" + transaction
        let key = Key(tenant: tenant, reference: reference)
        let day = transferredAt.map {
            let days = ($0.seconds + 7 * 3600) / 86_400
            return Day(tenant: tenant, transRef: reference.transRef, days: days)
        }
        // A payment's other slips, too.
        func isOwn(_ present: String) -> Bool {
            present == holder || account.hasPrefix("payment/") && present.hasPrefix(account + "/")
        }
        let other = [holders[key], day.flatMap { dated[$0] }].compactMap { $0 }.first { !isOwn($0) }
        let answer: ClaimAnswer = isUnavailable ? .unavailable : other.map { .taken(by: $0) } ?? .claimed
        if answer == .claimed {
            holders[key] = holders[key] ?? holder
            if let day { dated[day] = dated[day] ?? holder }
        }
        loop.submit { completion(answer) }
    }

    package func holder(
        tenant: String, bank: String?, transRef: String,
        _ completion: @escaping @Sendable (Result<String?, StoreFailure>) -> Void
    ) {
        let found = holders.first { key, _ in
            key.tenant == tenant && key.reference.transRef == transRef
                && (bank == nil || key.reference.bank.text == bank)
        }?.value
        let answer: Result<String?, StoreFailure> = isUnavailable ? .failure(.unavailable) : .success(found)
        loop.submit { completion(answer) }
    }
}

/// A back end's side of an administrator's session, as a test scripts it. Confined to the test's loop.
package final class ScriptedAdministration: BackEndAdministration, @unchecked Sendable {
    package enum Call: Sendable, Equatable {
        case login(BackEndLogin, String)
        case logout(Secret, String)
        case validate(Secret, String)
    }
    private let loop: EventLoop
    package private(set) var calls: [Call] = []
    package var login = BackEndLoginAnswer.unavailable
    package var isOver = true
    package var state = BackEndSessionState.active

    package init(loop: EventLoop) { self.loop = loop }

    package func login(
        _ login: BackEndLogin, baseURL: String, _ completion: @escaping @Sendable (BackEndLoginAnswer) -> Void
    ) {
        calls.append(.login(login, baseURL))
        let answer = self.login
        loop.submit { completion(answer) }
    }

    package func logout(_ token: Secret, baseURL: String, _ completion: @escaping @Sendable (Bool) -> Void) {
        calls.append(.logout(token, baseURL))
        let isOver = isOver
        loop.submit { completion(isOver) }
    }

    package func validate(
        _ token: Secret, baseURL: String, _ completion: @escaping @Sendable (BackEndSessionState) -> Void
    ) {
        calls.append(.validate(token, baseURL))
        let state = state
        loop.submit { completion(state) }
    }
}

/// The public internet, as a test scripts it. Confined to the test's loop.
package final class ScriptedFiles: PublicFileSource, @unchecked Sendable {
    private let loop: EventLoop
    package private(set) var urls: [String] = []
    package var answer = PublicFileAnswer.unavailable

    package init(loop: EventLoop) { self.loop = loop }

    package func fetch(_ url: String, _ completion: @escaping @Sendable (PublicFileAnswer) -> Void) {
        urls.append(url)
        let answer = answer
        loop.submit { completion(answer) }
    }
}
