import TestSupport
import Testing

@testable import Proxies

@Suite("Addresses and blocks of them (RFC 4291, RFC 4632, RFC 5952)")
struct AddressTests {
    @Test(
        "An address has one spelling",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"),
            ("0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("::192.0.2.1", "::c000:201"), ("fe80::a:b", "fe80::a:b"),
        ])
    func spelling(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(
        "What is no address",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1.2.3.-4", "1.2.3.+4", "1.2.3.4 ", " 1.2.3.4", "1..2.3",
            "1.2.3.", ".1.2.3", "0x7f.0.0.1", "2130706433", "127.1", "1.2.3.4:80", ":", ":::", "::1::", "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:",
            "12345::",
            "g::", "+1::", "1::%eth0", "[::1]", "1.2.3.4::", "::1.2.3.4:5", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4",
            "localhost",
            "١.2.3.4", "1:::2",
        ])
    func noAddress(text: String) { #expect(IPAddress(text) == nil) }

    @Test(
        "A block holds its addresses and no other",
        arguments: [
            (
                "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
                ["9.255.255.255", "11.0.0.0", "::", "::a00:1"]
            ),
            ("192.0.2.7", ["192.0.2.7"], ["192.0.2.6", "192.0.2.8"]),
            ("192.0.2.7/32", ["192.0.2.7"], ["192.0.2.6"]),
            ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127", "192.0.3.128"]),
            ("0.0.0.0/0", ["1.2.3.4", "255.0.0.1"], ["::1", "2001:db8::1"]),
            ("::/0", ["::1", "2001:db8::1"], ["1.2.3.4"]),
            (
                "2001:db8::/32", ["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"],
                ["2001:db7:ffff::", "2001:db9::"]
            ),
            ("2001:db8::/64", ["2001:db8::ffff"], ["2001:db8:0:1::"]),
            ("2001:db8::8000:0:0:0/65", ["2001:db8::8000:0:0:1"], ["2001:db8::7fff:0:0:1"]),
            ("2001:db8::1/128", ["2001:db8::1"], ["2001:db8::2"]),
            ("::ffff:10.0.0.0/104", ["10.9.9.9"], ["11.0.0.0"]),
        ])
    func membership(block: String, inside: [String], outside: [String]) throws {
        let block = try #require(AddressBlock(block))
        for text in inside { #expect(block.contains(try #require(IPAddress(text))), "\(text) in \(block)") }
        for text in outside { #expect(!block.contains(try #require(IPAddress(text))), "\(text) in \(block)") }
        #expect(AddressBlock(block.description) == block)
    }

    @Test(
        "What is no block",
        arguments: [
            "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0.1/8", "::/129",
            "2001:db8::1/64", "10.0.0.0 /8", "10.0.0.0/255.0.0.0", "all", "::ffff:10.0.0.0/8",
        ])
    func noBlock(text: String) { #expect(AddressBlock(text) == nil) }

    @Test func membershipIsWhatTheBitsSay() throws {
        var random = SplitMix(seed: 11)
        for _ in 0..<2_000 {
            let bits = UInt32(truncatingIfNeeded: random.next())
            let other = UInt32(truncatingIfNeeded: random.next() & random.next() & random.next()) ^ bits
            let length = Int(random.next() % 33)
            let mask = length == 0 ? 0 : UInt32.max << UInt32(32 - length)
            let block = try #require(AddressBlock("\(IPAddress(ipv4: bits & mask))/\(length)"))
            #expect(block.contains(IPAddress(ipv4: other)) == (other & mask == bits & mask), "seed 11")
        }
    }
}

/// SplitMix64: the same numbers for the same seed.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
