/// The classes of bytes that RFC 9110 §5.6 and RFC 3986 §2 name.
enum Octet {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let percent: UInt8 = 0x25
    static let ampersand: UInt8 = 0x26
    static let plus: UInt8 = 0x2B
    static let comma: UInt8 = 0x2C
    static let dot: UInt8 = 0x2E
    static let slash: UInt8 = 0x2F
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let equals: UInt8 = 0x3D
    static let question: UInt8 = 0x3F
    static let backslash: UInt8 = 0x5C

    /// `tchar` (RFC 9110 §5.6.2).
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x7C, 0x7E: true
        default: false
        }
    }

    /// A control character: C0 or DEL. HTAB is one too; who allows it asks for it by name.
    static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    static func isOptionalSpace(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    /// The value of a hexadecimal digit, nil for any other byte.
    static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    /// What may stand in a path besides `%` and `/`: `pchar` (RFC 3986 §3.3), and `[`, `]`, `|`, which the URL Standard
    /// lets browsers send unescaped.
    static func isPathCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x24, 0x26...0x2E, 0x30...0x3B, 0x3D, 0x40...0x5B, 0x5D, 0x5F, 0x61...0x7A, 0x7C, 0x7E: true
        default: false
        }
    }

    /// What may stand in a query besides `%`: path characters, `/`, `?`, and what the URL Standard leaves unescaped.
    static func isQueryCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2F, 0x3F, 0x5C, 0x5E, 0x60, 0x7B, 0x7D: true
        default: isPathCharacter(byte)
        }
    }

    /// What may stand in a host name: `unreserved` (RFC 3986 §2.3). A registered name may also hold `sub-delims` and
    /// escapes (§3.2.2); no host has them, and a comma is what joining two `Host` fields leaves behind.
    static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2D, 0x2E, 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A, 0x7E: true
        default: false
        }
    }

    /// ASCII lower case; other bytes unchanged.
    static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

    /// `bytes` without the spaces and tabs at both ends (`OWS`, RFC 9110 §5.6.3).
    static func trimmed<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes) -> Bytes
    where Bytes.SubSequence == Bytes {
        var bytes = bytes
        while let first = bytes.first, isOptionalSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isOptionalSpace(last) { bytes.removeLast() }
        return bytes
    }
}
