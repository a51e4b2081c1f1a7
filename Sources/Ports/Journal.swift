package import Domain
package import JSON
package import Primitives

/// One event as the log keeps it: `data` is the JSON text that goes out in the frame, byte for byte.
package struct LogRecord: Sendable, Equatable {
    /// 1, 2, 3 … without gaps within a stream.
    package let offset: Int64
    package let name: String
    package let at: Timestamp
    package let data: [UInt8]

    package init(offset: Int64, name: String, at: Timestamp, data: [UInt8]) {
        self.offset = offset
        self.name = name
        self.at = at
        self.data = data
    }

    /// The same record, showing something else.
    package func with(_ data: JSONValue) -> LogRecord {
        LogRecord(offset: offset, name: name, at: at, data: data.bytes)
    }
}

/// A session's log: the row that holds it, and the epoch that clients see (a new one: history was lost).
package struct StreamIdentity: Sendable, Hashable {
    package let id: Int64
    package let epoch: String

    package init(id: Int64, epoch: String) {
        self.id = id
        self.epoch = epoch
    }
}

/// The first answer to a command with an idempotency key, kept with the command's effect.
package struct StoredAnswer: Sendable, Equatable {
    package let key: String
    /// SHA-256 or any other stable digest of the command, at most 32 bytes: tells the same command from another one.
    package let fingerprint: [UInt8]
    /// Where the command's last event stands.
    package let offset: Int64
    /// The `data` of the `ok` frame: JSON text.
    package let body: [UInt8]

    package init(key: String, fingerprint: [UInt8], offset: Int64, body: [UInt8]) {
        self.key = key
        self.fingerprint = fingerprint
        self.offset = offset
        self.body = body
    }
}

/// A change to a table that people query or that recovery reads, made in the transaction of the records beside it.
package enum StoredChange: Sendable, Equatable {
    /// Inserts or replaces the conversation's row.
    case conversation(ConversationRow)
    /// Adds a message to what is searched and paged.
    case message(MessageRow)
    /// Inserts the open reply, or replaces the text that it has so far.
    case openReply(OpenReplyRow)
    case closeReply(reply: String)
    case usage(UsageRow)
    /// Inserts or replaces the slip's row.
    case slip(SlipRow)
    /// Inserts or replaces the payment's row.
    case payment(PaymentRow)
    /// Inserts or replaces the order's row.
    case order(OrderRow)
    /// Adds a published gold price.
    case goldPrice(GoldPriceRow)
    /// Adds an entry to the ledger. One that would take a wallet below zero makes the whole journal entry fail as a conflict.
    case posting(LedgerPosting)
    /// Puts a letter into the outbox.
    case letter(LetterRow)
    /// Whether the session has work to take up again after a restart, besides an open reply.
    case unfinished(Bool)
    /// Adds a line to the tenant's activity log, which stays when the session is erased.
    case activity(ActivityRow)
    /// Replaces the older of the stream's two checkpoints.
    case checkpoint(CheckpointRow)
    /// Removes the session from every table. What stays is a tombstone that holds a digest of the address, `offset`
    /// and a digest of the key: enough to answer a repeated command, nothing about the content.
    case erase(offset: Int64, key: String?)
}

package struct ConversationRow: Sendable, Equatable {
    package var owner: String
    package var participants: [String]
    package var title: String?
    package var isArchived: Bool
    package var createdAt: Timestamp
    package var lastMessageAt: Timestamp?
    /// The start of the newest message, at most 120 characters, for lists.
    package var preview: String?
    package var messageCount: Int64
    /// nil: with the advisor.
    package var people: PeopleRow?

    package init(
        owner: String, participants: [String], title: String?, isArchived: Bool, createdAt: Timestamp,
        lastMessageAt: Timestamp?, preview: String?, messageCount: Int64, people: PeopleRow? = nil
    ) {
        self.owner = owner
        self.participants = participants
        self.title = title
        self.isArchived = isArchived
        self.createdAt = createdAt
        self.lastMessageAt = lastMessageAt
        self.preview = preview
        self.messageCount = messageCount
        self.people = people
    }
}

/// What a chat of people has besides.
package struct PeopleRow: Sendable, Equatable {
    /// The newest message.
    package struct Last: Sendable, Equatable {
        package let author: String
        /// `text`, `image` or `file`.
        package let kind: String
        package let offset: Int64

        package init(author: String, kind: String, offset: Int64) {
            self.author = author
            self.kind = kind
            self.offset = offset
        }
    }

    /// How far somebody has read, and how many messages of others stand behind that.
    package struct Reader: Sendable, Equatable {
        package let subject: String
        package let read: Int64
        package let unread: Int64

        package init(subject: String, read: Int64, unread: Int64) {
            self.subject = subject
            self.read = read
            self.unread = unread
        }
    }

    /// The order that they talk about.
    package var booking: String?
    package var last: Last?
    /// The owner first; never empty.
    package var readers: [Reader]

    package init(booking: String?, last: Last?, readers: [Reader]) {
        self.booking = booking
        self.last = last
        self.readers = readers
    }
}

package struct MessageRow: Sendable, Equatable {
    package let id: String
    package let offset: Int64
    package let role: String
    package let author: String
    package let text: String
    package let at: Timestamp
    /// A JSON array.
    package let attachments: JSONValue?

    package init(
        id: String, offset: Int64, role: String, author: String, text: String, at: Timestamp,
        attachments: JSONValue? = nil
    ) {
        self.id = id
        self.offset = offset
        self.role = role
        self.author = author
        self.text = text
        self.at = at
        self.attachments = attachments
    }
}

