package import JSON
internal import Primitives

extension Feed {
    // MARK: Snapshots

    package func snapshotState(for audience: FeedAudience) -> [UInt8] { state(for: audience).bytes }

    /// The feed as an audience sees it (`Protocol/schemas/feed-state.schema.json`).
    package func state(for audience: FeedAudience) -> JSONValue {
        var object: JSONObject = ["id": .string(id)]
        object["title"] = facts.title.map(JSONValue.string)
        object["source"] = facts.source.map { .string($0.rawValue) }
        object["createdAt"] = .string(createdAt.rfc3339)
        object["updatedAt"] = .string(updatedAt.rfc3339)
        object["latest"] = latest?.json
        object["history"] = .array(history.map(\.json))
        object["held"] = held.map { $0.json(for: audience) }
        object["check"] = check?.json
        return .object(object)
    }

    // MARK: Checkpoints

    package func encode() -> [UInt8] {
        var object: JSONObject = ["facts": facts.json, "id": .string(id)]
        object["createdAt"] = .string(createdAt.rfc3339)
        object["updatedAt"] = .string(updatedAt.rfc3339)
        object["history"] = .array(history.map(\.json))
        object["held"] = held.map { $0.json(for: .keeper) }
        object["rejected"] = rejected?.json
        object["check"] = check?.json
        object["lastOffset"] = .integer(lastOffset)
        return JSONValue.object(object).bytes
    }

    package init?(checkpoint: [UInt8], format: Int16) {
        guard format == Self.checkpointFormat else { return nil }
        do {
            self = try Feed(checkpoint: JSONFields(JSONParser.parse(checkpoint)))
        } catch {
            return nil
        }
    }

    private init(checkpoint fields: JSONFields) throws(JSONFieldFailure) {
        self.init(id: try fields.string("id"), facts: try fields.part("facts"), createdAt: try fields.time("createdAt"))
        for entry: Entry in try fields.parts("history") { keep(entry) }
        held = try fields.part(ifPresent: "held")
        rejected = try fields.part(ifPresent: "rejected")
        check = try fields.part(ifPresent: "check")
        updatedAt = try fields.time("updatedAt")
        lastOffset = try fields.integer("lastOffset")
    }
}

extension Feed.Entry: JSONWritable, JSONReadable {
    package var object: JSONObject {
        ["value": .object(value), "at": .string(at.rfc3339), "offset": .integer(offset)]
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        guard let value = try fields.value("value").object else { throw JSONFieldFailure(field: "value") }
        self.init(value: value, at: try fields.time("at"), offset: try fields.integer("offset"))
    }
}

extension Feed.Held: JSONReadable {
    /// Who only reads the feed is told that something waits, and since when.
    func json(for audience: FeedAudience) -> JSONValue {
        var object: JSONObject = ["offset": .integer(offset), "since": .string(since.rfc3339)]
        if audience == .keeper {
            object["value"] = price.json
            object["reason"] = .string(reason.rawValue)
        }
        return .object(object)
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            offset: try fields.integer("offset"), price: try fields.part("value"), reason: try fields.choice("reason"),
            since: try fields.time("since"))
    }
}
