import Testing
import WebSocket

@Suite("Memory and ends of a decoder")
struct DecoderTests {
    /// Notes where the payload lay.
    private struct Locator: WebSocketReceiving {
        var isInterested: Bool { true }
        var addresses: [UnsafeRawPointer?] = []
        var payload: [UInt8] = []

        mutating func receiveText(_ payload: UnsafeRawBufferPointer) { note(payload) }
        mutating func receiveBinary(_ payload: UnsafeRawBufferPointer) { note(payload) }
        mutating func receivePing(_ payload: UnsafeRawBufferPointer) { note(payload) }
        mutating func receivePong(_ payload: UnsafeRawBufferPointer) { note(payload) }
        mutating func receiveClose(code: CloseCode?, reason: [UInt8]) {}

        private mutating func note(_ payload: UnsafeRawBufferPointer) {
            addresses.append(payload.baseAddress)
            self.payload = Array(payload)
        }
    }

    private let key = MaskingKey(0x8F01_55FE)

    @Test(
        "a message in one frame is unmasked where it was read",
        arguments: [Opcode.text, .binary, .ping, .pong], [1, 20, 125])
    func unmaskedInPlace(_ opcode: Opcode, _ count: Int) throws {
        let payload = [UInt8](repeating: 0x61, count: count)
        var bytes = WebSocketEncoder.masked(opcode, payload, key: key)
        var decoder = WebSocketDecoder(role: .server)
        var locator = Locator()
        try bytes.withUnsafeMutableBytes { bytes in
            try decoder.receive(bytes, into: &locator)
            #expect(locator.addresses == [UnsafeRawPointer(bytes.baseAddress)?.advanced(by: 6)])
        }
        #expect(locator.payload == payload)
        #expect(decoder.bufferedBytes == 0)
    }

    @Test("a payload that comes whole behind its header is not copied either")
    func headerAhead() throws {
        var bytes = WebSocketEncoder.masked(.text, Array("payload".utf8), key: key)
        var decoder = WebSocketDecoder(role: .server)
        var locator = Locator()
        try bytes.withUnsafeMutableBytes { bytes in
            let header = UnsafeMutableRawBufferPointer(rebasing: bytes[..<6])
            let payload = UnsafeMutableRawBufferPointer(rebasing: bytes[6...])
            try decoder.receive(header, into: &locator)
            #expect(decoder.bufferedBytes == 0)
            try decoder.receive(payload, into: &locator)
            #expect(locator.addresses == [UnsafeRawPointer(payload.baseAddress)])
        }
        #expect(locator.payload == Array("payload".utf8))
    }

    @Test("only what is incomplete is held")
    func held() throws {
        let message = WebSocketEncoder.masked(.text, Array("0123456789".utf8), key: key)
        var decoder = WebSocketDecoder(role: .server)
        var recorder = Recorder()
        var held: [Int] = []
        for byte in message + message {
            var byte = byte
            try withUnsafeMutableBytes(of: &byte) { bytes in
                try decoder.receive(bytes, into: &recorder)
            }
            held.append(decoder.bufferedBytes)
        }
        let once = [1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
        #expect(held == once + once)
    }

    @Test("a receiver that wants no more ends the decoder in mid-buffer and for good")
    func interest() {
        let one = WebSocketEncoder.masked(.text, Array("a".utf8), key: key)
        let stream = one + one + one + [0xFF]
        for (name, segments) in segmentations(of: stream) {
            let outcome = decode(segments, role: .server, interest: 2)
            #expect(outcome.received == [.text([0x61]), .text([0x61])], "\(name)")
            #expect(outcome.violation == nil, "\(name)")
        }
    }

    @Test("a violation is thrown once and frees what was held")
    func violationEnds() {
        var decoder = WebSocketDecoder(role: .server)
        var recorder = Recorder()
        var bytes = WebSocketEncoder.masked(.text, Array("held".utf8), key: key)
        bytes[0] = 0x01
        bytes += [0x71]
        #expect(throws: WebSocketViolation.reservedBits) {
            try bytes.withUnsafeMutableBytes { try decoder.receive($0, into: &recorder) }
        }
        #expect(decoder.bufferedBytes == 0)
        var more = WebSocketEncoder.masked(.text, Array("more".utf8), key: key)
        #expect(throws: Never.self) {
            try more.withUnsafeMutableBytes { try decoder.receive($0, into: &recorder) }
        }
        #expect(recorder.received.isEmpty)
    }

    @Test("a declared length takes no memory")
    func declaredLength() throws {
        var limits = WebSocketLimits()
        limits.maxMessageBytes = 1 << 40
        var decoder = WebSocketDecoder(role: .server, limits: limits)
        var recorder = Recorder()
        var bytes: [UInt8] = [0x82, 0xFF, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0x2A]
        try bytes.withUnsafeMutableBytes { bytes in
            try decoder.receive(bytes, into: &recorder)
        }
        #expect(decoder.bufferedBytes == 1)
    }

    @Test("a read of nothing, without memory, reports nothing", arguments: [WebSocketRole.server, .client])
    func nothing(_ role: WebSocketRole) throws {
        var decoder = WebSocketDecoder(role: role)
        var recorder = Recorder()
        try decoder.receive(UnsafeMutableRawBufferPointer(start: nil, count: 0), into: &recorder)
        #expect(recorder.received.isEmpty)
        #expect(decoder.bufferedBytes == 0)
    }

    @Test("what a fragmented message held is given back with it")
    func givenBack() throws {
        var bytes: [UInt8] = []
        let payload = [UInt8](repeating: 0x61, count: 40_000)
        payload.withUnsafeBytes { WebSocketEncoder.append(.text, $0, isFinal: false, key: key, to: &bytes) }
        var decoder = WebSocketDecoder(role: .server)
        var recorder = Recorder()
        try bytes.withUnsafeMutableBytes { try decoder.receive($0, into: &recorder) }
        #expect(decoder.bufferedBytes == 40_000)
        var last: [UInt8] = []
        payload.prefix(3).withUnsafeBytes { WebSocketEncoder.append(.continuation, $0, key: key, to: &last) }
        try last.withUnsafeMutableBytes { try decoder.receive($0, into: &recorder) }
        #expect(recorder.received == [.text(payload + payload.prefix(3))])
        #expect(decoder.bufferedBytes == 0)
    }
}
