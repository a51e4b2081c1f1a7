internal import Domain
package import Ports
package import Reactor

/// Lists over what sessions have stored. Confined to its loop. What no test asks for (cursors) is not there.
package final class SimulatedDirectory: ConversationDirectory, @unchecked Sendable {
    private let loop: EventLoop
    private let store: SimulatedStore
    package var failure: StoreFailure?

    package init(loop: EventLoop, store: SimulatedStore) {
        self.loop = loop
        self.store = store
    }

    /// Newest activity first.
    private func conversations(of subject: String, tenant: String, with text: String? = nil) -> [ConversationEntry] {
        let found = store.records.compactMap { address, record -> ConversationEntry? in
            guard address.tenant == tenant, let row = record.conversation,
                row.owner == subject || row.participants.contains(subject)
            else { return nil }
            if let text = text?.lowercased() {
                let texts = [row.title ?? ""] + record.messages.map(\.text)
                guard texts.contains(where: { $0.lowercased().contains(text) }) else { return nil }
            }
            return ConversationEntry(
                summary: ConversationSummary(id: address.id, row: row),
                opening: record.messages.first.map { String($0.text.prefix(120)) })
        }
        return found.sorted { one, other in
            let (left, right) = (one.summary.row, other.summary.row)
            return (left.lastMessageAt ?? left.createdAt, one.summary.id)
                > (right.lastMessageAt ?? right.createdAt, other.summary.id)
        }
    }

    /// Newest first.
    private func messages(_ tenant: String, _ conversation: String) -> [MessageRow] {
        let address = SessionAddress(tenant: tenant, kind: .conversation, id: conversation)
        return (store.records[address]?.messages ?? []).sorted { $0.offset > $1.offset }
    }

    private func answer<Value: Sendable>(
        _ value: Value, _ completion: @escaping (Result<Value, StoreFailure>) -> Void
    ) {
        let result: Result<Value, StoreFailure> = failure.map { .failure($0) } ?? .success(value)
        loop.afterwards { completion(result) }
    }

    package func conversations(
        _ query: ConversationQuery,
        _ completion: @escaping (Result<Ports.Page<ConversationSummary>, StoreFailure>) -> Void
    ) {
        precondition(query.cursor == nil)
        let found = conversations(of: query.subject, tenant: query.tenant, with: query.text).map(\.summary)
            .filter { query.isArchived == nil || $0.row.isArchived == query.isArchived }
        answer(Page(items: Array(found.prefix(query.limit)), nextCursor: nil), completion)
    }

    package func conversationPage(
        _ query: ConversationPageQuery,
        _ completion: @escaping @Sendable (Result<CountedPage<ConversationEntry>, StoreFailure>) -> Void
    ) {
        let found = conversations(of: query.subject, tenant: query.tenant, with: query.text)
        answer(PageNumber(page: query.page, size: query.size).page(of: found), completion)
    }

    package func messages(
        tenant: String, conversation: String, before: Int64?, limit: Int,
        _ completion: @escaping (Result<Ports.Page<MessageRow>, StoreFailure>) -> Void
    ) {
        let found = messages(tenant, conversation).filter { $0.offset < before ?? .max }
        let items = Array(found.prefix(limit))
        answer(
            Page(items: items, nextCursor: found.count > limit ? items.last.map { "\($0.offset)" } : nil), completion)
    }

    package func chats(
        tenant: String, subject: String, _ page: PageNumber,
        _ completion: @escaping (Result<CountedPage<ConversationSummary>, StoreFailure>) -> Void
    ) {
        let found = conversations(of: subject, tenant: tenant).map(\.summary).filter { $0.row.people != nil }
        answer(page.page(of: found), completion)
    }

    package func messages(
        tenant: String, conversation: String, _ page: PageNumber,
        _ completion: @escaping (Result<CountedPage<MessageRow>, StoreFailure>) -> Void
    ) { answer(page.page(of: messages(tenant, conversation)), completion) }

    package func messagePage(
        tenant: String, conversation: String, page: Int, size: Int,
        _ completion: @escaping @Sendable (Result<CountedPage<MessageRow>, StoreFailure>) -> Void
    ) { answer(PageNumber(page: page, size: size).page(of: messages(tenant, conversation).reversed()), completion) }
}

extension PageNumber {
    fileprivate func page<Item: Sendable>(of items: [Item]) -> CountedPage<Item> {
        CountedPage(items: Array(items.dropFirst((page - 1) * size).prefix(size)), total: items.count)
    }
}
