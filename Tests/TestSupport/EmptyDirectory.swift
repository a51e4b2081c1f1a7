package import Ports
package import Primitives

/// A directory without a conversation, and a store without a revocation.
package final class EmptyDirectory: ConversationDirectory, RevocationStore {
    package init() {}

    package func conversations(
        _ query: ConversationQuery,
        _ completion: @escaping (Result<Ports.Page<ConversationSummary>, StoreFailure>) -> Void
    ) { completion(.success(Page(items: [], nextCursor: nil))) }

    package func messages(
        tenant: String, conversation: String, before: Int64?, limit: Int,
        _ completion: @escaping (Result<Ports.Page<MessageRow>, StoreFailure>) -> Void
    ) { completion(.success(Page(items: [], nextCursor: nil))) }

    package func revoke(
        tenant: String, token: String, until: Timestamp, _ completion: @escaping (StoreFailure?) -> Void
    ) { completion(nil) }

    package func revocations(
        at now: Timestamp, _ completion: @escaping (Result<[(token: String, until: Timestamp)], StoreFailure>) -> Void
    ) { completion(.success([])) }
}
