package import JSON
package import Primitives

/// What a conversation is made with (`PUT /v1/sessions/conversation/{id}`, or the first message of a customer).
package struct ConversationFacts: Sendable, Equatable {
    package var owner: String
    package var hasAdvisor: Bool
    package var participants: [String]
    package var title: String?
    /// What people talk about: an order's id.
    package var booking: String?

    package static let maxParticipants = 64
    package static let maxTitleCharacters = 120

    package init(
        owner: String, hasAdvisor: Bool = true, participants: [String] = [], title: String? = nil,
        booking: String? = nil
    ) {
        self.owner = owner
        self.hasAdvisor = hasAdvisor
        self.participants = participants
        self.title = title
        self.booking = booking
    }

    /// The owner first.
    package var members: [String] { [owner] + participants }

    /// Reads the body of the `PUT`. Unknown members are ignored.
    package init(json: JSONValue) throws(FaultReason) {
        guard let members = json.object else { throw .invalid("the facts are a JSON object") }
        guard let owner = members["owner"]?.string, Self.isSubject(owner) else {
            throw .invalid("owner is a subject: a string of 1 to 128 characters")
        }
        var hasAdvisor = true
        if let value = members["advisor"], !value.isNull {
            guard let flag = value.bool else { throw .invalid("advisor is true or false") }
            hasAdvisor = flag
        }
        var participants: [String] = []
        if let value = members["participants"], !value.isNull {
            guard let items = value.array, items.count <= Self.maxParticipants else {
                throw .invalid("participants is an array of at most \(Self.maxParticipants) subjects")
            }
            for item in items {
                guard let subject = item.string, Self.isSubject(subject) else {
                    throw .invalid("a participant is a string of 1 to 128 characters")
                }
                if subject != owner, !participants.contains(subject) { participants.append(subject) }
            }
        }
        var booking: String?
        if let value = members["booking"], !value.isNull {
            guard let id = value.string, SessionAddress.isValid(id: id) else {
                throw .invalid("booking is an order's id: 1 to \(SessionAddress.maxIDBytes) characters")
            }
            booking = id
        }
        self.init(
            owner: owner, hasAdvisor: hasAdvisor, participants: participants,
            title: try Self.title(members["title"], isRequired: false), booking: booking)
    }

    static func title(_ value: JSONValue?, isRequired: Bool) throws(FaultReason) -> String? {
        guard let value, !value.isNull else {
            if isRequired { throw .invalid("title is missing") }
            return nil
        }
        guard let title = value.string else { throw .invalid("title is a string") }
        guard (1...maxTitleCharacters).contains(title.count), title.utf8.count <= maxTitleCharacters * 16 else {
            throw .invalid("title has 1 to \(maxTitleCharacters) characters")
        }
        return title
    }

    private static func isSubject(_ text: String) -> Bool { (1...128).contains(text.utf8.count) }
}

/// A reply that has begun and not ended.
package struct OpenReply: Sendable, Equatable {
    package let reply: String
    package let model: String
    package let startedAt: Timestamp
    /// The reply whose place it takes, for a regeneration.
    package let replaces: String?
}

