/// Reads the PROXY protocol header, version 2, that a connection begins with (HAProxy, "The PROXY protocol", §2.2). Version
/// 1 is refused. Bytes come in any segments; what follows the header is left to the caller.
package struct ProxyHeaderDecoder: Sendable {
    /// Bytes of a whole header. The addresses need 36, or 216 of Unix sockets; the rest are fields that are read over.
    package static let maxBytes = 4 * 1024

    /// Signature, version and command, family, length.
    private static let fixedBytes = 16
    private static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]

    private var bytes: [UInt8] = []

    package init() {}

    /// Takes the header's next bytes off `segment` and returns it once it is whole; nil: more are needed, all of `segment`
    /// was taken. The first byte that is wrong is refused as soon as it is there. Must not be called again after a result
    /// or a violation.
    package mutating func receive<Bytes: Collection<UInt8>>(
        _ segment: inout Bytes
    ) throws(ProxyViolation) -> ProxyHeader? where Bytes.SubSequence == Bytes {
        while bytes.count < Self.fixedBytes {
            guard let byte = segment.popFirst() else { return nil }
            bytes.append(byte)
            try checkFixedPart()
        }
        let count = Self.fixedBytes + Int(bytes[14]) << 8 + Int(bytes[15])
        let part = segment.prefix(count - bytes.count)
        bytes += part
        segment = segment.dropFirst(part.count)
        return bytes.count == count ? try header() : nil
    }

    /// The byte that came last, by its place.
    private func checkFixedPart() throws(ProxyViolation) {
        let last = bytes.count - 1
        switch last {
        case 0..<12: guard bytes[last] == Self.signature[last] else { throw .noSignature }
        case 12:
            guard bytes[last] >> 4 == 2 else { throw .versionUnknown }
            guard bytes[last] & 0x0F <= 1 else { throw .commandUnknown }
        case 13:
            // The family of LOCAL says nothing and is not looked at.
            guard isLocal || addressBytes != nil else { throw .familyUnknown }
        case 15:
            let length = Int(bytes[14]) << 8 + Int(bytes[15])
            guard Self.fixedBytes + length <= Self.maxBytes else { throw .tooLong }
            guard isLocal || length >= addressBytes ?? 0 else { throw .addressesTruncated }
        default: break
        }
    }

    private var isLocal: Bool { bytes[12] & 0x0F == 0 }

    /// Bytes of the two addresses and ports; nil for a family or transport that is not defined.
    private var addressBytes: Int? {
        switch bytes[13] {
        // Unspecified; TCP and UDP over IPv4; over IPv6; Unix stream and datagram.
        case 0x00: 0
        case 0x11, 0x12: 12
        case 0x21, 0x22: 36
        case 0x31, 0x32: 216
        default: nil
        }
    }

    private func header() throws(ProxyViolation) -> ProxyHeader {
        guard !isLocal, let addressBytes else { return .local }
        try checkFields(from: Self.fixedBytes + addressBytes)
        let source: IPAddress? =
            switch bytes[13] {
            case 0x11: IPAddress(networkOrder: bytes[16..<20])
            case 0x21: IPAddress(networkOrder: bytes[16..<32])
            default: nil
            }
        return source.map(ProxyHeader.client) ?? .local
    }

    /// The fields behind the addresses: type, length of two bytes, value (§2.2.7). Only the checksum means something here.
    private func checkFields(from start: Int) throws(ProxyViolation) {
        let checksumField: UInt8 = 0x03
        var index = start
        var hasChecksum = false
        while index < bytes.count {
            guard bytes.count - index >= 3 else { throw .fieldsMalformed }
            let value = index + 3
            let length = Int(bytes[index + 1]) << 8 + Int(bytes[index + 2])
            guard length <= bytes.count - value else { throw .fieldsMalformed }
            if bytes[index] == checksumField {
                guard length == 4, !hasChecksum else { throw .fieldsMalformed }
                hasChecksum = true
                let said = bytes[value..<(value + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                // Over the whole header, the checksum's own bytes as zeros.
                var checked = bytes
                for offset in 0..<4 { checked[value + offset] = 0 }
                guard CRC32C.checksum(checked) == said else { throw .checksumWrong }
            }
            index = value + length
        }
    }
}

/// CRC-32C (Castagnoli; RFC 3720 §B.4). A header is short and comes once a connection, so it is computed bit by bit.
enum CRC32C {
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var remainder = UInt32.max
        for byte in bytes {
            remainder ^= UInt32(byte)
            for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        return ~remainder
    }
}
