package import JSON
package import Primitives

/// The JSON text of every frame that the server sends, as bytes ready to be shared by all who get it.
package enum ServerFrame {
    package struct Limits: Equatable, Sendable {
        package var maxFrameBytes: Int64
        package var maxSubscriptions: Int64
        package var commandsPerSecond: Int64

        package init(maxFrameBytes: Int64, maxSubscriptions: Int64, commandsPerSecond: Int64) {
            self.maxFrameBytes = maxFrameBytes
            self.maxSubscriptions = maxSubscriptions
            self.commandsPerSecond = commandsPerSecond
        }
    }

    package struct Welcome: Sendable {
        package var connection: String
        package var tenant: String
        package var subject: String
        package var role: String
        package var expires: Timestamp
        package var time: Timestamp
        package var heartbeatSeconds: Int64
        package var limits: Limits
        package var build: String

        package init(
            connection: String, tenant: String, subject: String, role: String, expires: Timestamp, time: Timestamp,
            heartbeatSeconds: Int64, limits: Limits, build: String
        ) {
            self.connection = connection
            self.tenant = tenant
            self.subject = subject
            self.role = role
            self.expires = expires
            self.time = time
            self.heartbeatSeconds = heartbeatSeconds
            self.limits = limits
            self.build = build
        }
    }

    package static func welcome(_ welcome: Welcome) -> [UInt8] {
        frame("welcome") { writer in
            writer.member("connection", .string(welcome.connection))
            writer.member("tenant", .string(welcome.tenant))
            writer.member("subject", .string(welcome.subject))
            writer.member("role", .string(welcome.role))
            writer.member("expires", .string(welcome.expires.rfc3339))
            writer.member("time", .string(welcome.time.rfc3339))
            writer.member("heartbeatSeconds", .integer(welcome.heartbeatSeconds))
            writer.name("limits")
            writer.beginObject()
            writer.member("maxFrameBytes", .integer(welcome.limits.maxFrameBytes))
            writer.member("maxSubscriptions", .integer(welcome.limits.maxSubscriptions))
            writer.member("commandsPerSecond", .integer(welcome.limits.commandsPerSecond))
            writer.endObject()
            writer.member("build", .string(welcome.build))
        }
    }

    /// What the answer to `subscribe` found.
    package enum SubscribeOutcome: Equatable, Sendable {
        case snapshot
        case resumed
        /// The client's position could not be served: the offsets in `lost` are missing, and why.
        case reset(lost: ClosedRange<Int64>?, why: ResetCause)
    }

    package enum ResetCause: String, Sendable {
        case retention, epoch, rights
    }

    package static func subscribed(
        id: Int64?, session: String, outcome: SubscribeOutcome, position: StreamPosition
    ) -> [UInt8] {
        frame("subscribed") { writer in
            write(id: id, to: &writer)
            writer.member("session", .string(session))
            switch outcome {
            case .snapshot: writer.member("outcome", "snapshot")
            case .resumed: writer.member("outcome", "resumed")
            case .reset(let lost, let why):
                writer.member("outcome", "reset")
                if let lost {
                    writer.name("lost")
                    writer.beginObject()
                    writer.member("from", .integer(lost.lowerBound))
                    writer.member("to", .integer(lost.upperBound))
                    writer.endObject()
                } else {
                    writer.member("lost", .null)
                }
                writer.member("why", .string(why.rawValue))
            }
            writer.member("epoch", .string(position.epoch))
            writer.member("offset", .integer(position.offset))
        }
    }

    /// `state` is JSON text.
    package static func snapshot(session: String, position: StreamPosition, state: [UInt8]) -> [UInt8] {
        frame("snapshot", reserving: state.count + 256) { writer in
            writer.member("session", .string(session))
            writer.member("epoch", .string(position.epoch))
            writer.member("offset", .integer(position.offset))
            writer.name("state")
            writer.raw(state)
        }
    }

    /// `data` is JSON text, spliced as it stands in the log.
    package static func event(
        session: String, offset: Int64, name: String, at: Timestamp, data: [UInt8], isReplay: Bool
    ) -> [UInt8] {
        frame("event", reserving: data.count + 256) { writer in
            writer.member("session", .string(session))
            writer.member("offset", .integer(offset))
            writer.member("name", .string(name))
            writer.member("at", .string(at.rfc3339))
            if isReplay { writer.member("replay", true) }
            writer.name("data")
            writer.raw(data)
        }
    }

    /// `at`: UTF-16 code units of the reply before `text`.
    package static func delta(session: String, reply: String, at: Int64, text: String) -> [UInt8] {
        frame("delta") { writer in
            writer.member("session", .string(session))
            writer.member("reply", .string(reply))
            writer.member("at", .integer(at))
            writer.member("text", .string(text))
        }
    }

    /// The newest state of something that changes too often for the log; `asOf` by the server's clock.
    package static func value(session: String, name: String, asOf: Timestamp, data: JSONValue) -> [UInt8] {
        frame("value") { writer in
            writer.member("session", .string(session))
            writer.member("name", .string(name))
            writer.member("asOf", .string(asOf.rfc3339))
            writer.member("data", data)
        }
    }

    package static func signal(session: String, name: String, from: String, data: JSONValue) -> [UInt8] {
        frame("signal") { writer in
            writer.member("session", .string(session))
            writer.member("name", .string(name))
            writer.member("from", .string(from))
            writer.member("data", data)
        }
    }

    /// `data` is JSON text; `session` is not part of the frame.
    package static func ok(id: Int64?, offset: Int64, data: [UInt8]) -> [UInt8] {
        frame("ok", reserving: data.count + 64) { writer in
            write(id: id, to: &writer)
            writer.member("offset", .integer(offset))
            writer.name("data")
            writer.raw(data)
        }
    }

    /// `ok` to a request that writes nothing (`unsubscribe`, `refresh`).
    package static func ok(id: Int64?) -> [UInt8] {
        frame("ok") { writer in
            write(id: id, to: &writer)
            writer.member("data", .object(JSONObject()))
        }
    }

    package static func fault(id: Int64?, _ fault: Fault, session: String? = nil) -> [UInt8] {
        frame("fault") { writer in
            write(id: id, to: &writer)
            if let session { writer.member("session", .string(session)) }
            fault.write(into: &writer)
        }
    }

    package enum UnsubscribeCause: String, Sendable {
        case requested, rights, deleted, moved, unavailable
    }

    package static func unsubscribed(session: String, why: UnsubscribeCause) -> [UInt8] {
        frame("unsubscribed") { writer in
            writer.member("session", .string(session))
            writer.member("why", .string(why.rawValue))
        }
    }

    package static func expiring(seconds: Int64) -> [UInt8] {
        frame("expiring") { $0.member("seconds", .integer(seconds)) }
    }

    package static func goaway(why: String, reconnectAfter: Duration, deadline: Duration) -> [UInt8] {
        frame("goaway") { writer in
            writer.member("why", .string(why))
            writer.member("reconnectAfterMs", .integer(reconnectAfter.wholeMillisecondsRoundedUp))
            writer.member("deadlineMs", .integer(deadline.wholeMillisecondsRoundedUp))
        }
    }

    package static func pong(n: JSONValue) -> [UInt8] {
        frame("pong") { $0.member("n", n) }
    }

    /// The same; `n` is JSON text as a writer makes it, nil for null. The bytes are valid during the call, and take no memory
    /// unless `n` is long.
    package static func withPong(n: UnsafeRawBufferPointer?, _ use: (UnsafeRawBufferPointer) -> Void) {
        let before: StaticString = #"{"type":"pong","n":"#
        let null: StaticString = "null"
        null.withUTF8Buffer { null in
            let n = n ?? UnsafeRawBufferPointer(null)
            let count = before.utf8CodeUnitCount + n.count + 1
            withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { room in
                before.withUTF8Buffer { room.copyMemory(from: UnsafeRawBufferPointer($0)) }
                UnsafeMutableRawBufferPointer(rebasing: room[before.utf8CodeUnitCount...]).copyMemory(from: n)
                room[count - 1] = 0x7D
                use(UnsafeRawBufferPointer(room))
            }
        }
    }

    private static func frame(
        _ type: StaticString, reserving: Int = 256, _ members: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(reserving: reserving)
        writer.beginObject()
        writer.name("type")
        writer.string(type.description)
        members(&writer)
        writer.endObject()
        return writer.bytes
    }

    private static func write(id: Int64?, to writer: inout JSONWriter) {
        guard let id else { return }
        writer.name("id")
        writer.integer(id)
    }
}
