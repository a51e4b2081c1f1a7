package import Ports
package import Reactor

/// Orders as a test says they are stored. Confined to its loop.
package final class SimulatedOrders: OrderDirectory, @unchecked Sendable {
    package let loop: EventLoop
    /// Newest first, by tenant.
    package var rows: [String: [OrderRow]] = [:]
    package var failure: StoreFailure?
    package private(set) var queries: [OrderQuery] = []

    package init(loop: EventLoop) { self.loop = loop }

    package func orders(
        _ query: OrderQuery, tenant: String,
        _ completion: @escaping @Sendable (Result<OrderPage, StoreFailure>) -> Void
    ) {
        queries.append(query)
        let all = (rows[tenant] ?? []).filter { row in
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
