/// Writes frames (RFC 6455 §5.2). A server's frames are not masked, so the bytes of one may go to many.
package enum WebSocketEncoder {
    package static func text(_ payload: [UInt8]) -> [UInt8] { frame(0x81, payload) }
    package static func binary(_ payload: [UInt8]) -> [UInt8] { frame(0x82, payload) }
    package static func ping(_ payload: [UInt8]) -> [UInt8] { frame(0x89, Array(payload.prefix(125))) }
    package static func pong(_ payload: UnsafeRawBufferPointer) -> [UInt8] { frame(0x8A, Array(payload.prefix(125))) }

    /// A Close frame without a code.
    package static func close() -> [UInt8] { [0x88, 0] }

    /// `reason` is cut to 123 bytes, between scalars.
    package static func close(_ code: CloseCode, reason: String) -> [UInt8] {
        var payload = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)]
        for scalar in reason.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if payload.count + bytes.count > 125 { break }
            payload += bytes
        }
        return frame(0x88, payload)
    }

    /// A client's frame, masked with `mask` (RFC 6455 §5.3: fresh and unpredictable for each).
    package static func masked(_ payload: [UInt8], opcode: UInt8 = 0x81, mask: [UInt8]) -> [UInt8] {
        precondition(mask.count == 4, "a masking key has four bytes")
        var out = header(opcode, payload.count)
        out[1] |= 0x80
        out += mask
        for (index, byte) in payload.enumerated() { out.append(byte ^ mask[index & 3]) }
        return out
    }

    private static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var out = header(first, payload.count)
        out.append(contentsOf: payload)
        return out
    }

    private static func header(_ first: UInt8, _ length: Int) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(length + 14)
        out.append(first)
        if length < 126 {
            out.append(UInt8(length))
        } else if length <= 0xFFFF {
            out.append(126)
            out.append(UInt8(length >> 8))
            out.append(UInt8(length & 0xFF))
        } else {
            out.append(127)
            for shift in stride(from: 56, through: 0, by: -8) { out.append(UInt8(truncatingIfNeeded: length >> shift)) }
        }
        return out
    }
}
