internal import Authentication
internal import Ports
internal import Primitives
internal import Reactor
internal import WireProtocol

/// Learns from the store what other processes revoked, and ends here what those tokens opened. Confined to its loop.
///
/// It asks again and again, since a question is one look at an index and no notice can get lost (ADR 0030). What was written while
/// a transaction of somebody else's was under way comes late with an earlier time, so each question reaches back a little.
final class RevocationWatch: @unchecked Sendable {
    private enum Bound {
        /// Between two questions; with the answer's way well below the second in which a revoked token loses its sockets.
        static let interval = Duration.milliseconds(400)
        /// How far back each question reaches: longer than a revocation's transaction may take.
        static let maxDelay = Duration.seconds(6)
        /// Revocations of one answer; there is another question at once when there are more.
        static let maxPage = 1_000
    }

    /// Which holds this.
    private unowned let gateway: GatewayLoop
    private var mark = RevocationMark.start

    init(_ gateway: GatewayLoop) { self.gateway = gateway }

    func start() { ask() }

    private func ask() {
        gateway.own.revocations.revocations(after: mark, limit: Bound.maxPage) { [self] result in receive(result) }
    }

    private func receive(_ result: Result<RevocationPage, StoreFailure>) {
        gateway.loop.preconditionOnLoop()
        // Without an answer the mark stays where it is, and nothing is passed over.
        if case .success(let page) = result {
            for revocation in page.items { learn(revocation) }
            if page.items.count >= Bound.maxPage, let last = page.last {
                mark = last
                return gateway.loop.afterwards { [self] in ask() }
            }
            mark = RevocationMark(writtenAt: page.asOf.advanced(by: .zero - Bound.maxDelay), token: "")
        }
        gateway.loop.schedule(after: Bound.interval) { [weak self] in self?.ask() }
    }

    private func learn(_ revocation: Revocation) {
        // What is no identifier cannot be any token's.
        guard let token = TokenIdentifier(stored: revocation.token) else { return }
        do throws(Fault) {
            // Stored with the largest skew behind its end, which the list adds by itself.
            let expires = revocation.until.advanced(by: .zero - JWTVerifier.maxSkew)
            guard try gateway.services.identity.revoke(token, expires: expires) else { return }
        } catch {
            // The list is full, and stays true to what it has; its bound is counted as any other.
            return gateway.observer.refused(.overload)
        }
        gateway.revokeEverywhere(token, revocation.cause)
    }
}
