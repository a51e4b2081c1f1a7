package import JSON
internal import Primitives

extension LineAccount {
    package func snapshotState(for audience: Everyone) -> [UInt8] {
        var writer = JSONWriter(reserving: 16 * 1024)
        write(to: &writer, newest: Self.snapshotSlips, isCheckpoint: false)
        return writer.bytes
    }

    package func encode() -> [UInt8] {
        var writer = JSONWriter(reserving: 64 * 1024)
        write(to: &writer, newest: .max, isCheckpoint: true)
        return writer.bytes
    }

    /// A checkpoint is a snapshot with what only recovery needs.
    private func write(to writer: inout JSONWriter, newest: Int, isCheckpoint: Bool) {
        let ordered = ordered
        let inFlight = ordered.filter { !$0.slip.status.isTerminal }
        writer.beginObject()
        writer.member("id", .string(id))
        writer.member("name", .string(facts.name))
        writer.member("createdAt", .string(createdAt.rfc3339))
        Self.write("slips", inFlight.suffix(newest), to: &writer)
        writer.member("hasMore", .bool(inFlight.count > newest))
        writer.member("inFlight", .integer(Int64(inFlight.count)))
        writer.member("inReview", .integer(Int64(inFlight.count { $0.slip.status == .review })))
        Self.write("ended", ordered.filter(\.slip.status.isTerminal).suffix(newest), to: &writer)
        writer.member("today", today.json)
        writer.member("quotas", .array(quotas.values.sorted { $0.name < $1.name }.map(\.json)))
        writer.member("admin", admin.json)
        if isCheckpoint {
            writer.member("finished", .array(finished.map(JSONValue.string)))
            writer.member("lastOffset", .integer(lastOffset))
            writer.name("memory")
            writer.beginArray()
            for entry in memory.remembered {
                writer.beginArray()
                writer.string(entry.id)
                writer.integer(entry.at.microseconds)
                writer.endArray()
            }
            writer.endArray()
            writer.member("forgottenUntil", JSONValue(memory.forgottenUntil?.microseconds))
        }
        writer.endObject()
    }

    private static func write(_ name: StaticString, _ entries: some Sequence<Entry>, to writer: inout JSONWriter) {
        writer.name(name)
        writer.beginArray()
        for entry in entries { writer.value(entry.json) }
        writer.endArray()
    }

    package init?(checkpoint: [UInt8], format: Int16) {
        guard format == Self.checkpointFormat else { return nil }
        do {
            self = try LineAccount(checkpoint: JSONFields(JSONParser.parse(checkpoint)))
        } catch {
            return nil
        }
    }

    private init(checkpoint fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            id: try fields.string("id"), facts: LineAccountFacts(name: try fields.string("name")),
            createdAt: try fields.time("createdAt"))
        for entry in try fields.parts("slips", Entry.self) + fields.parts("ended", Entry.self) {
            entries[entry.slip.transaction] = entry
        }
        openCount = entries.values.count { !$0.slip.status.isTerminal }
        finished = try fields.strings("finished")
        today = try fields.part("today")
        for report in try fields.parts("quotas", QuotaReport.self) { quotas[report.name] = report }
        admin = try fields.part("admin")
        lastOffset = try fields.integer("lastOffset")
        var remembered: [EventMemory.Entry] = []
        guard let items = try fields.value("memory").array else { throw JSONFieldFailure(field: "memory") }
        for item in items {
            guard let id = item[0]?.string, let at = item[1]?.integer else { throw JSONFieldFailure(field: "memory") }
            remembered.append(EventMemory.Entry(id: id, at: Timestamp(microseconds: at)))
        }
        memory = EventMemory(
            remembered,
            forgottenUntil: try fields.integer(ifPresent: "forgottenUntil").map { Timestamp(microseconds: $0) })
    }
}

extension LineAccount.Entry: JSONWritable, JSONReadable {
    /// The slip's members, and what was told of it.
    package var object: JSONObject {
        var object = slip.object
        object["offset"] = .integer(offset)
        object["receivedAt"] = .string(receivedAt.rfc3339)
        object["notices"] = ["receipt": receipt.json, "result": result.json]
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        let notices = try JSONFields(try fields.value("notices"), as: "notices")
        self.init(
            slip: try Slip(fields: fields), offset: try fields.integer("offset"),
            receivedAt: try fields.time("receivedAt"), receipt: try notices.part("receipt"),
            result: try notices.part("result"))
    }
}

extension AdminSession: JSONWritable, JSONReadable {
    package var object: JSONObject {
        switch self {
        case .active(let username):
            var object: JSONObject = ["status": "ACTIVE"]
            object["username"] = username.map(JSONValue.string)
            return object
        case .expired(let since): return ["status": "EXPIRED", "since": .string(since.rfc3339)]
        }
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        switch try fields.string("status") {
        case "ACTIVE": self = .active(username: try fields.string(ifPresent: "username"))
        case "EXPIRED": self = .expired(since: try fields.time("since"))
        default: throw JSONFieldFailure(field: "status")
        }
    }
}
