/// How messages are compressed on one connection: permessage-deflate with its four parameters (RFC 7692 §7.1), as a server
/// answers an offer. Window sizes are binary logarithms of bytes.
package struct CompressionParameters: Equatable, Sendable {
    /// The name of the extension.
    package static let name = "permessage-deflate"
    /// Window sizes that the extension knows.
    package static let windowBits: ClosedRange<UInt8> = 8...15
    /// The smallest window that we can compress with: zlib has no raw deflate with one of 256 bytes.
    package static let minWindowBits: UInt8 = 9
    package static let writableWindowBits = minWindowBits...15

    /// The server's messages may refer to what it sent before. False: `server_no_context_takeover`.
    package var serverKeepsContext = false
    /// The client's messages may refer to what it sent before. False: `client_no_context_takeover`.
    package var clientKeepsContext = false
    /// The window that the server compresses with, 9…15, where the client bounds it: `server_max_window_bits`.
    package var serverWindowBits: UInt8?

    package init(
        serverKeepsContext: Bool = false, clientKeepsContext: Bool = false, serverWindowBits: UInt8? = nil
    ) {
        self.serverKeepsContext = serverKeepsContext
        self.clientKeepsContext = clientKeepsContext
        self.serverWindowBits = serverWindowBits
    }

    /// The value of `Sec-WebSocket-Extensions` in the response. A server may rule out both contexts whether or not it was
    /// asked to (§7.1.1). `client_max_window_bits` is never answered: any window can be read.
    package var response: String {
        var text = Self.name
        if !serverKeepsContext { text += "; server_no_context_takeover" }
        if !clientKeepsContext { text += "; client_no_context_takeover" }
        if let serverWindowBits { text += "; server_max_window_bits=\(serverWindowBits)" }
        return text
    }

    /// The parameters of an offer with the most that the client allows, or nil when it is to be declined (§7.1): another
    /// extension, a parameter that is unknown, stands twice or has a value that it cannot have, or a window that we cannot
    /// write. Without `server_no_context_takeover` a client can follow our context, without `client_no_context_takeover`
    /// it would use its own.
    package init?(accepting offer: ExtensionOffer) {
        guard offer.name == Self.name else { return nil }
        self.init(serverKeepsContext: true, clientKeepsContext: true)
        var seen: Set<String> = []
        for parameter in offer.parameters {
            guard seen.insert(parameter.name).inserted else { return nil }
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil): serverKeepsContext = false
            case ("client_no_context_takeover", nil): clientKeepsContext = false
            case ("server_max_window_bits", let value?):
                guard let bits = Self.windowBits(value), Self.writableWindowBits.contains(bits) else { return nil }
                serverWindowBits = bits
            case ("client_max_window_bits", nil): break
            case ("client_max_window_bits", let value?): guard Self.windowBits(value) != nil else { return nil }
            default: return nil
            }
        }
    }

    /// A decimal number from 8 to 15 without leading zeros (§7.1.2.1).
    private static func windowBits(_ text: String) -> UInt8? {
        guard text.utf8.first != UInt8(ascii: "0"), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let bits = UInt8(text), windowBits.contains(bits)
        else { return nil }
        return bits
    }
}
