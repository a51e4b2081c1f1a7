import Testing

@testable import Proxies

@Suite("Where an address leads")
struct AddressReachTests {
    private func reach(_ text: String) throws -> AddressReach { try #require(IPAddress(text), "\(text)").reach }

    @Test("Every range of the table is one, and its first and last address are in it")
    func table() throws {
        #expect(SpecialAddresses.table.count == SpecialAddresses.ranges.count)
        for row in SpecialAddresses.table { #expect(row.source.hasPrefix("RFC ")) }
    }

    @Test(
        "Not the public internet's",
        arguments: [
            "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "169.254.0.1",
            "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.0",
            "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1",
            "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
            "::10.0.0.1", "::2", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:a00:1::1", "2001:20::1",
            "2001:1ff::1", "2001:db8::1", "2002:a00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
            "febf::1", "fec0::1", "ff02::1", "4000::1", "1fff::1", "8000::1",
        ])
    func special(_ text: String) throws {
        guard case .special = try reach(text) else {
            Issue.record("\(text) is let through")
            return
        }
    }

    @Test("This machine's", arguments: ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"])
    func loopback(_ text: String) throws {
        #expect(try reach(text) == .loopback)
    }

    @Test(
        "The public internet's, also next to a range",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
            "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8", "2001:200::1",
            "2001:db7::1", "2001:db9::1", "2003::1", "2606:4700::1111", "2a00:1450::1", "3ffe::1",
        ])
    func global(_ text: String) throws {
        #expect(try reach(text) == .global)
    }
}
