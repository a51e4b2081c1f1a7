package import Ports
internal import Primitives
internal import Reactor

/// Lists, search and paging over what the journal projects.
///
/// `@unchecked Sendable` because it is confined to its pool's loop, which the pool checks.
package final class PostgresDirectory: ConversationDirectory, @unchecked Sendable {
    private let pool: PostgresPool

    /// Items of one page at most, whatever is asked for.
    package static let maxPageItems = 100

    package init(pool: PostgresPool) { self.pool = pool }

    package func conversations(
        _ query: ConversationQuery, _ completion: @escaping (Result<Page<ConversationSummary>, StoreFailure>) -> Void
    ) {
        let limit = min(max(query.limit, 1), Self.maxPageItems)
        var cursor: DirectoryCursor?
        if let text = query.cursor {
            cursor = DirectoryCursor(text)
            // Not one of ours: there is nothing behind it.
            if cursor == nil {
                return pool.loop.afterwards { completion(.success(Page(items: [], nextCursor: nil))) }
            }
        }
        var parameters = PostgresParameters()
        parameters.add(query.tenant)
        parameters.add([Optional(query.subject)])
        parameters.add(query.isArchived)
        parameters.add(query.text.map(LikePattern.containing))
        parameters.add(cursor?.activity)
        parameters.add(cursor?.session)
        // One more than asked for tells whether there is another page.
        parameters.add(Int32(limit + 1))
        pool.run(PostgresBatch(Self.list, parameters)) { outcome in
            completion(outcome.decoded { result throws(PostgresDecodingFailure) in try Self.page(result, limit) })
        }
    }

    package func messages(
        tenant: String, conversation: String, before: Int64?, limit: Int,
        _ completion: @escaping (Result<Page<MessageRow>, StoreFailure>) -> Void
    ) {
        let limit = min(max(limit, 1), Self.maxPageItems)
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(conversation)
        parameters.add(before)
        parameters.add(Int32(limit + 1))
        pool.run(PostgresBatch(Self.history, parameters)) { outcome in
            completion(
                outcome.decoded { result throws(PostgresDecodingFailure) in
                    var rows: [MessageRow] = []
                    for row in 0..<min(result.rowCount, limit) { rows.append(try Self.message(result, row)) }
                    let isLast = result.rowCount <= limit
                    return Page(items: rows, nextCursor: isLast ? nil : rows.last.map { "\($0.offset)" })
                })
        }
    }

    // MARK: Statements

    /// The person's conversations come from the index over members; the search looks into those only.
    private static let list = PostgresStatement(
        "list_conversations",
        """
        SELECT session, name, owner, participants, title, archived, created_at, last_message_at, preview, message_count,
               activity
        FROM (SELECT *, coalesce(last_message_at, created_at) AS activity FROM conversation
              WHERE tenant = $1::text AND members @> $2::text[]) mine
        WHERE ($3::bool IS NULL OR archived = $3::bool)
          AND ($5::timestamptz IS NULL OR (activity, session) < ($5::timestamptz, $6::int8))
          AND ($4::text IS NULL OR title ILIKE $4::text
               OR EXISTS (SELECT FROM message WHERE message.session = mine.session AND message.text ILIKE $4::text))
        ORDER BY activity DESC, session DESC LIMIT $7::int4
        """)

    private static let history = PostgresStatement(
        "list_messages",
        """
        SELECT message.id, message."offset", message.role, message.author, message.text, message.at
        FROM message
        WHERE session = (SELECT id FROM session WHERE tenant = $1::text AND kind = 'conversation' AND name = $2::text)
          AND ($3::int8 IS NULL OR "offset" < $3::int8)
        ORDER BY "offset" DESC LIMIT $4::int4
        """)

    // MARK: Decoding

    private static func page(
        _ result: PostgresResult, _ limit: Int
    ) throws(PostgresDecodingFailure) -> Page<ConversationSummary> {
        var items: [ConversationSummary] = []
        var last: DirectoryCursor?
        for row in 0..<min(result.rowCount, limit) {
            items.append(ConversationSummary(id: try result.text(row, 1), row: try conversation(result, row)))
            last = DirectoryCursor(activity: try result.timestamp(row, 10), session: try result.int64(row, 0))
        }
        return Page(items: items, nextCursor: result.rowCount > limit ? last?.text : nil)
    }

    private static func conversation(
        _ result: PostgresResult, _ row: Int
    ) throws(PostgresDecodingFailure) -> ConversationRow {
        ConversationRow(
            owner: try result.text(row, 2), participants: try result.texts(row, 3), title: result.optionalText(row, 4),
            isArchived: try result.bool(row, 5), createdAt: try result.timestamp(row, 6),
            lastMessageAt: try result.optionalTimestamp(row, 7), preview: result.optionalText(row, 8),
            messageCount: try result.int64(row, 9))
    }

    private static func message(_ result: PostgresResult, _ row: Int) throws(PostgresDecodingFailure) -> MessageRow {
        MessageRow(
            id: try result.text(row, 0), offset: try result.int64(row, 1), role: try result.text(row, 2),
            author: try result.text(row, 3), text: try result.text(row, 4), at: try result.timestamp(row, 5))
    }
}
