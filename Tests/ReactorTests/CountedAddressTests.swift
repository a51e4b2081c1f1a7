import Reactor
import Testing

@Suite("Blocks of addresses")
struct CountedAddressTests {
    @Test(
        "One client, however its address is written",
        arguments: [
            ("192.0.2.1", "::ffff:192.0.2.1"), ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
            ("2001:0DB8:0001:0002::9", "2001:db8:1:2::1"), ("nonsense", ""), ("1.2.3", "1.2.3.4.5"),
        ])
    func same(_ left: String, _ right: String) { #expect(CountedAddress(left) == CountedAddress(right)) }

    @Test(
        "Different clients",
        arguments: [
            ("192.0.2.1", "192.0.2.2"), ("2001:db8:1:2::1", "2001:db8:1:3::1"), ("::c000:201", "192.0.2.1"),
            ("0.0.0.0", "::"), ("0.0.0.0", "nonsense"), ("::1", "127.0.0.1"), ("::", "nonsense"),
            ("::fffe:192.0.2.1", "::ffff:192.0.2.1"),
        ])
    func different(_ left: String, _ right: String) { #expect(CountedAddress(left) != CountedAddress(right)) }
}
