import JSON
import Testing
import WebSocket

@Suite("Negotiating compression (RFC 7692 §5 and §7.1)")
struct CompressionOfferTests {
    @Test("what a server answers", arguments: try WebSocketVector.load("compression-offers"))
    func answers(_ vector: WebSocketVector) throws {
        let lines = try #require(vector["offers"]?.array).compactMap(\.string)
        let expected = try vector.require("expect")
        guard expected.string != "malformed" else {
            #expect(throws: ExtensionOffer.Malformed.self) { try ExtensionOffer.parse(lines) }
            return
        }
        let free = Int(vector["contextBytes"]?.integer ?? 0)
        let answer = CompressionPolicy().answer(to: try ExtensionOffer.parse(lines), freeContextBytes: free)
        #expect(answer?.response == expected["response"]?.string)
    }

    @Test("a server that does not compress declines every offer")
    func off() throws {
        var policy = CompressionPolicy()
        policy.isEnabled = false
        let offers = try ExtensionOffer.parse(["permessage-deflate, permessage-deflate; client_max_window_bits"])
        #expect(policy.answer(to: offers, freeContextBytes: .max) == nil)
    }

    @Test("an offer is kept with its parameters in order")
    func parsing() throws {
        let offers = try ExtensionOffer.parse([#"a; b; c=1; d="x\y" , e"#, "f;g=h"])
        #expect(
            offers == [
                ExtensionOffer("a", [.init("b"), .init("c", "1"), .init("d", "xy")]), ExtensionOffer("e"),
                ExtensionOffer("f", [.init("g", "h")]),
            ])
    }

    @Test("what is kept of a field is bounded")
    func bounds() throws {
        let offer = "x" + String(repeating: "; y", count: 1_000)
        let offers = try ExtensionOffer.parse([String](repeating: offer, count: 1_000))
        #expect(offers.count == ExtensionOffer.maxOffers)
        #expect(offers.allSatisfy { $0.parameters.count == ExtensionOffer.maxParameters })
    }

    @Test("memory for contexts is given while there is some, and comes back")
    func contextBudget() throws {
        var policy = CompressionPolicy()
        let one = Deflater.memoryBytes(windowBits: 15) + Inflater.memoryBytes
        policy.maxContextBytes = 2 * one
        let pool = CompressionPool(policy: policy)
        let offers = try ExtensionOffer.parse(["permessage-deflate"])
        func connect() -> NegotiatedCompression? {
            pool.answer(to: offers).map { NegotiatedCompression($0, role: .server, pool: pool) }
        }
        let connections = (0..<3).compactMap { _ in connect() }
        #expect(connections.map(\.parameters.serverKeepsContext) == [true, true, false])
        #expect(connections.map(\.parameters.clientKeepsContext) == [true, true, false])
        #expect(pool.contextBytes == 2 * one)
        connections[0].end()
        connections[0].end()
        connections[2].end()
        #expect(pool.contextBytes == one)
        #expect(connect() != nil)
        #expect(pool.contextBytes == one, "nobody keeps it")
        #expect(connect()?.parameters == CompressionParameters(serverKeepsContext: true, clientKeepsContext: true))
        withExtendedLifetime(connections) {}
    }
}
