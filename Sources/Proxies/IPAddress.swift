/// An IPv4 or IPv6 address. An IPv4 address that is written or sent as an IPv6 one (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2)
/// is the IPv4 address: otherwise who can choose the spelling could be two clients.
package struct IPAddress: Hashable, Sendable {
    /// The 128 bits as IPv6; an IPv4 address stands in its mapped form.
    let high: UInt64
    let low: UInt64

    /// `::ffff:0:0`, the first half of `low` of every IPv4 address.
    private static let mapped: UInt64 = 0xFFFF_0000_0000

    package var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(ipv4 bits: UInt32) { self.init(high: 0, low: Self.mapped | UInt64(bits)) }

    /// The address of 4 or 16 bytes in network order; nil for any other number of them.
    package init?(networkOrder bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self.init(ipv4: bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self.init(
                high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }

    /// Reads `192.0.2.1` (four decimal numbers without leading zeros, which some readers take for octal) or an IPv6 address
    /// (RFC 4291 §2.2, any of its forms, without brackets and zone).
    package init?(_ text: String) { self.init(text[...]) }

    init?(_ text: Substring) {
        if text.utf8.contains(0x3A) {
            guard let groups = Self.groups(text) else { return nil }
            self.init(
                high: groups[..<4].reduce(0) { $0 << 16 | UInt64($1) },
                low: groups[4...].reduce(0) { $0 << 16 | UInt64($1) })
        } else {
            guard let bits = Self.ipv4(text) else { return nil }
            self.init(ipv4: bits)
        }
    }

    private static func ipv4(_ text: Substring) -> UInt32? {
        let parts = text.utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard let number = Decimal.number(part, atMost: 255) else { return nil }
            bits = bits << 8 | UInt32(number)
        }
        return bits
    }

    /// The eight groups of an IPv6 address; `::` stands for one or more groups of zero, once.
    private static func groups(_ text: Substring) -> [UInt16]? {
        let parts = text.utf8.split(separator: 0x3A, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts.count <= 9 else { return nil }
        var groups: [UInt16] = []
        var gap: Int?
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            if part.isEmpty {
                // An edge is empty only as half of a `::` that stands there.
                if index == 0 {
                    guard parts[1].isEmpty else { return nil }
                } else if isLast {
                    guard parts[index - 1].isEmpty else { return nil }
                } else {
                    guard gap == nil else { return nil }
                    gap = groups.count
                }
            } else if isLast, part.contains(0x2E) {
                guard let bits = ipv4(Substring(part)) else { return nil }
                groups += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
            } else {
                guard part.count <= 4, part.allSatisfy(isHexadecimal), let group = UInt16(Substring(part), radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        guard let gap else { return groups.count == 8 ? groups : nil }
        guard groups.count <= 7 else { return nil }
        groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        return groups
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// As RFC 5952 writes it: one spelling an address.
    package var description: String {
        if isIPv4 {
            return (0..<4).map { String(UInt8(truncatingIfNeeded: low >> (24 - 8 * UInt64($0)))) }.joined(
                separator: ".")
        }
        let groups = (0..<8).map { index in
            UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> (48 - 16 * UInt64(index % 4)))
        }
        let text = { (range: Range<Int>) in groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
        guard let gap = Self.longestZeros(groups) else { return text(0..<8) }
        return text(0..<gap.lowerBound) + "::" + text(gap.upperBound..<8)
    }

    /// The first of the longest runs of at least two zero groups (RFC 5952 §4.2).
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var longest: Range<Int>?
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count, groups[end] == 0 { end += 1 }
            if end - start >= 2, end - start > longest?.count ?? 0 { longest = start..<end }
            start = end + 1
        }
        return longest
    }
}

/// Decimal numbers as addresses, ports and prefixes have them.
enum Decimal {
    /// The number, without sign or leading zeros; nil when it is none or more than `limit` (at most 65,535).
    static func number(_ digits: some Collection<UInt8>, atMost limit: Int) -> Int? {
        guard let first = digits.first, digits.count <= 5, first != 0x30 || digits.count == 1 else { return nil }
        var number = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            number = number * 10 + Int(digit - 0x30)
        }
        return number <= limit ? number : nil
    }
}
