import WebSocket

/// What a decoder reported, copied.
enum Received: Equatable, Sendable {
    case text([UInt8])
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(UInt16?, reason: [UInt8])
}

/// Writes down what a decoder reports.
struct Recorder: WebSocketReceiving {
    var received: [Received] = []
    /// After so many reports nothing more is wanted.
    var interest = Int.max

    var isInterested: Bool { received.count < interest }

    mutating func receiveText(_ payload: UnsafeRawBufferPointer) { received.append(.text(Array(payload))) }
    mutating func receiveBinary(_ payload: UnsafeRawBufferPointer) { received.append(.binary(Array(payload))) }
    mutating func receivePing(_ payload: UnsafeRawBufferPointer) { received.append(.ping(Array(payload))) }
    mutating func receivePong(_ payload: UnsafeRawBufferPointer) { received.append(.pong(Array(payload))) }
    mutating func receiveClose(code: CloseCode?, reason: [UInt8]) {
        received.append(.close(code?.rawValue, reason: reason))
    }
}

/// All that came of a stream.
struct Outcome: Equatable, Sendable {
    var received: [Received] = []
    var violation: WebSocketViolation?
    /// The most bytes that the decoder held between two reads.
    var mostBuffered = 0

    static func == (left: Outcome, right: Outcome) -> Bool {
        left.received == right.received && left.violation == right.violation
    }
}

/// Feeds a fresh decoder. Each segment is read into memory of its own, which is overwritten and freed behind the call: a
/// payload pointer that is kept too long shows. With `deflate`, compression was negotiated so.
func decode(
    _ segments: [ArraySlice<UInt8>], role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits(),
    interest: Int = .max, deflate: CompressionParameters? = nil, pool: CompressionPool = CompressionPool()
) -> Outcome {
    let compression = deflate.map { NegotiatedCompression($0, role: role, pool: pool) }
    var decoder = WebSocketDecoder(role: role, limits: limits, compression: compression)
    var recorder = Recorder(interest: interest)
    var outcome = Outcome()
    for segment in segments {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: segment.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: segment)
        do {
            try decoder.receive(memory, into: &recorder)
        } catch {
            if outcome.violation == nil { outcome.violation = error }
        }
        memory.initializeMemory(as: UInt8.self, repeating: 0xAA)
        outcome.mostBuffered = max(outcome.mostBuffered, decoder.bufferedBytes)
    }
    outcome.received = recorder.received
    return outcome
}

/// `bytes` in pieces of `size`.
func pieces(of bytes: [UInt8], _ size: Int) -> [ArraySlice<UInt8>] {
    stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
}

/// Every way that a stream is cut in tests: whole, byte by byte, in small pieces, and in two at each point (long streams:
/// near both ends and at points between).
func segmentations(of bytes: [UInt8]) -> [(name: String, segments: [ArraySlice<UInt8>])] {
    var all: [(String, [ArraySlice<UInt8>])] = [("whole", [bytes[...]]), ("among empty reads", [[], bytes[...], []])]
    for size in [1, 2, 3, 7, 64, 4_096] { all.append(("in pieces of \(size)", pieces(of: bytes, size))) }
    let isShort = bytes.count <= 700
    let cuts =
        isShort
        ? Array(0...bytes.count)
        : Array(0...20) + stride(from: 21, to: bytes.count - 8, by: bytes.count / 6)
            + Array((bytes.count - 8)...bytes.count)
    for cut in cuts { all.append(("cut at \(cut)", [bytes[..<cut], bytes[cut...]])) }
    return all
}
