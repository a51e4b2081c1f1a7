/// One line of a person's conversation list.
package struct ConversationSummary: Sendable, Equatable {
    package let id: String
    package let row: ConversationRow
    package init(id: String, row: ConversationRow) {
        self.id = id
        self.row = row
    }
}

package struct ConversationQuery: Sendable, Equatable {
    package var tenant: String
    /// Owner or participant.
    package var subject: String
    /// Found in the title or in any message, without regard to case; nil lists all.
    package var text: String?
    /// nil: both.
    package var isArchived: Bool?
    /// Opaque position behind the last item of the page before.
    package var cursor: String?
    /// 1…100.
    package var limit: Int

    package init(tenant: String, subject: String, text: String?, isArchived: Bool?, cursor: String?, limit: Int) {
        self.tenant = tenant
        self.subject = subject
        self.text = text
        self.isArchived = isArchived
        self.cursor = cursor
        self.limit = limit
    }
}

/// Which page of a list that is counted.
package struct PageNumber: Sendable, Equatable {
    /// A list ends here: what is older is not listed, nor counted.
    package static let maxHistory = 10_000
    package static let maxSize = 100

    /// From 1.
    package var page: Int
    /// 1…`maxSize`.
    package var size: Int

    package init(page: Int, size: Int) {
        self.page = page
        self.size = size
    }
}

/// A page of a person's conversations by its number, the newest activity first.
package struct ConversationPageQuery: Sendable, Equatable {
    package var tenant: String
    /// Owner or participant.
    package var subject: String
    /// Found in the title or in any message, without regard to case; nil lists all.
    package var text: String?
    /// 1, 2, 3 …
    package var page: Int
    /// 1…100.
    package var size: Int

    package init(tenant: String, subject: String, text: String?, page: Int, size: Int) {
        self.tenant = tenant
        self.subject = subject
        self.text = text
        self.page = page
        self.size = size
    }
}

/// One line of such a page.
package struct ConversationEntry: Sendable, Equatable {
    package let summary: ConversationSummary
    /// The start of the first message, at most 120 characters: what stands for a title that nobody gave.
    package let opening: String?

    package init(summary: ConversationSummary, opening: String?) {
        self.summary = summary
        self.opening = opening
    }
}

/// A page of a list that is counted.
package struct CountedPage<Item: Sendable>: Sendable {
    package let items: [Item]
    /// Of the whole list, at most `PageNumber.maxHistory`.
    package let total: Int

    package init(items: [Item], total: Int) {
        self.items = items
        self.total = total
    }
}

package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    /// nil on the last page.
    package let nextCursor: String?
    package init(items: [Item], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }
}

/// Reads what the journal projects. One instance a loop, like `Journal`.
package protocol ConversationDirectory: AnyObject, Sendable {
    /// Newest activity first.
    func conversations(
        _ query: ConversationQuery, _ completion: @escaping (Result<Page<ConversationSummary>, StoreFailure>) -> Void)

    /// A conversation's messages, newest first; `before` is the offset to page from (exclusive).
    func messages(
        tenant: String, conversation: String, before: Int64?, limit: Int,
        _ completion: @escaping (Result<Page<MessageRow>, StoreFailure>) -> Void)

    /// Chats of people that the subject is one of; newest activity first.
    func chats(
        tenant: String, subject: String, _ page: PageNumber,
        _ completion: @escaping (Result<CountedPage<ConversationSummary>, StoreFailure>) -> Void)

    /// A conversation's messages, newest first.
    func messages(
        tenant: String, conversation: String, _ page: PageNumber,
        _ completion: @escaping (Result<CountedPage<MessageRow>, StoreFailure>) -> Void)

    func conversationPage(
        _ query: ConversationPageQuery,
        _ completion: @escaping @Sendable (Result<CountedPage<ConversationEntry>, StoreFailure>) -> Void)

    /// A page of a conversation's messages, the oldest first.
    func messagePage(
        tenant: String, conversation: String, page: Int, size: Int,
        _ completion: @escaping @Sendable (Result<CountedPage<MessageRow>, StoreFailure>) -> Void)
}
