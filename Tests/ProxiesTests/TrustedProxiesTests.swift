import Testing

@testable import Proxies

@Suite("Who a request is from (RFC 7239)")
struct TrustedProxiesTests {
    private func client(
        from peer: String = "10.0.0.1", forwarded: [String] = [], for list: [String] = [], proto: [String] = []
    ) throws -> TrustedProxies.Client {
        let blocks = try TrustedProxies.blocks("10.0.0.0/8, 2001:db8::/32").get()
        return TrustedProxies(blocks)
            .client(peer: peer, forwarded: forwarded, xForwardedFor: list, xForwardedProto: proto)
    }

    @Test func whoIsNotTrustedSpeaksForItself() throws {
        for peer in ["192.0.2.9", "2001:db9::1", "::ffff:192.0.2.9"] {
            let told = try client(from: peer, forwarded: ["for=1.2.3.4;proto=https"])
            #expect(told == TrustedProxies.Client(address: peer, isSecure: nil))
            #expect(try client(from: peer, for: ["1.2.3.4"], proto: ["https"]).address == peer)
            #expect(try client(from: peer, proto: ["https"]).isSecure == nil)
        }
        let nobody = TrustedProxies().client(
            peer: "10.0.0.1", forwarded: [], xForwardedFor: ["1.2.3.4"], xForwardedProto: ["https"])
        #expect(nobody == TrustedProxies.Client(address: "10.0.0.1", isSecure: nil))
    }

    @Test(
        "The first address from the right that is no proxy of ours is the client's",
        arguments: [
            (["192.0.2.1"], "192.0.2.1"), (["1.1.1.1, 192.0.2.1"], "192.0.2.1"),
            (["1.1.1.1", "192.0.2.1"], "192.0.2.1"),
            (["192.0.2.1, 10.0.0.2, 10.3.3.3"], "192.0.2.1"), (["192.0.2.1", "10.0.0.2"], "192.0.2.1"),
            (["10.0.0.9, 10.0.0.2"], "10.0.0.9"), (["1.1.1.1,192.0.2.1 , 2001:db8::7"], "192.0.2.1"),
            (["192.0.2.1:4711"], "192.0.2.1"), (["[2001:db9::1]:4711"], "2001:db9::1"),
            (["2001:DB9:0::1"], "2001:db9::1"),
            (["::ffff:192.0.2.1"], "192.0.2.1"), (["::ffff:10.0.0.9", "10.0.0.3"], "10.0.0.9"),
            // What cannot be read ends the walk at the last address that was told.
            (["192.0.2.1, nonsense"], "10.0.0.1"), (["192.0.2.1, nonsense, 10.0.0.2"], "10.0.0.2"),
            (["192.0.2.1, , 10.0.0.2"], "10.0.0.2"), ([""], "10.0.0.1"), (["unknown"], "10.0.0.1"),
            (["192.0.2.1:99999"], "10.0.0.1"), (["192.0.2.1:"], "10.0.0.1"), (["[192.0.2.1]"], "10.0.0.1"),
        ])
    func xForwardedFor(values: [String], expected: String) throws {
        #expect(try client(for: values).address == expected)
    }

    @Test(
        "Forwarded is read by its grammar",
        arguments: [
            (["for=192.0.2.43"], "192.0.2.43"), (["For=\"[2001:db9:cafe::17]:4711\""], "2001:db9:cafe::17"),
            (["for=192.0.2.60;proto=http;by=203.0.113.43"], "192.0.2.60"),
            (["for=192.0.2.43, for=198.51.100.17"], "198.51.100.17"),
            (["for=192.0.2.43", "for=10.0.0.7"], "192.0.2.43"), (["for=\"192.0.2.43:47011\""], "192.0.2.43"),
            (["for=1.1.1.1, for=192.0.2.43;by=\"a,b;c\", for=10.0.0.8"], "192.0.2.43"),
            ([#"for="192.0.2.4\3""#], "192.0.2.43"), (["for=\"192.0.2.43:_port\""], "192.0.2.43"),
            ([", for=192.0.2.43 ,"], "192.0.2.43"),
            // Not told.
            (["for=unknown"], "10.0.0.1"), (["for=_hidden"], "10.0.0.1"), (["for=_hidden, for=10.0.0.4"], "10.0.0.4"),
            (["proto=https"], "10.0.0.1"), (["for=2001"], "10.0.0.1"), (["for=\"2001:db9::1\""], "10.0.0.1"),
            // Not Forwarded at all.
            (["for=[2001:db9::1]"], "10.0.0.1"), (["for=1.2.3.4:80"], "10.0.0.1"), (["for = 1.2.3.4"], "10.0.0.1"),
            (["for=1.2.3.4;for=5.6.7.8"], "10.0.0.1"), (["for=\"1.2.3.4"], "10.0.0.1"), (["1.2.3.4"], "10.0.0.1"),
            (["for=1.2.3.4;"], "10.0.0.1"), (["for=1.2.3.4 for=5.6.7.8"], "10.0.0.1"), (["for="], "10.0.0.1"),
            (["=1.2.3.4"], "10.0.0.1"), (["for=\"1.2.3.4\\"], "10.0.0.1"), ([""], "10.0.0.1"),
        ])
    func forwarded(values: [String], expected: String) throws {
        #expect(try client(forwarded: values).address == expected)
    }

    @Test func twoStoriesAreNone() throws {
        #expect(try client(forwarded: ["for=192.0.2.1"], for: ["192.0.2.1"]).address == "192.0.2.1")
        #expect(try client(forwarded: ["for=192.0.2.2"], for: ["192.0.2.1"]).address == "10.0.0.1")
        #expect(try client(forwarded: ["for=nonsense;;"], for: ["192.0.2.1"]).address == "10.0.0.1")
    }

    @Test func theSchemeIsTheNearestWord() throws {
        #expect(try client(proto: ["https"]).isSecure == true)
        #expect(try client(proto: ["HTTP"]).isSecure == false)
        #expect(try client(proto: ["https, http"]).isSecure == false)
        #expect(try client(proto: [""]).isSecure == nil)
        #expect(try client().isSecure == nil)
        #expect(try client(forwarded: ["for=192.0.2.1;proto=https"]).isSecure == true)
        #expect(try client(forwarded: ["for=192.0.2.1;proto=https, for=10.0.0.2;proto=http"]).isSecure == true)
        #expect(try client(forwarded: ["for=192.0.2.1"], proto: ["https"]).isSecure == nil)
    }

    @Test func aLongChainIsWalkedToItsBound() throws {
        let proxies = Array(repeating: "10.0.0.2", count: TrustedProxies.maxHops)
        #expect(try client(for: ["192.0.2.1"] + proxies.dropLast()).address == "192.0.2.1")
        #expect(try client(for: ["192.0.2.1"] + proxies).address == "10.0.0.2")
    }

    @Test func theConfigurationIsReadWhole() throws {
        #expect(try TrustedProxies.blocks("10.0.0.0/8,::1").get().count == 2)
        #expect(TrustedProxies.blocks("10.0.0.0/8,nonsense") == .failure(.notABlock("nonsense")))
        #expect(TrustedProxies.blocks("10.0.0.0/8 ::1") == .failure(.notABlock("10.0.0.0/8 ::1")))
        let many = (0...TrustedProxies.maxBlocks).map { "10.0.\($0).0/24" }
        #expect(TrustedProxies.blocks(many.joined(separator: ",")) == .failure(.tooMany))
        #expect(
            try TrustedProxies.blocks(many.dropLast().joined(separator: ",")).get().count == TrustedProxies.maxBlocks)
    }
}
