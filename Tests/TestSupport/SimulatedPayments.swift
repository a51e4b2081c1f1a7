package import Ports
package import Primitives
package import Reactor

/// What is stored of payments, in memory; a test puts it there. Confined to the test's loop.
package final class SimulatedPayments: PaymentStore, @unchecked Sendable {
    package let loop: EventLoop
    /// By `tenant/subject`.
    package var balances: [String: Money] = [:]
    /// By tenant, oldest first.
    package var summaries: [String: [PaymentSummary]] = [:]
    package var failure: StoreFailure?

    package init(loop: EventLoop) { self.loop = loop }

    private func answer<Value: Sendable>(
        _ value: Value, _ completion: @escaping @Sendable (Result<Value, StoreFailure>) -> Void
    ) {
        let result: Result<Value, StoreFailure> = failure.map(Result.failure) ?? .success(value)
        loop.submit { completion(result) }
    }

    package func balance(
        tenant: String, subject: String, _ currency: Currency,
        _ completion: @escaping @Sendable (Result<Money, StoreFailure>) -> Void
    ) { answer(balances["\(tenant)/\(subject)"] ?? .zero(currency), completion) }

    package func payments(
        _ query: PaymentQuery, _ completion: @escaping @Sendable (Result<PaymentPage, StoreFailure>) -> Void
    ) {
        let history = (summaries[query.tenant] ?? []).filter { $0.row.payer == query.payer }.reversed()
            .prefix(PaymentQuery.maxHistory).filter { query.status == nil || $0.row.status == query.status }
        let page = history.dropFirst((query.page - 1) * query.size).prefix(query.size)
        answer(PaymentPage(items: Array(page), total: history.count), completion)
    }

    package func payments(
        tenant: String, order: String,
        _ completion: @escaping @Sendable (Result<[PaymentSummary], StoreFailure>) -> Void
    ) { answer((summaries[tenant] ?? []).filter { $0.row.order == order }.reversed(), completion) }
}
