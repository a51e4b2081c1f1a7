import JSON
import Testing
import WebSocket

@Suite("Frames as we write them (RFC 6455 §5.2, §5.3, §5.5)")
struct EncoderTests {
    private func opcode(_ vector: WebSocketVector) throws -> Opcode {
        switch try vector.require("opcode").string {
        case "continuation": .continuation
        case "text": .text
        case "binary": .binary
        case "ping": .ping
        case "pong": .pong
        default: throw WebSocketVector.Malformed(description: "\(vector.name): no such opcode")
        }
    }

    @Test("frames", arguments: try WebSocketVector.load("frames-written"))
    func frames(_ vector: WebSocketVector) throws {
        let payload = try vector.bytes("payload")
        let expected = try vector.bytes("expect")
        let opcode = try opcode(vector)
        let isFinal = vector["final"]?.bool ?? true
        let key = try vector["mask"].map { mask in
            MaskingKey(try WebSocketVector.bytes(mask).reversed().reduce(0) { $0 << 8 | UInt32($1) })
        }
        var out: [UInt8] = [1, 2, 3]
        payload.withUnsafeBytes { WebSocketEncoder.append(opcode, $0, isFinal: isFinal, key: key, to: &out) }
        #expect(out == [1, 2, 3] + expected)
        let header = EncodedHeader(opcode, payloadBytes: payload.count, isFinal: isFinal, key: key)
        #expect(Array(header) == Array(expected.prefix(expected.count - payload.count)))
        guard isFinal else { return }
        if let key { return #expect(WebSocketEncoder.masked(opcode, payload, key: key) == expected) }
        var inPlace = payload
        WebSocketEncoder.prependHeader(opcode, to: &inPlace)
        #expect(inPlace == expected)
        switch opcode {
        case .text: #expect(WebSocketEncoder.text(payload) == expected)
        case .binary: #expect(WebSocketEncoder.binary(payload) == expected)
        case .ping: #expect(WebSocketEncoder.ping(payload) == expected)
        case .pong, .continuation, .close: break
        }
    }

    @Test("a header goes in front of a payload without a new allocation")
    func inPlace() {
        var payload: [UInt8] = []
        payload.reserveCapacity(512)
        payload.append(contentsOf: [UInt8](repeating: 7, count: 300))
        let before = payload.withUnsafeBytes { $0.baseAddress }
        WebSocketEncoder.prependHeader(.text, to: &payload)
        #expect(payload.withUnsafeBytes { $0.baseAddress } == before)
        #expect(payload == WebSocketEncoder.text([UInt8](repeating: 7, count: 300)))
    }

    @Test("closes", arguments: try WebSocketVector.load("closes-written"))
    func closes(_ vector: WebSocketVector) throws {
        let code = CloseCode(UInt16(try #require(vector["code"]?.integer)))
        let reason = try #require(vector["reason"]?.string)
        #expect(WebSocketEncoder.close(code, reason: reason) == (try vector.bytes("expect")))
    }

    @Test("a close without a code is empty")
    func emptyClose() { #expect(WebSocketEncoder.close() == [0x88, 0]) }

    @Test("a pong repeats the ping, and both are cut at 125 bytes")
    func control() {
        let long = [UInt8](repeating: 9, count: 126)
        #expect(Array("Hello".utf8).withUnsafeBytes { WebSocketEncoder.pong($0) } == [0x8A, 5] + Array("Hello".utf8))
        #expect(long.withUnsafeBytes { WebSocketEncoder.pong($0) } == [0x8A, 125] + long.prefix(125))
        #expect(WebSocketEncoder.ping(long) == [0x89, 125] + long.prefix(125))
        #expect(WebSocketEncoder.ping() == [0x89, 0])
    }

    @Test("codes that a Close frame may carry")
    func closeCodes() {
        let valid = (0...65_535).filter { CloseCode(UInt16($0)).isValidOnWire }
        #expect(valid == [1000, 1001, 1002, 1003] + Array(1007...1014) + Array(3000...4999))
    }
}
