package import JSON
internal import Primitives

/// Where a feed's values come from, when nobody publishes them.
package enum FeedSourceKind: String, Sendable, CaseIterable {
    /// What the gold traders announce.
    case gold
}

/// Who may read a feed.
package enum FeedReaders: Sendable, Equatable {
    /// Every caller of the tenant, but for those with a link.
    case everyone
    case roles(Set<Role>)
}

/// What a feed's session is made with (`PUT /v1/sessions/feed/{id}`).
package struct FeedFacts: Sendable, Equatable {
    /// What people call it.
    package var title: String?
    /// nil: values are published by command.
    package var source: FeedSourceKind?
    /// Who publishes, and decides about what is held.
    package var publishers: Set<Role>
    /// Besides those who serve the tenant.
    package var readers: FeedReaders
    /// Values that are kept and shown, the latest included.
    package var historyLength: Int

    package static let maxTitleCharacters = 120
    package static let defaultHistoryLength = 100
    package static let maxHistoryLength = 1_000
    /// The roles that can be let publish.
    package static let publishingRoles: Set<Role> = [.service, .staff, .admin]
    /// The `{id}` of a tenant's gold price. No other feed has it, and the gold price no other one: a tenant asks the source once.
    package static let goldID = "gold"

    package init(
        title: String? = nil, source: FeedSourceKind? = nil, publishers: Set<Role> = FeedFacts.publishingRoles,
        readers: FeedReaders = .everyone, historyLength: Int = FeedFacts.defaultHistoryLength
    ) {
        self.title = title
        self.source = source
        self.publishers = publishers
        self.readers = readers
        self.historyLength = historyLength
    }

    /// The gold price as a server makes it for a tenant.
    package static let gold = FeedFacts(title: "ราคาทองคำ", source: .gold)
}

extension FeedFacts {
    /// Reads the body of the `PUT`. Unknown members are ignored.
    package init(json: JSONValue) throws(FaultReason) {
        self.init()
        if let value = json["title"], !value.isNull {
            guard let text = value.string, (1...Self.maxTitleCharacters).contains(text.count) else {
                throw .invalid("title has 1 to \(Self.maxTitleCharacters) characters")
            }
            title = text
        }
        if let value = json["source"], !value.isNull {
            guard let source = value.string.flatMap(FeedSourceKind.init(rawValue:)) else {
                throw .invalid("source is 'gold', or missing")
            }
            self.source = source
        }
        if let value = json["publish"], !value.isNull {
            guard let roles = Self.roles(value), !roles.isEmpty, roles.isSubset(of: Self.publishingRoles) else {
                throw .invalid("publish is a list of the roles that may: service, staff, admin")
            }
            publishers = roles
        }
        if let value = json["read"], !value.isNull {
            guard let readers = FeedReaders(json: value) else {
                throw .invalid("read is 'public' or a list of roles")
            }
            self.readers = readers
        }
        if let value = json["history"], !value.isNull {
            guard let count = value.integer, (1...Int64(Self.maxHistoryLength)).contains(count) else {
                throw .invalid("history is a number from 1 to \(Self.maxHistoryLength)")
            }
            historyLength = Int(count)
        }
    }

    /// What the facts must be for a feed of this id.
    package func check(id: String) throws(FaultReason) {
        guard (id == Self.goldID) == (source == .gold) else {
            throw .invalid("the gold price is the feed '\(Self.goldID)', and no other")
        }
    }

    fileprivate static func roles(_ json: JSONValue) -> Set<Role>? {
        guard let names = json.array, names.count <= Role.allCases.count else { return nil }
        let roles = names.compactMap { $0.string.flatMap(Role.init(rawValue:)) }
        return roles.count == names.count ? Set(roles) : nil
    }

    fileprivate static func json(_ roles: Set<Role>) -> JSONValue {
        .array(roles.map(\.rawValue).sorted().map(JSONValue.string))
    }
}

extension FeedReaders {
    var json: JSONValue {
        switch self {
        case .everyone: "public"
        case .roles(let roles): FeedFacts.json(roles)
        }
    }

    init?(json: JSONValue) {
        if json.string == "public" {
            self = .everyone
        } else if let roles = FeedFacts.roles(json), !roles.isEmpty {
            self = .roles(roles)
        } else {
            return nil
        }
    }
}

extension FeedFacts: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = [:]
        object["title"] = title.map(JSONValue.string)
        object["source"] = source.map { .string($0.rawValue) }
        object["publish"] = Self.json(publishers)
        object["read"] = readers.json
        object["history"] = .integer(Int64(historyLength))
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        do throws(FaultReason) { try self.init(json: fields.json) } catch {
            throw JSONFieldFailure(field: "facts")
        }
    }
}
