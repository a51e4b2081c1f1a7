internal import JSON
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

    package func chats(
        tenant: String, subject: String, _ page: PageNumber,
        _ completion: @escaping (Result<CountedPage<ConversationSummary>, StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add([Optional(subject)])
        page.add(to: &parameters)
        pool.run(PostgresBatch(Self.people, parameters)) { outcome in
            completion(
                outcome.decoded { result throws(PostgresDecodingFailure) in
                    var items: [ConversationSummary] = []
                    for row in 0..<result.rowCount where !result.isNull(row, 0) {
                        items.append(
                            ConversationSummary(id: try result.text(row, 1), row: try Self.conversation(result, row)))
                    }
                    return CountedPage(items: items, total: Int(clamping: try result.int64(0, 18)))
                })
        }
    }

    package func messages(
        tenant: String, conversation: String, _ page: PageNumber,
        _ completion: @escaping (Result<CountedPage<MessageRow>, StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(conversation)
        page.add(to: &parameters)
        pool.run(PostgresBatch(Self.messagePage, parameters)) { outcome in
            completion(
                outcome.decoded { result throws(PostgresDecodingFailure) in
                    var items: [MessageRow] = []
                    for row in 0..<result.rowCount where !result.isNull(row, 0) {
                        items.append(try Self.message(result, row))
                    }
                    return CountedPage(items: items, total: Int(clamping: try result.int64(0, 7)))
                })
        }
    }

    package func conversationPage(
        _ query: ConversationPageQuery,
        _ completion: @escaping @Sendable (Result<CountedPage<ConversationEntry>, StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(query.tenant)
        parameters.add([Optional(query.subject)])
        parameters.add(query.text.map(LikePattern.containing))
        PageNumber(page: query.page, size: query.size).add(to: &parameters)
        pool.run(PostgresBatch(Self.numberedList, parameters)) { outcome in
            completion(
                outcome.decoded { result throws(PostgresDecodingFailure) in
                    var items: [ConversationEntry] = []
                    for row in 0..<result.rowCount where !result.isNull(row, 0) {
                        let summary = ConversationSummary(
                            id: try result.text(row, 1), row: try Self.conversation(result, row))
                        items.append(ConversationEntry(summary: summary, opening: result.optionalText(row, 18)))
                    }
                    return CountedPage(items: items, total: Int(clamping: try result.int64(0, 19)))
                })
        }
    }

    package func messagePage(
        tenant: String, conversation: String, page: Int, size: Int,
        _ completion: @escaping @Sendable (Result<CountedPage<MessageRow>, StoreFailure>) -> Void
    ) {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(conversation)
        PageNumber(page: page, size: size).add(to: &parameters)
        pool.run(PostgresBatch(Self.numberedHistory, parameters)) { outcome in
            completion(
                outcome.decoded { result throws(PostgresDecodingFailure) in
                    var items: [MessageRow] = []
                    for row in 0..<result.rowCount where !result.isNull(row, 0) {
                        items.append(try Self.message(result, row))
                    }
                    return CountedPage(items: items, total: Int(clamping: try result.int64(0, 7)))
                })
        }
    }

    // MARK: Statements

    /// The person's conversations come from the index over members; the search looks into those only.
    private static let list = PostgresStatement(
        "list_conversations",
        """
        SELECT \(columns), activity
        FROM (SELECT *, coalesce(last_message_at, created_at) AS activity FROM conversation
              WHERE tenant = $1::text AND members @> $2::text[]) mine
        WHERE ($3::bool IS NULL OR archived = $3::bool)
          AND ($5::timestamptz IS NULL OR (activity, session) < ($5::timestamptz, $6::int8))
          AND ($4::text IS NULL OR title ILIKE $4::text
               OR EXISTS (SELECT FROM message WHERE message.session = mine.session AND message.text ILIKE $4::text))
        ORDER BY activity DESC, session DESC LIMIT $7::int4
        """)

    private static let columnNames = [
        "session", "name", "owner", "participants", "title", "archived", "created_at", "last_message_at", "preview",
        "message_count", "booking", "last_author", "last_kind", "last_offset", "readers", "read", "unread",
    ]
    private static let columns = columnNames.joined(separator: ", ")
    private static func columns(of table: String) -> String {
        columnNames.map { "\(table).\($0)" }.joined(separator: ", ")
    }

    /// Found by the same index; counted without what the page alone needs. An empty page has one row, without a chat.
    private static let people = PostgresStatement(
        "list_chats",
        """
        WITH mine AS (
            SELECT session, coalesce(last_message_at, created_at) AS activity FROM conversation
            WHERE tenant = $1::text AND members @> $2::text[] AND cardinality(readers) > 0
            ORDER BY 2 DESC, 1 DESC LIMIT $3::int4
        ), page AS (
            SELECT \(columns), coalesce(last_message_at, created_at) AS activity FROM conversation
            WHERE session = ANY (ARRAY(SELECT session FROM mine ORDER BY activity DESC, session DESC
                                       LIMIT $4::int4 OFFSET $5::int4))
        )
        SELECT page.*, counted.total FROM (SELECT count(*) AS total FROM mine) counted LEFT JOIN page ON true
        ORDER BY page.activity DESC, page.session DESC
        """)

    private static let messagePage = PostgresStatement(
        "page_messages",
        """
        WITH asked AS (
            SELECT id FROM session WHERE tenant = $1::text AND kind = 'conversation' AND name = $2::text
        ), counted AS (
            SELECT count(*) AS total FROM (SELECT FROM message WHERE session = (SELECT id FROM asked) LIMIT $3::int4) newest
        ), page AS (
            SELECT id, "offset", role, author, text, at, attachments FROM message
            WHERE session = (SELECT id FROM asked) ORDER BY "offset" DESC LIMIT $4::int4 OFFSET $5::int4
        )
        SELECT page.*, counted.total FROM counted LEFT JOIN page ON true ORDER BY page."offset" DESC
        """)

    private static let history = PostgresStatement(
        "list_messages",
        """
        SELECT message.id, message."offset", message.role, message.author, message.text, message.at,
               message.attachments
        FROM message
        WHERE session = (SELECT id FROM session WHERE tenant = $1::text AND kind = 'conversation' AND name = $2::text)
          AND ($3::int8 IS NULL OR "offset" < $3::int8)
        ORDER BY "offset" DESC LIMIT $4::int4
        """)

    /// Every row says how many there are in all, and of an empty page one without a conversation does.
    private static let numberedList = PostgresStatement(
        "list_conversation_page",
        """
        WITH listed AS (
            SELECT session, activity
            FROM (SELECT session, title, coalesce(last_message_at, created_at) AS activity FROM conversation
                  WHERE tenant = $1::text AND members @> $2::text[]) mine
            WHERE $3::text IS NULL OR title ILIKE $3::text
               OR EXISTS (SELECT FROM message WHERE message.session = mine.session AND message.text ILIKE $3::text)
            ORDER BY activity DESC, session DESC LIMIT $4::int4
        ), page AS (
            SELECT session, activity FROM listed ORDER BY activity DESC, session DESC LIMIT $5::int4 OFFSET $6::int4
        )
        SELECT \(columns(of: "c")), page.activity,
               (SELECT left(first.text, 120) FROM message first WHERE first.session = page.session
                ORDER BY first."offset" LIMIT 1),
               counted.total
        FROM (SELECT count(*) AS total FROM listed) counted
        LEFT JOIN (page JOIN conversation c ON c.session = page.session) ON true
        ORDER BY page.activity DESC, page.session DESC
        """)

    private static let numberedHistory = PostgresStatement(
        "list_message_page",
        """
        WITH mine AS (
            SELECT * FROM message
            WHERE session = (SELECT id FROM session WHERE tenant = $1::text AND kind = 'conversation' AND name = $2::text)
        ), page AS (SELECT * FROM mine ORDER BY "offset" LIMIT $4::int4 OFFSET $5::int4)
        SELECT page.id, page."offset", page.role, page.author, page.text, page.at, page.attachments, counted.total
        FROM (SELECT count(*) AS total FROM (SELECT FROM mine LIMIT $3::int4) known) counted LEFT JOIN page ON true
        ORDER BY page."offset"
        """)

    // MARK: Decoding

    private static func page(
        _ result: PostgresResult, _ limit: Int
    ) throws(PostgresDecodingFailure) -> Page<ConversationSummary> {
        var items: [ConversationSummary] = []
        var last: DirectoryCursor?
        for row in 0..<min(result.rowCount, limit) {
            items.append(ConversationSummary(id: try result.text(row, 1), row: try conversation(result, row)))
            last = DirectoryCursor(activity: try result.timestamp(row, 17), session: try result.int64(row, 0))
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
            messageCount: try result.int64(row, 9), people: try people(result, row))
    }

    private static func people(_ result: PostgresResult, _ row: Int) throws(PostgresDecodingFailure) -> PeopleRow? {
        let subjects = try result.texts(row, 14)
        let (read, unread) = (try result.int64s(row, 15), try result.int64s(row, 16))
        guard !subjects.isEmpty else { return nil }
        guard read.count == subjects.count, unread.count == subjects.count else { throw PostgresDecodingFailure() }
        var last: PeopleRow.Last?
        if let author = result.optionalText(row, 11), let kind = result.optionalText(row, 12),
            let offset = try result.optionalInt64(row, 13)
        {
            last = PeopleRow.Last(author: author, kind: kind, offset: offset)
        }
        return PeopleRow(
            booking: result.optionalText(row, 10), last: last,
            readers: subjects.indices.map {
                PeopleRow.Reader(subject: subjects[$0], read: read[$0], unread: unread[$0])
            })
    }

    private static func message(_ result: PostgresResult, _ row: Int) throws(PostgresDecodingFailure) -> MessageRow {
        var attachments: JSONValue?
        if let text = result.optionalText(row, 6) {
            do throws(JSONError) { attachments = try JSONParser.parse(text) } catch { throw PostgresDecodingFailure() }
        }
        return MessageRow(
            id: try result.text(row, 0), offset: try result.int64(row, 1), role: try result.text(row, 2),
            author: try result.text(row, 3), text: try result.text(row, 4), at: try result.timestamp(row, 5),
            attachments: attachments)
    }
}

extension PageNumber {
    /// The end of the list, the page's size, and what stands before it. A page behind the last one is empty, however far behind.
    fileprivate func add(to parameters: inout PostgresParameters) {
        let size = min(max(size, 1), Self.maxSize)
        parameters.add(Int32(Self.maxHistory))
        parameters.add(Int32(size))
        parameters.add(Int32((min(max(page, 1), Self.maxHistory + 1) - 1) * size))
    }
}