package struct OpenReplyRow: Sendable, Equatable {
    package let reply: String
    package let text: String

    package init(reply: String, text: String) {
        self.reply = reply
        self.text = text
    }
}

/// What one reply cost, also when it was cancelled or failed.
package struct UsageRow: Sendable, Equatable {
    package let reply: String
    package let provider: String
    package let model: String
    package let inputTokens: Int64
    package let outputTokens: Int64
    /// `completed`, `cancelled`, `interrupted` or `failed`.
    package let outcome: String
    package let at: Timestamp

    package init(
        reply: String, provider: String, model: String, inputTokens: Int64, outputTokens: Int64, outcome: String,
        at: Timestamp
    ) {
        self.reply = reply
        self.provider = provider
        self.model = model
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.outcome = outcome
        self.at = at
    }
}

/// A session's state at `offset`: opaque bytes in a numbered format.
package struct CheckpointRow: Sendable, Equatable {
    package let offset: Int64
    package let format: Int16
    package let state: [UInt8]

    package init(offset: Int64, format: Int16, state: [UInt8]) {
        self.offset = offset
        self.format = format
        self.state = state
    }
}

/// What is written together or not at all, for one session.
package struct JournalEntry: Sendable, Equatable {
    package let address: SessionAddress
    package let stream: StreamIdentity
    /// True for the first entry of a stream: it also creates the session's row.
    package let createsStream: Bool
    /// Consecutive offsets; may be empty (a checkpoint, an answer without an event).
    package let records: [LogRecord]
    package let answer: StoredAnswer?
    package let changes: [StoredChange]

    package init(
        address: SessionAddress, stream: StreamIdentity, createsStream: Bool, records: [LogRecord],
        answer: StoredAnswer?, changes: [StoredChange]
    ) {
        self.address = address
        self.stream = stream
        self.createsStream = createsStream
        self.records = records
        self.answer = answer
        self.changes = changes
    }
}

/// Why the store did not do it.
package enum StoreFailure: Error, Sendable, Equatable {
    /// No connection, a restart, a full disk, a deadline: nothing was written; the same may succeed later.
    case unavailable
    /// It may or may not have been written, and could not be found out in time: forget the state in memory, load again.
    case unknown
    /// The writer's queue is full: nothing was written.
    case overloaded
    /// Another entry holds that offset or that idempotency key: nothing was written; load the session anew.
    case conflict
    /// Another process owns the session now: this one must stop writing and let the session go.
    case fenced
    /// What was read is not what this release writes.
    case corrupt
}

/// What is stored of a session that is asked for.
package enum LoadedSession: Sendable, Equatable {
    /// Nothing; `identity` is reserved for it if it is created now.
    case absent(identity: StreamIdentity)
    /// It was deleted. `offset` is where the deletion stood; `keyDigest` the SHA-256 of the deleting command's key.
    case erased(offset: Int64, keyDigest: [UInt8]?)
    case present(StoredSession)
}

package struct StoredSession: Sendable, Equatable {
    package let stream: StreamIdentity
    package let checkpoint: CheckpointRow?
    /// Every record after the checkpoint, in order.
    package let tail: [LogRecord]
    /// The newest answers (at most `Journal.loadedAnswers`), newest first.
    package let answers: [StoredAnswer]
    /// The reply that was open when the session was last written, with the text checkpointed so far.
    package let openReply: OpenReplyRow?

    package init(
        stream: StreamIdentity, checkpoint: CheckpointRow?, tail: [LogRecord], answers: [StoredAnswer],
        openReply: OpenReplyRow?
    ) {
        self.stream = stream
        self.checkpoint = checkpoint
        self.tail = tail
        self.answers = answers
        self.openReply = openReply
    }
}

/// Where sessions are kept. One instance a loop; confined to it; every completion runs on it, in a later turn.
package protocol Journal: AnyObject, Sendable {
    /// Writes the entry. Completions come in the order of the calls for one session, except that an entry which fails
    /// takes every later queued entry of that session with it (same failure): they were decided on a state that never was.
    /// `nil` means durable: committed by PostgreSQL with `synchronous_commit` on.
    /// An ambiguous commit is settled before the completion runs; it never reaches the caller.
    func append(_ entry: JournalEntry, _ completion: @escaping (StoreFailure?) -> Void)

    func load(_ address: SessionAddress, _ completion: @escaping (Result<LoadedSession, StoreFailure>) -> Void)

    /// Records with offsets above `offset`, oldest first, at most `limit`.
    func records(
        of stream: StreamIdentity, after offset: Int64, limit: Int,
        _ completion: @escaping (Result<[LogRecord], StoreFailure>) -> Void)

    /// The stored answer of one key; nil when the key was never used.
    func answer(
        of stream: StreamIdentity, key: String, _ completion: @escaping (Result<StoredAnswer?, StoreFailure>) -> Void)

    /// Letters that are not delivered, in the order of their places, of all sessions; at most `limit`.
    func letters(
        after place: LetterPlace?, limit: Int, _ completion: @escaping (Result<LetterPage, StoreFailure>) -> Void)

    /// Takes delivered letters out of the outbox; those that are not there are no failure.
    func removeLetters(_ places: [LetterPlace], _ completion: @escaping (StoreFailure?) -> Void)

    /// Sessions that had an open reply, or other unfinished work, when they were last written: the restart takes it up. At most
    /// `limit`.
    func unfinishedSessions(
        limit: Int, _ completion: @escaping (Result<[SessionAddress], StoreFailure>) -> Void)
}

/// How many stored answers an activation reads at most.
package let loadedAnswerLimit = 256
