import Domain
package import Ports
package import Reactor

/// Conversations as sessions have stored them. Confined to its loop.
package final class SimulatedDirectory: ConversationDirectory, @unchecked Sendable {
    private let loop: EventLoop
    private let store: SimulatedStore

    package init(loop: EventLoop, store: SimulatedStore) {
        self.loop = loop
        self.store = store
    }

    /// Newest activity first.
    private func found(_ tenant: String, _ subject: String, _ text: String?) -> [ConversationEntry] {
        let rows = store.records.compactMap { address, record -> ConversationEntry? in
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
        return rows.sorted { one, other in
            let (left, right) = (one.summary.row, other.summary.row)
            return (left.lastMessageAt ?? left.createdAt, one.summary.id)
                > (right.lastMessageAt ?? right.createdAt, other.summary.id)
        }
    }

    package func conversations(
        _ query: ConversationQuery,
        _ completion: @escaping (Result<Ports.Page<ConversationSummary>, StoreFailure>) -> Void
    ) {
        let all = found(query.tenant, query.subject, query.text).map(\.summary).filter { summary in
            query.isArchived.map { $0 == summary.row.isArchived } ?? true
        }
        loop.afterwards { completion(.success(Page(items: Array(all.prefix(query.limit)), nextCursor: nil))) }
    }

    package func conversationPage(
        _ query: ConversationPageQuery,
        _ completion: @escaping @Sendable (Result<NumberedPage<ConversationEntry>, StoreFailure>) -> Void
    ) {
        let all = found(query.tenant, query.subject, query.text)
        let items = Array(all.dropFirst((query.page - 1) * query.size).prefix(query.size))
        loop.afterwards { completion(.success(NumberedPage(items: items, total: all.count))) }
    }

    private func messages(_ tenant: String, _ conversation: String) -> [MessageRow] {
        let address = SessionAddress(tenant: tenant, kind: .conversation, id: conversation)
        return (store.records[address]?.messages ?? []).sorted { $0.offset < $1.offset }
    }

    package func messages(
        tenant: String, conversation: String, before: Int64?, limit: Int,
        _ completion: @escaping (Result<Ports.Page<MessageRow>, StoreFailure>) -> Void
    ) {
        let all = messages(tenant, conversation).filter { $0.offset < before ?? .max }
        loop.afterwards { completion(.success(Page(items: Array(all.reversed().prefix(limit)), nextCursor: nil))) }
    }

    package func messagePage(
        tenant: String, conversation: String, page: Int, size: Int,
        _ completion: @escaping @Sendable (Result<NumberedPage<MessageRow>, StoreFailure>) -> Void
    ) {
        let all = messages(tenant, conversation)
        let items = Array(all.dropFirst((page - 1) * size).prefix(size))
        loop.afterwards { completion(.success(NumberedPage(items: items, total: all.count))) }
    }
}
