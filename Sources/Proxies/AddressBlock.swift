/// A block of addresses (CIDR, RFC 4632 §3.1, RFC 4291 §2.3): `10.0.0.0/8`, `2001:db8::/32`, or one address.
package struct AddressBlock: Hashable, Sendable, CustomStringConvertible {
    private let first: IPAddress
    /// Bits that an address shares with `first`, of 128.
    private let prefix: Int

    /// Nil when it is not one address, or an address, a slash and a decimal length, or when bits behind that length are set:
    /// `10.1.2.3/8` was meant to be another block.
    package init?(_ text: String) { self.init(text[...]) }

    init?(_ text: Substring) {
        let parts = text.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(Substring(parts[0])) else { return nil }
        // A mapped address that is written as IPv6 counts its prefix as IPv6.
        let isShort = address.isIPv4 && !parts[0].contains(0x3A)
        var prefix = 128
        if parts.count == 2 {
            guard let length = Decimal.number(parts[1], atMost: isShort ? 32 : 128) else { return nil }
            prefix = isShort ? 96 + length : length
        }
        guard Self.masked(address, prefix) == address else { return nil }
        first = address
        self.prefix = prefix
    }

    /// An IPv6 block holds no IPv4 address, not even `::/0`: who trusts a part of IPv6 did not think of the mapped ones.
    package func contains(_ address: IPAddress) -> Bool {
        first.isIPv4 == address.isIPv4 && Self.masked(address, prefix) == first
    }

    private static func masked(_ address: IPAddress, _ prefix: Int) -> IPAddress {
        // Shifts by the whole width or more give zero, which is what they should.
        let high = prefix >= 64 ? UInt64.max : ~(UInt64.max >> UInt64(prefix))
        let low = prefix <= 64 ? 0 : ~(UInt64.max >> UInt64(prefix - 64))
        return IPAddress(high: address.high & high, low: address.low & low)
    }

    package var description: String { "\(first)/\(first.isIPv4 ? prefix - 96 : prefix)" }
}
