/// Writes frames (RFC 6455 §5.2). A server's frames are not masked, so the bytes of one may go to many connections.
package enum WebSocketEncoder {
    /// The most payload bytes of a control frame (RFC 6455 §5.5).
    package static let maxControlPayloadBytes = 125

    // MARK: A server's frames, header included

    /// A whole text message. `payload` must be UTF-8.
    package static func text(_ payload: [UInt8]) -> [UInt8] { frame(.text, payload) }

    /// A whole binary message.
    package static func binary(_ payload: [UInt8]) -> [UInt8] { frame(.binary, payload) }

    /// A whole message, compressed as its connection negotiated it, whatever its size.
    package static func compressed(
        _ opcode: Opcode, _ payload: UnsafeRawBufferPointer, by compression: NegotiatedCompression
    ) -> [UInt8] {
        var frame = compression.compress(payload)
        frame.insert(contentsOf: EncodedHeader(opcode, payloadBytes: frame.count, isCompressed: true), at: 0)
        return frame
    }

    /// A ping; `payload` is cut to 125 bytes.
    package static func ping(_ payload: [UInt8] = []) -> [UInt8] {
        frame(.ping, Array(payload.prefix(maxControlPayloadBytes)))
    }

    /// The answer to a ping: the same payload. Cut to 125 bytes, which a received ping never exceeds.
    package static func pong(_ payload: UnsafeRawBufferPointer) -> [UInt8] {
        var out: [UInt8] = []
        append(.pong, UnsafeRawBufferPointer(rebasing: payload.prefix(maxControlPayloadBytes)), to: &out)
        return out
    }

    /// A Close frame without a code: the answer to one without a code.
    package static func close() -> [UInt8] { frame(.close, []) }

    /// A Close frame. `reason` is cut to 123 bytes, between scalars. `code` must be one that may travel.
    package static func close(_ code: CloseCode, reason: String) -> [UInt8] {
        frame(.close, closePayload(code, reason: reason))
    }

    /// Writes a whole frame to the start of `room` and returns its length; 0, and nothing is written, when there is no room
    /// for all of it.
    package static func write(
        _ opcode: Opcode, _ payload: UnsafeRawBufferPointer, to room: UnsafeMutableRawBufferPointer
    ) -> Int {
        let header = EncodedHeader(opcode, payloadBytes: payload.count)
        let (count, overflow) = header.count.addingReportingOverflow(payload.count)
        guard !overflow, count <= room.count else { return 0 }
        var start = room.mutableBytes
        header.write(to: &start)
        UnsafeMutableRawBufferPointer(rebasing: room[header.count...]).copyMemory(from: payload)
        return count
    }

    // MARK: Either side's frames

    /// A client's whole frame, masked with `key`, which must be fresh and unpredictable (RFC 6455 §5.3).
    package static func masked(_ opcode: Opcode, _ payload: [UInt8], key: MaskingKey) -> [UInt8] {
        var out: [UInt8] = []
        payload.withUnsafeBytes { append(opcode, $0, key: key, to: &out) }
        return out
    }

    /// What stands in a Close frame: the code, then the reason, cut to 123 bytes between scalars.
    package static func closePayload(_ code: CloseCode, reason: String) -> [UInt8] {
        precondition(code.isValidOnWire, "a Close frame carries a code that may travel")
        var payload = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)]
        for scalar in reason.unicodeScalars {
            let bytes = UTF8.encode(scalar)
            guard let bytes, payload.count + bytes.count <= maxControlPayloadBytes else { break }
            payload.append(contentsOf: bytes)
        }
        return payload
    }

    /// Appends one frame to what is gathered for a connection; allocates only when `out` has no room left.
    package static func append(
        _ opcode: Opcode, _ payload: UnsafeRawBufferPointer, isFinal: Bool = true, isCompressed: Bool = false,
        key: MaskingKey? = nil, to out: inout [UInt8]
    ) {
        if out.isEmpty { out.reserveCapacity(FrameHeader.maxBytes + payload.count) }
        EncodedHeader(
            opcode, payloadBytes: payload.count, isFinal: isFinal, isCompressed: isCompressed, key: key
        ).append(to: &out)
        let start = out.count
        out.append(contentsOf: payload)
        if let key {
            var span = out.mutableSpan
            var bytes = span.mutableBytes
            key.apply(to: &bytes, from: start, phase: 0)
        }
    }

    /// Turns a payload into its server frame in place: its bytes move up by the header's 2, 4 or 10. Nothing is allocated
    /// when the payload's writer left that much capacity.
    package static func prependHeader(_ opcode: Opcode, to payload: inout [UInt8]) {
        payload.insert(contentsOf: EncodedHeader(opcode, payloadBytes: payload.count), at: 0)
    }

    /// A whole frame; `opcode` is one that a server's message or control frame begins with.
    package static func frame(_ opcode: Opcode, _ payload: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        payload.withUnsafeBytes { append(opcode, $0, to: &out) }
        return out
    }
}
