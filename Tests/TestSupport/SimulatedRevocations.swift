package import Ports
package import Primitives
package import Reactor

/// Revoked tokens, of this process and of others. Confined to its loop.
package final class SimulatedRevocations: RevocationStore, @unchecked Sendable {
    private let loop: EventLoop
    private let store: SimulatedStore
    package private(set) var written: [(revocation: Revocation, mark: RevocationMark)] = []
    package var failure: StoreFailure?
    /// Questions for what is new.
    package private(set) var questions: [RevocationMark] = []

    package init(loop: EventLoop, store: SimulatedStore) {
        self.loop = loop
        self.store = store
    }

    /// As another process does it, `late` after the time that it notes.
    package func write(_ revocation: Revocation, late: Duration = .zero) {
        let at = loop.time.wallClock.advanced(by: .zero - late)
        written.append((revocation, RevocationMark(writtenAt: at, token: revocation.token)))
    }

    package func revoke(
        _ revocation: Revocation, recording activity: ActivityRow?, _ completion: @escaping (StoreFailure?) -> Void
    ) {
        if failure == nil {
            write(revocation)
            if let activity { store.record(activity) }
        }
        loop.afterwards { [failure] in completion(failure) }
    }

    package func revocations(
        at now: Timestamp, _ completion: @escaping (Result<[(token: String, until: Timestamp)], StoreFailure>) -> Void
    ) { completion(.success(written.map { ($0.revocation.token, $0.revocation.until) })) }

    package func revocations(
        after mark: RevocationMark, limit: Int,
        _ completion: @escaping (Result<RevocationPage, StoreFailure>) -> Void
    ) {
        questions.append(mark)
        if let failure { return loop.afterwards { completion(.failure(failure)) } }
        let found = written.filter { ($0.mark.writtenAt, $0.mark.token) > (mark.writtenAt, mark.token) }
            .sorted { ($0.mark.writtenAt, $0.mark.token) < ($1.mark.writtenAt, $1.mark.token) }.prefix(limit)
        let page = RevocationPage(
            items: found.map(\.revocation), last: found.last?.mark, asOf: loop.time.wallClock)
        loop.afterwards { completion(.success(page)) }
    }
}
