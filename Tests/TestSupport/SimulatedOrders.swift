internal import Domain
package import Ports
package import Reactor

/// Orders as a test says they are stored, and behind them those that sessions have stored. Confined to its loop.
package final class SimulatedOrders: OrderDirectory, @unchecked Sendable {
    package let loop: EventLoop
    private let store: SimulatedStore
    /// Newest first, by tenant.
    package var rows: [String: [OrderRow]] = [:]
    package var failure: StoreFailure?
    package private(set) var queries: [OrderQuery] = []

    package init(loop: EventLoop, store: SimulatedStore) {
        self.loop = loop
        self.store = store
    }

    package func orders(
        _ query: OrderQuery, tenant: String,
        _ completion: @escaping @Sendable (Result<OrderPage, StoreFailure>) -> Void
    ) {
        queries.append(query)
        let stored = store.records.filter { $0.key.tenant == tenant }.compactMap(\.value.order)
        let all = ((rows[tenant] ?? []) + stored.sorted { $0.createdAt > $1.createdAt }).filter { row in
            guard query.status == nil || row.status == query.status else { return false }
            return switch query.subject {
            case .customer(let subject): row.customer == subject
            case .provider(let subject): row.provider == subject
            case .payment(let payment): row.payment == payment
            case .ids(let ids): ids.contains(row.id)
            }
        }
        let items = all.dropFirst((query.page - 1) * query.size).prefix(query.size)
        let result: Result<OrderPage, StoreFailure> =
            failure.map { .failure($0) } ?? .success(OrderPage(items: Array(items), total: all.count))
        loop.submit { completion(result) }
    }
}
