/// A frame header as it travels (RFC 6455 §5.2): 2 to 14 bytes, without memory of its own.
///
/// A server's header depends on opcode and length alone, so it may be written before a payload that many share.
package struct EncodedHeader: Sendable {
    /// The bytes in the order of the wire, each word's first in its lowest byte.
    private var low: UInt64
    private var high: UInt64 = 0
    /// Bytes that are used.
    package private(set) var count: Int

    /// `key` is a client's; `payloadBytes` must not be negative. `isCompressed` is for the first frame of a message
    /// (RFC 7692 §6).
    package init(
        _ opcode: Opcode, payloadBytes: Int, isFinal: Bool = true, isCompressed: Bool = false, key: MaskingKey? = nil
    ) {
        precondition(payloadBytes >= 0, "a payload has a length")
        let first = UInt64(opcode.rawValue | (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0))
        let maskBit: UInt64 = key == nil ? 0 : 0x8000
        if payloadBytes <= 125 {
            low = first | maskBit | UInt64(payloadBytes) << 8
            count = 2
        } else if payloadBytes <= 0xFFFF {
            low = first | maskBit | 126 << 8 | UInt64(UInt16(payloadBytes).byteSwapped) << 16
            count = 4
        } else {
            let length = UInt64(payloadBytes).byteSwapped
            low = first | maskBit | 127 << 8 | length << 16
            high = length >> 48
            count = 10
        }
        if let key { append(key) }
    }

    private mutating func append(_ key: MaskingKey) {
        let word = UInt64(key.wireOrder)
        if count < 8 {
            let shift = UInt64(8 * count)
            low |= word << shift
            high |= word >> (64 - shift)
        } else {
            high |= word << UInt64(8 * (count - 8))
        }
        count += 4
    }

    /// The longest header of a server, which has no mask.
    package static let maxServerBytes = 10

    /// Writes a server's header (one without a key) to the start of `room`, which traps when it is shorter.
    @inline(__always)
    package func write(to room: inout MutableRawSpan) {
        let first = UInt32(truncatingIfNeeded: low).littleEndian
        switch count {
        case 2: room.storeBytes(of: UInt16(truncatingIfNeeded: low).littleEndian, toByteOffset: 0, as: UInt16.self)
        case 4: room.storeBytes(of: first, toByteOffset: 0, as: UInt32.self)
        default: for index in 0..<count { room.storeBytes(of: self[index], toByteOffset: index, as: UInt8.self) }
        }
    }

    /// Appends the header; byte by byte, which for so few is cheaper than a copy.
    @inline(__always)
    package func append(to out: inout [UInt8]) {
        for index in 0..<Swift.min(count, 8) { out.append(UInt8(truncatingIfNeeded: low >> UInt64(8 * index))) }
        guard count > 8 else { return }
        for index in 0..<(count - 8) { out.append(UInt8(truncatingIfNeeded: high >> UInt64(8 * index))) }
    }
}

extension EncodedHeader: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { count }
    package subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "an index lies within the header")
        return UInt8(truncatingIfNeeded: index < 8 ? low >> UInt64(8 * index) : high >> UInt64(8 * (index - 8)))
    }
}
