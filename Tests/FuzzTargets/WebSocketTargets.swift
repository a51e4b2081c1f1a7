import JSON
import TestSupport
import WebSocket

extension FuzzTarget {
    /// Flag 1: limits so tight that small inputs reach them.
    static let webSocketServer = webSocket("websocket-server", .server)
    static let webSocketClient = webSocket("websocket-client", .client)

    private static func webSocket(_ name: String, _ role: WebSocketRole) -> FuzzTarget {
        FuzzTarget(name) { input in
            let limits = input.has(1) ? WebSocketLimits.tight : WebSocketLimits()
            let outcome = try input.outcome { try FramesRead($0, role, limits) }
            try outcome.checkRoundTrip(role)
        } seeds: {
            try Vectors.documents("websocket").filter { ["messages", "violations"].contains($0.name) }
                .flatMap { $0.value.array ?? [] }
                .filter { ($0["role"]?.string == "server") == (role == .server) }
                .flatMap { vector in
                    let bytes = try hexadecimal(vector["input"] ?? .null)
                    return bytes.count > 4_096
                        ? [] : [FuzzInput.bytes(bytes), FuzzInput.bytes(flags: 1, sizes: [3, 1, 7], bytes)]
                }
        }
    }

    /// What a peer sends that negotiated permessage-deflate. Flag 1: tight limits; flag 2: both sides keep their context.
    static let deflate = FuzzTarget("deflate") { input in
        let limits = input.has(1) ? WebSocketLimits.tight : WebSocketLimits()
        let parameters = CompressionParameters(serverKeepsContext: input.has(2), clientKeepsContext: input.has(2))
        _ = try input.outcome { try FramesRead($0, .client, limits, parameters) }
    } seeds: {
        try Vectors.documents("websocket").filter { $0.name.hasPrefix("compressed-") }
            .flatMap { $0.value.array ?? [] }
            .filter { $0["role"]?.string == "client" }
            .flatMap { vector in
                let bytes = try hexadecimal(vector["input"] ?? .null)
                return bytes.count > 4_096
                    ? [] : [FuzzInput.bytes(flags: 2, bytes), FuzzInput.bytes(flags: 1, sizes: [3, 1, 7], bytes)]
            }
    }

    /// Hexadecimal digits, `{"repeat": bytes, "count": n}`, or a list of these.
    static func hexadecimal(_ value: JSONValue) throws -> [UInt8] {
        if let digits = value.string.map({ Array($0.utf8) }) {
            return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
                UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)
            }
        }
        if let parts = value.array { return try parts.flatMap(hexadecimal) }
        guard let part = value["repeat"], let count = value["count"]?.integer else {
            throw Vectors.Malformed(description: "not bytes: \(value.text)")
        }
        return Array(repeatElement(try hexadecimal(part), count: Int(count)).joined())
    }
}

extension WebSocketLimits {
    /// Limits that inputs of a few hundred bytes reach.
    fileprivate static let tight: WebSocketLimits = {
        var limits = WebSocketLimits()
        limits.maxMessageBytes = 140
        limits.maxFragments = 6
        limits.maxConsecutiveEmptyFragments = 2
        return limits
    }()
}

/// What a decoder reported, copied.
private enum Received: Equatable {
    case text([UInt8])
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(CloseCode?, reason: [UInt8])
}

private struct Recorder: WebSocketReceiving {
    var received: [Received] = []

    var isInterested: Bool { true }
    mutating func receiveText(_ payload: UnsafeRawBufferPointer) { received.append(.text(Array(payload))) }
    mutating func receiveBinary(_ payload: UnsafeRawBufferPointer) { received.append(.binary(Array(payload))) }
    mutating func receivePing(_ payload: UnsafeRawBufferPointer) { received.append(.ping(Array(payload))) }
    mutating func receivePong(_ payload: UnsafeRawBufferPointer) { received.append(.pong(Array(payload))) }
    mutating func receiveClose(code: CloseCode?, reason: [UInt8]) { received.append(.close(code, reason: reason)) }
}

