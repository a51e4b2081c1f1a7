/// Which peers are proxies of ours, and so whose word counts when they say for whom they speak. From anybody else the same
/// words are what a client wrote to look like another, and are not read.
package struct TrustedProxies: Sendable, Equatable {
    /// Who sent a request, as far as those who are trusted know.
    package struct Client: Sendable, Equatable {
        /// Numeric; of an IPv6 address the form of RFC 5952.
        package let address: String
        /// Whether the client's own connection was encrypted; nil when nobody who is trusted says.
        package let isSecure: Bool?

        package init(address: String, isSecure: Bool?) {
            self.address = address
            self.isSecure = isSecure
        }
    }

    /// Hops of one request that are looked at, from the nearest.
    package static let maxHops = 32
    /// Blocks of the configuration; every hop of a request is compared with all of them.
    package static let maxBlocks = 64

    package let blocks: [AddressBlock]
    /// Whether these peers begin every connection with a PROXY protocol header.
    package let speakProxyProtocol: Bool

    package init(_ blocks: [AddressBlock] = [], speakProxyProtocol: Bool = false) {
        self.blocks = blocks
        self.speakProxyProtocol = speakProxyProtocol
    }

    /// Reads blocks between commas. `.failure` says which of them is none, or that there are too many.
    package static func blocks(_ text: String) -> Result<[AddressBlock], Problem> {
        var blocks: [AddressBlock] = []
        for item in text.split(separator: ",") {
            let words = item.split(separator: " ")
            guard words.count == 1, let block = AddressBlock(words[0]) else {
                return .failure(.notABlock(String(item)))
            }
            blocks.append(block)
        }
        return blocks.count <= maxBlocks ? .success(blocks) : .failure(.tooMany)
    }

    package enum Problem: Error, Equatable {
        case notABlock(String)
        case tooMany
    }

    package func contains(_ address: IPAddress) -> Bool { blocks.contains { $0.contains(address) } }

    package func contains(peer: String) -> Bool { !blocks.isEmpty && IPAddress(peer).map(contains) == true }

    /// Whether a connection from this numeric address begins with a PROXY protocol header.
    package func greets(_ peer: String) -> Bool {
        speakProxyProtocol && contains(peer: peer)
    }

    /// The client of a request that came from `peer` (a numeric address) with these field values.
    ///
    /// Each proxy adds the address of its own peer on the right, so the list is read from the right for as long as the
    /// addresses are proxies of ours; the first that is not is the client, whatever it wrote to the left of itself. A
    /// client that writes the field that our proxies do not write makes two stories of one request: then the peer's own
    /// address is all that is known.
    package func client(
        peer: String, forwarded: [String], xForwardedFor: [String], xForwardedProto: [String]
    ) -> Client {
        guard !blocks.isEmpty, let proxy = IPAddress(peer), contains(proxy) else {
            return Client(address: peer, isSecure: nil)
        }
        let unknown = Client(address: proxy.description, isSecure: nil)
        guard let told = ForwardedField.hops(forwarded: forwarded) else { return unknown }
        switch (told.isEmpty, xForwardedFor.isEmpty) {
        case (true, true): return Client(address: unknown.address, isSecure: Self.isSecure(xForwardedProto))
        case (false, true):
            let (address, hop) = walk(from: proxy, told)
            return Client(address: address.description, isSecure: hop?.scheme.map { $0 == "https" })
        case (true, false):
            let (address, _) = walk(from: proxy, ForwardedField.hops(xForwardedFor: xForwardedFor))
            return Client(address: address.description, isSecure: Self.isSecure(xForwardedProto))
        case (false, false):
            let (address, hop) = walk(from: proxy, told)
            let (other, _) = walk(from: proxy, ForwardedField.hops(xForwardedFor: xForwardedFor))
            guard address == other else { return unknown }
            return Client(address: address.description, isSecure: hop?.scheme.map { $0 == "https" })
        }
    }

    /// The first address from the right that is no proxy of ours, or the last that could be read; and the hop that told it.
    private func walk(
        from proxy: IPAddress, _ hops: [ForwardedField.Hop]
    ) -> (IPAddress, ForwardedField.Hop?) {
        var address = proxy
        var teller: ForwardedField.Hop?
        for hop in hops.reversed().prefix(Self.maxHops) {
            guard contains(address), let next = hop.address else { break }
            address = next
            teller = hop
        }
        return (address, teller)
    }

    /// `X-Forwarded-Proto` has no list form of its own; the last word is the nearest proxy's.
    private static func isSecure(_ values: [String]) -> Bool? {
        let words = values.flatMap { $0.split(separator: ",") }.flatMap { $0.split(separator: " ") }
        return words.last.map { $0.lowercased() == "https" }
    }
}
