internal import Domain
package import Ports
package import Primitives

/// Lists over what sessions have stored, and a store without a revocation. What no test asks for (search, cursors) is not there.
package final class SimulatedDirectory: ConversationDirectory, RevocationStore, @unchecked Sendable {
    private let store: SimulatedStore
    package var failure: StoreFailure?

    package init(store: SimulatedStore = SimulatedStore()) { self.store = store }

    /// The subject's, newest activity first.
    private func conversations(of subject: String, tenant: String) -> [ConversationSummary] {
        store.records.compactMap { address, record in
            guard address.tenant == tenant, let row = record.conversation,
                row.owner == subject || row.participants.contains(subject)
            else { return nil }
            return ConversationSummary(id: address.id, row: row)
        }
        .sorted { ($0.row.lastMessageAt ?? $0.row.createdAt) > ($1.row.lastMessageAt ?? $1.row.createdAt) }
    }

    private func messages(_ tenant: String, _ conversation: String) -> [MessageRow] {
        let address = SessionAddress(tenant: tenant, kind: .conversation, id: conversation)
        return (store.records[address]?.messages ?? []).sorted { $0.offset > $1.offset }
    }

    private func answer<Value>(_ value: @autoclosure () -> Value) -> Result<Value, StoreFailure> {
        failure.map { .failure($0) } ?? .success(value())
    }

    package func conversations(
        _ query: ConversationQuery,
        _ completion: @escaping (Result<Ports.Page<ConversationSummary>, StoreFailure>) -> Void
    ) {
        precondition(query.text == nil && query.cursor == nil)
        let found = conversations(of: query.subject, tenant: query.tenant)
            .filter { query.isArchived == nil || $0.row.isArchived == query.isArchived }
        completion(answer(Page(items: Array(found.prefix(query.limit)), nextCursor: nil)))
    }

    package func messages(
        tenant: String, conversation: String, before: Int64?, limit: Int,
        _ completion: @escaping (Result<Ports.Page<MessageRow>, StoreFailure>) -> Void
    ) {
        let found = messages(tenant, conversation).filter { $0.offset < before ?? .max }
        let items = Array(found.prefix(limit))
        completion(
            answer(Page(items: items, nextCursor: found.count > limit ? items.last.map { "\($0.offset)" } : nil)))
    }

    package func chats(
        tenant: String, subject: String, _ page: PageNumber,
        _ completion: @escaping (Result<CountedPage<ConversationSummary>, StoreFailure>) -> Void
    ) {
        let found = conversations(of: subject, tenant: tenant).filter { $0.row.people != nil }
        completion(answer(page.page(of: found)))
    }

    package func messages(
        tenant: String, conversation: String, _ page: PageNumber,
        _ completion: @escaping (Result<CountedPage<MessageRow>, StoreFailure>) -> Void
    ) { completion(answer(page.page(of: messages(tenant, conversation)))) }

    package func revoke(
        tenant: String, token: String, until: Timestamp, _ completion: @escaping (StoreFailure?) -> Void
    ) { completion(nil) }

    package func revocations(
        at now: Timestamp, _ completion: @escaping (Result<[(token: String, until: Timestamp)], StoreFailure>) -> Void
    ) { completion(.success([])) }
}

extension PageNumber {
    fileprivate func page<Item: Sendable>(of items: [Item]) -> CountedPage<Item> {
        CountedPage(items: Array(items.dropFirst((page - 1) * size).prefix(size)), total: items.count)
    }
}
