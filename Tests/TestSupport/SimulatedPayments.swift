package import Ports
package import Primitives
package import Reactor

/// Payments' rows and balances that a test sets. Confined to the test's loop.
package final class SimulatedPayments: PaymentStore, @unchecked Sendable {
    package let loop: EventLoop
    /// Newest first, by payer.
    package var history: [String: [PaymentSummary]] = [:]
    /// By subject; zero for others.
    package var balances: [String: Money] = [:]
    package var failure: StoreFailure?
    /// What every list answers, whatever is asked; nil: from `history`.
    package var page: Result<PaymentPage, StoreFailure>?
    package private(set) var queries: [PaymentQuery] = []

    package init(loop: EventLoop) { self.loop = loop }

    package func balance(
        tenant: String, subject: String, _ currency: Currency,
        _ completion: @escaping @Sendable (Result<Money, StoreFailure>) -> Void
    ) { answer(balances[subject] ?? .zero(currency), completion) }

    package func payments(
        _ query: PaymentQuery, _ completion: @escaping @Sendable (Result<PaymentPage, StoreFailure>) -> Void
    ) {
        queries.append(query)
        if let page { return loop.submit { completion(page) } }
        let all = (history[query.payer] ?? []).filter { query.status == nil || $0.row.status == query.status }
        let items = all.dropFirst((query.page - 1) * query.size).prefix(query.size)
        answer(PaymentPage(items: Array(items), total: all.count), completion)
    }

    package func payments(
        tenant: String, order: String,
        _ completion: @escaping @Sendable (Result<[PaymentSummary], StoreFailure>) -> Void
    ) { answer(history.values.joined().filter { $0.row.order == order }, completion) }

    private func answer<Value: Sendable>(
        _ value: Value, _ completion: @escaping @Sendable (Result<Value, StoreFailure>) -> Void
    ) {
        let result: Result<Value, StoreFailure> = failure.map { .failure($0) } ?? .success(value)
        loop.submit { completion(result) }
    }
}

/// Facts in memory. Confined to the test's loop.
package final class SimulatedFacts: PlatformFactStore, @unchecked Sendable {
    package struct Place: Hashable {
        package let tenant: String
        package let key: PlatformFact.Key
    }
    package let loop: EventLoop
    package private(set) var all: [Place: [UInt8]] = [:]
    package var failure: StoreFailure?
    private var number: Int64 = 980

    package init(loop: EventLoop) { self.loop = loop }

    package func put(
        _ fact: PlatformFact, tenant: String, _ completion: @escaping @Sendable (StoreFailure?) -> Void
    ) {
        let failure = failure
        if failure == nil { all[Place(tenant: tenant, key: fact.key)] = fact.text }
        loop.submit { completion(failure) }
    }

    package func put(
        _ fact: PlatformFact, most: Int, tenant: String,
        _ completion: @escaping @Sendable (Result<PlatformFact.BoundedPut, StoreFailure>) -> Void
    ) {
        if let failure { return loop.submit { completion(.failure(failure)) } }
        let place = Place(tenant: tenant, key: fact.key)
        let number = all.keys.count { $0.tenant == tenant && $0.key.kind == fact.key.kind }
        let isThere = all[place] != nil
        if isThere || number < most { all[place] = fact.text }
        loop.submit { completion(.success(isThere ? .replaced : number < most ? .created : .full)) }
    }

    package func ids(
        of kind: PlatformFact.Kind, most: Int, tenant: String,
        _ completion: @escaping @Sendable (Result<[String], StoreFailure>) -> Void
    ) {
        let ids = all.keys.filter { $0.tenant == tenant && $0.key.kind == kind }.map(\.key.id).sorted().prefix(most)
        let result: Result<[String], StoreFailure> = failure.map { .failure($0) } ?? .success(Array(ids))
        loop.submit { completion(result) }
    }

    package func facts(
        _ keys: [PlatformFact.Key], tenant: String,
        _ completion: @escaping @Sendable (Result<[PlatformFact.Key: [UInt8]], StoreFailure>) -> Void
    ) {
        var found: [PlatformFact.Key: [UInt8]] = [:]
        for key in keys { found[key] = all[Place(tenant: tenant, key: key)] }
        let result: Result<[PlatformFact.Key: [UInt8]], StoreFailure> = failure.map { .failure($0) } ?? .success(found)
        loop.submit { completion(result) }
    }

    package func numberTransaction(
        keeping text: [UInt8], key: String?, tenant: String,
        _ completion: @escaping @Sendable (Result<Int64, StoreFailure>) -> Void
    ) {
        if let failure { return loop.submit { completion(.failure(failure)) } }
        var given: Int64?
        if let key, let known = all[Place(tenant: tenant, key: PlatformFact.Key(.transactionKey, key))] {
            given = Int64(String(decoding: known, as: UTF8.self))
        }
        if given == nil { number += 1 }
        let number = given ?? number
        if let key { all[Place(tenant: tenant, key: PlatformFact.Key(.transactionKey, key))] = Array("\(number)".utf8) }
        all[Place(tenant: tenant, key: PlatformFact.Key(.transaction, String(number)))] = text
        loop.submit { completion(.success(number)) }
    }
}
