package import JSON

/// Where a client stands in a session's log.
package struct StreamPosition: Equatable, Sendable {
    package let epoch: String
    package var offset: Int64

    package init(epoch: String, offset: Int64) {
        self.epoch = epoch
        self.offset = offset
    }
}

/// How much of a session a subscription wants.
package enum DeliveryMode: String, Sendable {
    /// Every event, in order, none missing.
    case all
    /// Only the newest value of each kind, conflated.
    case latest
}

package struct SubscribeRequest: Equatable, Sendable {
    package let id: Int64?
    /// `kind/id`.
    package let session: String
    package let from: StreamPosition?
    package let mode: DeliveryMode
    /// Frames a second at most in mode `latest`.
    package let maxHz: Double

    package static let defaultMaxHz = 1.0
    package static let maxHzBounds = 0.1...10.0

    package init(id: Int64?, session: String, from: StreamPosition?, mode: DeliveryMode, maxHz: Double = defaultMaxHz) {
        self.id = id
        self.session = session
        self.from = from
        self.mode = mode
        self.maxHz = maxHz
    }
}

package struct CommandRequest: Equatable, Sendable {
    package let id: Int64?
    package let session: String
    package let name: String
    package let key: String?
    package let data: JSONValue

    package init(id: Int64?, session: String, name: String, key: String?, data: JSONValue) {
        self.id = id
        self.session = session
        self.name = name
        self.key = key
        self.data = data
    }
}