/// All that comes of a stream of frames.
private struct FramesRead: Equatable {
    var received: [Received] = []
    private var violation: WebSocketViolation?

    /// Each segment lies in memory of its own and exact size, which is freed behind the call: AddressSanitizer sees a byte
    /// too many, and a pointer that is kept too long.
    init(
        _ segments: [ArraySlice<UInt8>], _ role: WebSocketRole, _ limits: WebSocketLimits,
        _ parameters: CompressionParameters? = nil
    ) throws {
        let pool = CompressionPool()
        let compression = parameters.map { NegotiatedCompression($0, role: role, pool: pool) }
        var decoder = WebSocketDecoder(role: role, limits: limits, compression: compression)
        var recorder = Recorder()
        for segment in segments {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: segment.count, alignment: 1)
            defer { memory.deallocate() }
            memory.copyBytes(from: segment)
            let before = recorder.received.count
            do throws(WebSocketViolation) {
                try decoder.receive(memory, into: &recorder)
            } catch {
                try expect(violation == nil, "a second violation")
                violation = error
                try expect(decoder.bufferedBytes == 0, "holds bytes behind a violation")
                continue
            }
            try expect(violation == nil || recorder.received.count == before, "something behind a violation")
            try expect(
                decoder.bufferedBytes <= limits.maxMessageBytes + WebSocketEncoder.maxControlPayloadBytes + 14,
                "holds \(decoder.bufferedBytes) bytes")
        }
        received = recorder.received
        try check(limits)
    }

    private func check(_ limits: WebSocketLimits) throws {
        for (index, item) in received.enumerated() {
            switch item {
            case .text(let bytes):
                try expect(bytes.count <= limits.maxMessageBytes, "a text of \(bytes.count)")
                try expect(String(validating: bytes, as: UTF8.self) != nil, "a text that is not UTF-8")
            case .binary(let bytes): try expect(bytes.count <= limits.maxMessageBytes, "a message of \(bytes.count)")
            case .ping(let bytes), .pong(let bytes): try expect(bytes.count <= 125, "a control frame of \(bytes.count)")
            case .close(let code, let reason):
                try expect(index == received.count - 1, "something behind a Close frame")
                try expect(code?.isValidOnWire != false, "a code that must not travel")
                try expect(reason.count <= 123 && (code != nil || reason.isEmpty), "a reason of \(reason.count)")
                try expect(String(validating: reason, as: UTF8.self) != nil, "a reason that is not UTF-8")
            }
        }
    }

    /// What was received and is sent again, as single frames and in two fragments, is received as the same.
    func checkRoundTrip(_ role: WebSocketRole) throws {
        let key = role == .server ? MaskingKey(0x9AB1_02F3) : nil
        for isFragmented in [false, true] {
            var stream: [UInt8] = []
            func frame(_ opcode: Opcode, _ payload: ArraySlice<UInt8>, isFinal: Bool = true) {
                payload.withUnsafeBytes { WebSocketEncoder.append(opcode, $0, isFinal: isFinal, key: key, to: &stream) }
            }
            func message(_ opcode: Opcode, _ payload: [UInt8]) {
                guard isFragmented else { return frame(opcode, payload[...]) }
                frame(opcode, payload[..<(payload.count / 3)], isFinal: false)
                frame(.continuation, payload[(payload.count / 3)...])
            }
            for item in received {
                switch item {
                case .text(let bytes): message(.text, bytes)
                case .binary(let bytes): message(.binary, bytes)
                case .ping(let bytes): frame(.ping, bytes[...])
                case .pong(let bytes): frame(.pong, bytes[...])
                case .close(nil, _): frame(.close, [])
                case .close(let code?, let reason):
                    let payload = WebSocketEncoder.closePayload(code, reason: String(decoding: reason, as: UTF8.self))
                    frame(.close, payload[...])
                }
            }
            let again = try FramesRead([stream[...]], role, WebSocketLimits())
            try expect(again == FramesRead(received: received), "\(received) is read back as \(again)")
        }
    }

    private init(received: [Received]) { self.received = received }
}
