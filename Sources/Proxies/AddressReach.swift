/// Where an address leads: to the public internet, to this machine, or to what the internet does not route.
package enum AddressReach: Equatable, Sendable {
    case global
    case loopback
    /// A private, shared, link-local, multicast or reserved range, or one that carries another address inside; `source` is the
    /// document that says so.
    case special(source: String)
}

extension IPAddress {
    /// By IANA's special-purpose registries (RFC 6890). Of IPv6 only global unicast (`2000::/3`, RFC 4291 §2.4) is global, so that
    /// what is assigned later is not let through by mistake. Addresses that carry an IPv4 address (6to4, Teredo, NAT64) are
    /// special whatever they carry; a mapped one is that IPv4 address.
    package var reach: AddressReach {
        if let row = SpecialAddresses.table.first(where: { $0.block.contains(self) }) {
            return row.isLoopback ? .loopback : .special(source: row.source)
        }
        return isIPv4 || high >> 61 == 0b001 ? .global : .special(source: "RFC 4291")
    }
}

/// The ranges that are not the public internet's, each with its document.
package enum SpecialAddresses {
    package struct Row: Sendable {
        package let block: AddressBlock
        package let source: String
        let isLoopback: Bool
    }

    package static let table: [Row] = ranges.compactMap { text, source in
        AddressBlock(text).map { Row(block: $0, source: source, isLoopback: loopback.contains(text)) }
    }

    private static let loopback: Set<String> = ["127.0.0.0/8", "::1/128"]

    package static let ranges: [(block: String, source: String)] = [
        // "This network".
        ("0.0.0.0/8", "RFC 791 §3.2"),
        ("10.0.0.0/8", "RFC 1918"),
        // Between a provider and its customers (CGNAT).
        ("100.64.0.0/10", "RFC 6598"),
        ("127.0.0.0/8", "RFC 1122 §3.2.1.3"),
        // Link-local; clouds answer there with credentials.
        ("169.254.0.0/16", "RFC 3927"),
        ("172.16.0.0/12", "RFC 1918"),
        ("192.0.0.0/24", "RFC 6890 §2.1"),
        ("192.0.2.0/24", "RFC 5737"),
        ("192.88.99.0/24", "RFC 7526"),
        ("192.168.0.0/16", "RFC 1918"),
        // Benchmarks.
        ("198.18.0.0/15", "RFC 2544"),
        ("198.51.100.0/24", "RFC 5737"),
        ("203.0.113.0/24", "RFC 5737"),
        // Multicast.
        ("224.0.0.0/4", "RFC 5771"),
        // Reserved, with the broadcast address.
        ("240.0.0.0/4", "RFC 1112 §4"),
        ("::/128", "RFC 4291 §2.5.2"),
        ("::1/128", "RFC 4291 §2.5.3"),
        // Carries IPv4 (NAT64).
        ("64:ff9b::/96", "RFC 6052"),
        ("64:ff9b:1::/48", "RFC 8215"),
        // Discarded.
        ("100::/64", "RFC 6666"),
        // Of the IETF's own; Teredo (RFC 4380), which carries IPv4, and ORCHID (RFC 7343) stand in it.
        ("2001::/23", "RFC 2928"),
        ("2001:db8::/32", "RFC 3849"),
        // Carries IPv4 (6to4).
        ("2002::/16", "RFC 3056"),
        ("3fff::/20", "RFC 9637"),
        // Segment routing.
        ("5f00::/16", "RFC 9602"),
        // Unique local.
        ("fc00::/7", "RFC 4193"),
        ("fe80::/10", "RFC 4291 §2.5.6"),
        ("fec0::/10", "RFC 3879"),
        ("ff00::/8", "RFC 4291 §2.7"),
    ]
}