/// A frame from a client (contract: `Protocol/asyncapi.yaml`). Unknown members are ignored.
package enum ClientFrame: Equatable, Sendable {
    /// - `device`: what the client calls the device that it is on.
    case hello(token: String?, client: String?, device: String?, subscribe: [SubscribeRequest])
    case subscribe(SubscribeRequest)
    case unsubscribe(id: Int64?, session: String)
    case command(CommandRequest)
    case signal(session: String, name: String, data: JSONValue)
    case ack(session: String, offset: Int64)
    case refresh(id: Int64?, token: String)
    case ping(n: JSONValue)

    package static let maxKeyBytes = 128

    /// Idempotency keys are visible ASCII, so that the store's comparison (bytes) and ours (canonical equivalence) agree.
    package static func isValid(key: String) -> Bool {
        (1...maxKeyBytes).contains(key.utf8.count) && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    package static let maxNameBytes = 64
    package static let maxDeviceBytes = 128
    package static let maxHelloSubscriptions = 128
}

/// Why a client's frame was refused, with the `id` it carried when that could be read.
package struct FrameRefusal: Error, Equatable, Sendable {
    package let id: Int64?
    package let fault: Fault

    package init(id: Int64?, fault: Fault) {
        self.id = id
        self.fault = fault
    }
}

extension ClientFrame {
    /// Reads one text frame.
    package init(_ text: RawSpan) throws(FrameRefusal) {
        let value: JSONValue
        do {
            value = try JSONParser.parse(text)
        } catch {
            throw FrameRefusal(
                id: nil, fault: Fault(.malformed, "not JSON: \(error.reason.rawValue) at byte \(error.index)"))
        }
        guard let members = value.object else {
            throw FrameRefusal(id: nil, fault: Fault(.malformed, "a frame is a JSON object"))
        }
        let reader = try FrameReader(members)
        switch try reader.string("type") {
        case "hello":
            let requests = try reader.array("subscribe")
            guard requests.count <= Self.maxHelloSubscriptions else {
                throw reader.refusal(.subscriptionLimit, "at most \(Self.maxHelloSubscriptions) subscriptions")
            }
            var subscribe: [SubscribeRequest] = []
            for request in requests {
                guard let object = request.object else { throw reader.malformed("subscribe holds objects") }
                subscribe.append(try FrameReader(object).subscribeRequest())
            }
            self = .hello(
                token: try reader.optionalString("token"), client: try reader.optionalString("client"),
                device: try reader.device(), subscribe: subscribe)
        case "subscribe": self = .subscribe(try reader.subscribeRequest())
        case "unsubscribe": self = .unsubscribe(id: reader.id, session: try reader.string("session"))
        case "command": self = .command(try reader.commandRequest(session: reader.string("session")))
        case "signal":
            self = .signal(
                session: try reader.string("session"), name: try reader.name(),
                data: members["data"] ?? .object(JSONObject()))
        case "ack":
            guard let offset = members["offset"]?.integer, offset >= 0 else {
                throw reader.malformed("offset is a number")
            }
            self = .ack(session: try reader.string("session"), offset: offset)
        case "refresh": self = .refresh(id: reader.id, token: try reader.string("token"))
        case "ping": self = .ping(n: members["n"] ?? .null)
        case let type:
            // Scalars, because one character may have any number of them.
            throw reader.refusal(.unknownType, "unknown frame type '\(String(type.unicodeScalars.prefix(40)))'")
        }
    }

    /// The body of `POST …/commands`: a command without `type`, `id` and `session`.
    package static func command(
        body: [UInt8], session: String, key: String?
    ) throws(FrameRefusal) -> CommandRequest {
        let value: JSONValue
        do {
            value = try JSONParser.parse(body)
        } catch {
            throw FrameRefusal(
                id: nil, fault: Fault(.malformed, "not JSON: \(error.reason.rawValue) at byte \(error.index)"))
        }
        guard var members = value.object else {
            throw FrameRefusal(id: nil, fault: Fault(.malformed, "a command is a JSON object"))
        }
        if let key { members["key"] = .string(key) }
        return try FrameReader(members).commandRequest(session: session)
    }
}

/// Reads members of one frame, naming what is wrong.
private struct FrameReader {
    let members: JSONObject
    let id: Int64?

    init(_ members: JSONObject) throws(FrameRefusal) {
        self.members = members
        switch members["id"] {
        case nil, .null?: id = nil
        case let value?:
            guard let number = value.integer else {
                throw FrameRefusal(id: nil, fault: Fault(.malformed, "id is a whole number"))
            }
            id = number
        }
    }

    func refusal(_ code: FaultCode, _ detail: String) -> FrameRefusal {
        FrameRefusal(id: id, fault: Fault(code, detail))
    }
    func malformed(_ detail: String) -> FrameRefusal { refusal(.malformed, detail) }

    func string(_ name: String) throws(FrameRefusal) -> String {
        guard let text = members[name]?.string else { throw malformed("\(name) is missing or not a string") }
        return text
    }

    func optionalString(_ name: String) throws(FrameRefusal) -> String? {
        switch members[name] {
        case nil, .null?: return nil
        case .string(let text)?: return text
        default: throw malformed("\(name) is not a string")
        }
    }

    func array(_ name: String) throws(FrameRefusal) -> [JSONValue] {
        switch members[name] {
        case nil, .null?: return []
        case .array(let items)?: return items
        default: throw malformed("\(name) is not an array")
        }
    }

    func name() throws(FrameRefusal) -> String {
        let name = try string("name")
        guard (1...ClientFrame.maxNameBytes).contains(name.utf8.count) else {
            throw malformed("name has 1 to \(ClientFrame.maxNameBytes) bytes")
        }
        return name
    }

    func device() throws(FrameRefusal) -> String? {
        guard let device = try optionalString("device") else { return nil }
        guard (1...ClientFrame.maxDeviceBytes).contains(device.utf8.count),
            device.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw malformed("device has 1 to \(ClientFrame.maxDeviceBytes) visible ASCII characters") }
        return device
    }

    func subscribeRequest() throws(FrameRefusal) -> SubscribeRequest {
        var from: StreamPosition?
        switch members["from"] {
        case nil, .null?: break
        case .object(let position)?:
            guard let epoch = position["epoch"]?.string, let offset = position["offset"]?.integer, offset >= 0 else {
                throw refusal(.badPosition, "from has an epoch (string) and an offset (number, not negative)")
            }
            from = StreamPosition(epoch: epoch, offset: offset)
        default: throw refusal(.badPosition, "from is an object")
        }
        var mode = DeliveryMode.all
        if let text = try optionalString("mode") {
            guard let known = DeliveryMode(rawValue: text) else { throw malformed("mode is 'all' or 'latest'") }
            mode = known
        }
        var maxHz = SubscribeRequest.defaultMaxHz
        switch members["maxHz"] {
        case nil, .null?: break
        case let value?:
            guard let number = value.double, number > 0 else { throw malformed("maxHz is a positive number") }
            let bounds = SubscribeRequest.maxHzBounds
            maxHz = min(max(number, bounds.lowerBound), bounds.upperBound)
        }
        return SubscribeRequest(id: id, session: try string("session"), from: from, mode: mode, maxHz: maxHz)
    }

    func commandRequest(session: String) throws(FrameRefusal) -> CommandRequest {
        let key = try optionalString("key")
        if let key, !ClientFrame.isValid(key: key) {
            throw refusal(.invalidCommand, "key has 1 to \(ClientFrame.maxKeyBytes) visible ASCII characters")
        }
        return CommandRequest(
            id: id, session: session, name: try name(), key: key, data: members["data"] ?? .object(JSONObject()))
    }
}
