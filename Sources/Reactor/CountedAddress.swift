internal import Glibc

/// What counts as one client where limits are kept by address: an IPv4 address, or the /64 of an IPv6 address, because
/// whoever has one address of a /64 has all of them (RFC 6177).
package struct CountedAddress: Hashable, Sendable {
    private enum Family: UInt8 {
        case unknown, ipv4, ipv6
    }

    private let family: Family
    private let bits: UInt64

    /// From a numeric address. An IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) is the same
    /// block as without. All texts that are no address are one block, so they cannot get around a limit.
    package init(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            family = .ipv4
            bits = UInt64(UInt32(bigEndian: four.s_addr))
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            let high = withUnsafeBytes(of: six) { Self.integer($0[..<8]) }
            let low = withUnsafeBytes(of: six) { Self.integer($0[8...]) }
            let isMapped = high == 0 && low >> 32 == 0xFFFF
            family = isMapped ? .ipv4 : .ipv6
            bits = isMapped ? low & 0xFFFF_FFFF : high
        } else {
            family = .unknown
            bits = 0
        }
    }

    private static func integer(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