/// The committed state of a chat: a person with the advisor, or people with each other.
///
/// It keeps the newest messages only (`maxMessages`, `maxTextBytes`); the log keeps all.
package struct Conversation: SessionMachine {
    package typealias Event = ConversationEvent
    package typealias Effect = ConversationEffect
    package typealias Outcome = ConversationOutcome
    package typealias Live = ConversationLive
    package typealias Measurement = ConversationMeasurement

    package static let kind = SessionKind.conversation
    package static let checkpointFormat: Int16 = 1
    /// Messages kept in memory, and the bytes of their texts: what a snapshot and a model can need.
    package static let maxMessages = 200
    package static let maxTextBytes = 256 * 1024
    /// Messages shown in a snapshot.
    package static let snapshotMessages = 100
    /// User messages that may wait while a reply is open; the next one is refused as busy.
    package static let maxQueued = 8
    /// A message's text, in UTF-8 bytes.
    package static let maxMessageBytes = 16 * 1024
    package static let maxAttachments = 10
    package static let maxAttachmentBytes = 8 * 1024
    /// Read positions kept, one a person.
    package static let maxReads = 128

    package let id: String
    package let facts: ConversationFacts
    package let createdAt: Timestamp
    package private(set) var title: String?
    package private(set) var isArchived = false
    package private(set) var isDeleted = false
    package private(set) var messages: [Message] = []
    package private(set) var messageCount: Int64 = 0
    package private(set) var openReply: OpenReply?
    /// User messages that came while a reply was open and wait for the next one.
    package private(set) var queued: [String] = []
    package private(set) var profile = FinancialProfile()
    package private(set) var products: [ProductRecommendation] = []
    package private(set) var reads: [String: Int64] = [:]
    /// Of people with each other; with the advisor, nil.
    package private(set) var readership: Readership?
    /// The newest event.
    package private(set) var lastOffset: Int64 = 0

    package init(id: String, facts: ConversationFacts, createdAt: Timestamp) {
        self.id = id
        self.facts = facts
        self.createdAt = createdAt
        title = facts.title
        if !facts.hasAdvisor { readership = Readership(facts.members) }
    }

    package func isMember(_ subject: String) -> Bool { subject == facts.owner || facts.participants.contains(subject) }

    /// The reply that ended last, and how.
    package var lastReply: Message? { messages.last { $0.role == .assistant && !$0.isReplaced } }

    package mutating func apply(_ event: ConversationEvent, offset: Int64, at: Timestamp) {
        lastOffset = offset
        switch event {
        case .messageCreated(var message):
            message.offset = offset
            append(message)
            if message.role == .user, openReply != nil { queued.append(message.id) }
            readership?.wrote(message.author, at: offset)
        case .replyStarted(let reply, let model, let replaces):
            openReply = OpenReply(reply: reply, model: model, startedAt: at, replaces: replaces)
            queued.removeAll()
            if let replaces {
                for index in messages.indices where messages[index].reply == replaces {
                    messages[index].isReplaced = true
                }
            }
        case .replyCompleted(let reply, var message, _, _):
            message.offset = offset
            message.reply = reply
            append(message)
            close(reply)
        case .replyCancelled(let reply, let text, _): end(reply, .cancelled, text, offset, at)
        case .replyInterrupted(let reply, let text, _): end(reply, .interrupted, text, offset, at)
        case .replyFailed(let reply, _, _): end(reply, .failed, "", offset, at)
        case .profileUpdated(let profile): self.profile = profile
        case .productsRecommended(let products): self.products = products
        case .messageRead(let by, let offset, _):
            readership?.read(by, to: offset, at: at)
            if reads.count >= Self.maxReads, reads[by] == nil, let oldest = reads.min(by: { $0.value < $1.value }) {
                reads[oldest.key] = nil
            }
            reads[by] = offset
        case .renamed(let title): self.title = title
        case .archived: isArchived = true
        case .deleted: isDeleted = true
        }
    }

    package mutating func apply(_ measurement: ConversationMeasurement) {
        switch measurement {
        case .delivered(let subject, let offset): readership?.delivered(subject, to: offset)
        }
    }

    private mutating func end(
        _ reply: String, _ status: Message.Status, _ text: String, _ offset: Int64, _ at: Timestamp
    ) {
        append(
            Message(
                id: reply, role: .assistant, author: Advisor.author, text: text, at: at, offset: offset, status: status,
                reply: reply))
        close(reply)
    }

    private mutating func close(_ reply: String) {
        if openReply?.reply == reply { openReply = nil }
    }

    private mutating func append(_ message: Message) {
        messages.append(message)
        messageCount += 1
        var bytes = 0
        var kept = 0
        for message in messages.reversed() {
            bytes += message.text.utf8.count
            if kept == Self.maxMessages || (kept > 0 && bytes > Self.maxTextBytes) { break }
            kept += 1
        }
        messages.removeFirst(messages.count - kept)
    }

    // MARK: Forms

    package func snapshotState(for audience: Everyone) -> [UInt8] {
        var writer = JSONWriter(reserving: 4096)
        write(to: &writer, newest: Self.snapshotMessages, isCheckpoint: false)
        return writer.bytes
    }

    package func encode() -> [UInt8] {
        var writer = JSONWriter(reserving: 16 * 1024)
        write(to: &writer, newest: Self.maxMessages, isCheckpoint: true)
        return writer.bytes
    }

    /// A checkpoint is a snapshot with what only recovery needs.
    private func write(to writer: inout JSONWriter, newest: Int, isCheckpoint: Bool) {
        writer.beginObject()
        writer.member("id", .string(id))
        writer.member("owner", .string(facts.owner))
        writer.member("advisor", .bool(facts.hasAdvisor))
        writer.member("title", JSONValue(title))
        writer.member("status", .string(isDeleted ? "deleted" : isArchived ? "archived" : "active"))
        writer.member("participants", .array(facts.participants.map(JSONValue.string)))
        writer.member("createdAt", .string(createdAt.rfc3339))
        writer.name("messages")
        writer.beginArray()
        for message in messages.suffix(newest) { writer.value(message.stateForm) }
        writer.endArray()
        writer.member("messageCount", .integer(messageCount))
        writer.member("hasMore", .bool(messageCount > Int64(min(messages.count, newest))))
        writer.member("openReply", openReply?.json ?? .null)
        writer.member("queued", .integer(Int64(queued.count)))
        writer.member("profile", profile.json)
        writer.member("intent", .string(profile.intent.rawValue))
        writer.member("products", .array(products.map(\.json)))
        writer.name("reads")
        writer.beginObject()
        for (subject, offset) in reads.sorted(by: { $0.key < $1.key }) { writer.member(subject, .integer(offset)) }
        writer.endObject()
        if let readership {
            writer.member("booking", JSONValue(facts.booking))
            writer.member("people", isCheckpoint ? readership.checkpointForm : readership.stateForm)
        }
        if isCheckpoint {
            writer.member("initialTitle", JSONValue(facts.title))
            writer.member("createdAtMicros", .integer(createdAt.microseconds))
            writer.member("queuedMessages", .array(queued.map(JSONValue.string)))
            writer.member("lastOffset", .integer(lastOffset))
        }
        writer.endObject()
    }

    package init?(checkpoint: [UInt8], format: Int16) {
        guard format == Self.checkpointFormat, let json = Self.parse(checkpoint),
            let id = json["id"]?.string, let owner = json["owner"]?.string, let hasAdvisor = json["advisor"]?.bool,
            let participants = json["participants"]?.array, let created = json["createdAtMicros"]?.integer,
            let messages = json["messages"]?.array, let count = json["messageCount"]?.integer,
            let queued = json["queuedMessages"]?.array, let reads = json["reads"]?.object,
            let lastOffset = json["lastOffset"]?.integer,
            let profile = json["profile"].flatMap(FinancialProfile.init(json:))
        else { return nil }
        self.init(
            id: id,
            facts: ConversationFacts(
                owner: owner, hasAdvisor: hasAdvisor, participants: participants.compactMap(\.string),
                title: json["initialTitle"]?.string, booking: json["booking"]?.string),
            createdAt: Timestamp(microseconds: created))
        title = json["title"]?.string
        isArchived = json["status"]?.string == "archived"
        isDeleted = json["status"]?.string == "deleted"
        self.messages = messages.compactMap(Message.init(json:))
        messageCount = count
        if let open = json["openReply"], !open.isNull {
            guard let reply = OpenReply(json: open) else { return nil }
            openReply = reply
        }
        self.queued = queued.compactMap(\.string)
        self.profile = profile
        products = json["products"]?.array?.compactMap(ProductRecommendation.init(json:)) ?? []
        for member in reads.members { self.reads[member.name] = member.value.integer }
        self.lastOffset = lastOffset
        guard self.messages.count == messages.count else { return nil }
        if let known = json["people"] {
            guard !hasAdvisor, let readership = Readership(checkpoint: known, facts.members) else { return nil }
            self.readership = readership
        } else if !hasAdvisor {
            // Written before readers were counted: of what is kept, what each has read.
            for message in self.messages { readership?.wrote(message.author, at: message.offset) }
            for (subject, offset) in self.reads { readership?.read(subject, to: offset, at: createdAt) }
        }
    }

    private static func parse(_ bytes: [UInt8]) -> JSONValue? {
        do { return try JSONParser.parse(bytes) } catch { return nil }
    }
}

extension OpenReply {
    var json: JSONValue {
        var members: JSONObject = [
            "reply": .string(reply), "model": .string(model), "startedAt": .string(startedAt.rfc3339),
        ]
        if let replaces { members["replaces"] = .string(replaces) }
        return .object(members)
    }

    init?(json: JSONValue) {
        guard let reply = json["reply"]?.string, let model = json["model"]?.string,
            let startedAt = json["startedAt"]?.string.flatMap({ Timestamp(rfc3339: $0) })
        else { return nil }
        self.init(reply: reply, model: model, startedAt: startedAt, replaces: json["replaces"]?.string)
    }
}
