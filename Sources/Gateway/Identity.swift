package import Authentication
internal import Domain
internal import Ports
package import Primitives
internal import Synchronization
package import WireProtocol

/// Who is who, for all loops: verifies tokens, issues and redeems tickets, knows what is revoked.
///
/// Tickets and revocations are shared by every loop and touched once a connection, so one mutex guards them; nothing on a
/// message's path comes here.
package final class Identity: Sendable {
    private struct Shared {
        var tickets = OneTimeTickets()
        var revocations = RevocationList()
    }

    private let verifier: JWTVerifier
    package let origins: OriginPolicy
    let time: any TimeSource
    private let random: any RandomSource
    private let shared = Mutex(Shared())
    /// By tenant; only of those whose signing key is here.
    private let signers: [String: TenantSigner]

    package init(
        verifier: JWTVerifier, signers: [String: TenantSigner] = [:], origins: OriginPolicy, time: any TimeSource,
        random: any RandomSource
    ) {
        self.verifier = verifier
        self.signers = signers
        self.origins = origins
        self.time = time
        self.random = random
    }

    package func verify(_ token: Secret) throws(Fault) -> Principal {
        let principal = try known(token)
        if shared.withLock({ $0.revocations.isRevoked(principal.tokenIdentifier) }) { throw Fault(.revoked) }
        return principal
    }

    /// Whose token it is, also of one that was revoked: it lets nobody in, but says whose attempt this is.
    package func known(_ token: Secret) throws(Fault) -> Principal {
        do throws(TokenViolation) {
            return try verifier.verify(token.reveal(), at: time.wallClock)
        } catch {
            throw error.fault
        }
    }

    /// Whether a bearer who was let in some time ago may still go on.
    package func confirm(_ principal: Principal) throws(Fault) {
        if shared.withLock({ $0.revocations.isRevoked(principal.tokenIdentifier) }) { throw Fault(.revoked) }
        guard principal.expires > time.wallClock else { throw Fault(.expired) }
    }

    package func issueTicket(for principal: Principal) throws(Fault) -> Secret {
        let now = time.now
        let random = random
        let result: Result<Secret, Fault> = shared.withLock { shared in
            do throws(Fault) {
                return .success(try shared.tickets.issue(for: principal, at: now, random: random))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    package func redeem(ticket: String) throws(Fault) -> Principal {
        let now = time.now
        let result: Result<Principal, Fault> = shared.withLock { shared in
            do throws(Fault) {
                return .success(try shared.tickets.redeem(ticket, at: now))
            } catch {
                return .failure(error)
            }
        }
        let principal = try result.get()
        // The ticket outlives a token that ends sooner.
        try confirm(principal)
        return principal
    }

    /// A token of `tenant` for whoever holds a link: role `guest`, and `grants`. Fault 2203 when no key to sign with is here.
    package func signLink(
        tenant: String, subject: String, grants: [Grant], expires: Timestamp
    ) throws(Fault) -> Secret {
        guard let signer = signers[tenant] else {
            throw Fault(.unsupported, "this server has no key to sign a link's token with")
        }
        do throws(KeyFailure) {
            return try signer.sign(
                subject: subject, role: .guest, grants: grants, issuedAt: time.wallClock, expires: expires,
                identifier: random.identifier("link"))
        } catch {
            throw Fault(.internal, "the tenant's key does not sign")
        }
    }

    /// Refuses the token from now on, in this process.
    /// - Returns: whether it was accepted until now.
    @discardableResult
    package func revoke(_ token: TokenIdentifier, expires: Timestamp) throws(Fault) -> Bool {
        let now = time.wallClock
        let result: Result<Bool, Fault> = shared.withLock { shared in
            do throws(Fault) {
                return .success(try shared.revocations.revoke(token, expires: expires, at: now))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
