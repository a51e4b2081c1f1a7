import JSON
import Testing
import WebSocket

@Suite("Data framing (RFC 6455 §5, RFC 7692 §6 and §7.2), by vectors")
struct FramingTests {
    @Test(
        "what a valid stream says, however it is cut",
        arguments: try WebSocketVector.load("messages", "compressed-messages"))
    func messages(_ vector: WebSocketVector) throws {
        let input = try vector.bytes("input")
        let expected = Outcome(received: try vector.expectedReceived)
        for (name, segments) in segmentations(of: input) {
            let outcome = decode(segments, role: try vector.role, limits: vector.limits, deflate: vector.deflate)
            #expect(outcome == expected, "\(vector.name): \(name)")
        }
    }

    @Test(
        "what a peer does wrong, however it is cut",
        arguments: try WebSocketVector.load("violations", "compressed-violations"))
    func violations(_ vector: WebSocketVector) throws {
        let input = try vector.bytes("input")
        let received = try vector.expectedReceived
        for (name, segments) in segmentations(of: input) {
            let outcome = decode(segments, role: try vector.role, limits: vector.limits, deflate: vector.deflate)
            let violation = try #require(outcome.violation, "\(vector.name): \(name)")
            #expect(String(describing: violation) == vector["expect"]?["violation"]?.string, "\(vector.name): \(name)")
            #expect(violation.closeCode.rawValue == vector["expect"]?["closeCode"]?.integer.map(UInt16.init))
            #expect(outcome.received == received, "\(vector.name): \(name)")
        }
    }

    @Test(
        "a violation is found at its first byte",
        arguments: try WebSocketVector.load("violations", "compressed-violations"))
    func earliestViolation(_ vector: WebSocketVector) throws {
        guard let known = vector["expect"]?["knownAfterBytes"]?.integer.map(Int.init) else { return }
        let input = try vector.bytes("input")
        let before = decode(
            [input[..<(known - 1)]], role: try vector.role, limits: vector.limits, deflate: vector.deflate)
        #expect(before.violation == nil)
        for segments in [[input[..<known]], pieces(of: Array(input[..<known]), 1)] {
            #expect(
                decode(segments, role: try vector.role, limits: vector.limits, deflate: vector.deflate).violation != nil
            )
        }
    }

    @Test("the vectors name every violation")
    func everyViolation() throws {
        let vectors = try WebSocketVector.load("violations", "compressed-violations")
        var named = Set(vectors.compactMap { $0["expect"]?["violation"]?.string })
        // Of this one `text.json` has the cases.
        named.insert("invalidText")
        #expect(named == Set(WebSocketViolation.allCases.map { String(describing: $0) }))
    }

    @Test("a violation's reason fits a Close frame", arguments: WebSocketViolation.allCases)
    func reasons(_ violation: WebSocketViolation) {
        let reason = Array(violation.reason.utf8)
        #expect(WebSocketEncoder.close(violation.closeCode, reason: violation.reason).count == reason.count + 4)
        #expect(violation.closeCode.isValidOnWire)
    }
}

extension WebSocketVector {
    var role: WebSocketRole {
        get throws {
            switch try require("role").string {
            case "server": .server
            case "client": .client
            default: throw Malformed(description: "\(name): no such role")
            }
        }
    }

    /// What was negotiated, where something was.
    var deflate: CompressionParameters? {
        fields["deflate"].map { deflate in
            CompressionParameters(
                serverKeepsContext: deflate["serverKeepsContext"]?.bool ?? false,
                clientKeepsContext: deflate["clientKeepsContext"]?.bool ?? false)
        }
    }

    var limits: WebSocketLimits {
        var limits = WebSocketLimits()
        if let bytes = fields["limits"]?["maxMessageBytes"]?.integer { limits.maxMessageBytes = Int(bytes) }
        if let count = fields["limits"]?["maxFragments"]?.integer { limits.maxFragments = Int32(count) }
        if let count = fields["limits"]?["maxConsecutiveEmptyFragments"]?.integer {
            limits.maxConsecutiveEmptyFragments = Int32(count)
        }
        return limits
    }

    var expectedReceived: [Received] {
        get throws {
            try (fields["expect"]?["received"]?.array ?? []).map { item in
                if let text = item["text"] { return .text(try Self.text(text)) }
                if let bytes = item["binary"] { return .binary(try Self.bytes(bytes)) }
                if let bytes = item["ping"] { return .ping(try Self.bytes(bytes)) }
                if let bytes = item["pong"] { return .pong(try Self.bytes(bytes)) }
                guard let code = item["close"], let reason = item["reason"]?.string else {
                    throw Malformed(description: "\(name): \(item.text)")
                }
                return .close(code.integer.map(UInt16.init), reason: Array(reason.utf8))
            }
        }
    }

    private static func text(_ value: JSONValue) throws -> [UInt8] {
        if let text = value.string { return Array(text.utf8) }
        guard let text = value["repeat"]?.string, let count = value["count"]?.integer else {
            throw Malformed(description: "not a text: \(value.text)")
        }
        return Array(String(repeating: text, count: Int(count)).utf8)
    }
}
