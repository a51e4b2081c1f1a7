package import Ports
package import Primitives
package import Reactor

/// The activity logs of one store: what sessions wrote with their events, and what came by itself. Confined to its loop.
package final class SimulatedActivities: ActivityLog, @unchecked Sendable {
    private let loop: EventLoop
    private let store: SimulatedStore
    package private(set) var queries: [ActivityQuery] = []
    package private(set) var cleanedUp: [Timestamp] = []
    package var failure: StoreFailure?

    package init(loop: EventLoop, store: SimulatedStore) {
        self.loop = loop
        self.store = store
    }

    private var all: [StoredActivity] {
        store.activities.enumerated().map { StoredActivity(id: Int64($0.offset + 1), row: $0.element) }
    }

    private func answer<Value: Sendable>(
        _ completion: @escaping @Sendable (Result<Value, StoreFailure>) -> Void, _ value: Value
    ) {
        let result: Result<Value, StoreFailure> = failure.map { .failure($0) } ?? .success(value)
        loop.afterwards { completion(result) }
    }

    package func activities(
        _ query: ActivityQuery, _ completion: @escaping @Sendable (Result<ActivityPage, StoreFailure>) -> Void
    ) {
        queries.append(query)
        let found = all.reversed().filter { query.subject == nil || $0.row.subject == query.subject }
        let items = Array(found.dropFirst((query.page - 1) * query.size).prefix(query.size))
        answer(completion, ActivityPage(items: items, total: found.count))
    }

    package func activity(
        _ id: Int64, tenant: String, _ completion: @escaping @Sendable (Result<StoredActivity?, StoreFailure>) -> Void
    ) { answer(completion, all.first { $0.id == id }) }

    package func statistics(
        tenant: String, since: Timestamp,
        _ completion: @escaping @Sendable (Result<ActivityStatistics, StoreFailure>) -> Void
    ) {
        let rows = all.map(\.row)
        func counts(_ name: (ActivityRow) -> String) -> [ActivityStatistics.Count] {
            Dictionary(grouping: rows, by: name).map { .init(name: $0.key, count: Int64($0.value.count)) }
                .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
        }
        answer(
            completion,
            ActivityStatistics(
                total: Int64(rows.count), recent: Int64(rows.count { $0.at >= since }),
                subjects: Int64(Set(rows.map(\.subject)).count), byActivity: counts { $0.activity.name },
                bySubject: counts { $0.subject }))
    }

    package func cleanUp(
        before: Timestamp, tenant: String, recording row: ActivityRow,
        _ completion: @escaping @Sendable (Result<Int64, StoreFailure>) -> Void
    ) {
        cleanedUp.append(before)
        let gone = failure == nil ? store.forgetActivities(before: before) : 0
        if failure == nil { store.record(row) }
        answer(completion, Int64(gone))
    }
}
