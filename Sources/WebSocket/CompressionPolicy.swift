/// Whether and how a server compresses messages.
///
/// A connection that keeps a context holds a compressor's memory for as long as it lives; one that does not borrows one for
/// the length of a message, and a frame that many get is compressed once for all of them. So contexts are off unless there
/// is a budget for them.
package struct CompressionPolicy: Equatable, Sendable {
    /// False: every offer is declined.
    package var isEnabled = true
    /// Messages of fewer bytes are sent as they are: they fit one packet anyway.
    package var minMessageBytes = 512
    /// zlib's level, 1…9: above this the work grows faster than what it saves in JSON of some KiB.
    package var level: Int32 = 2
    /// Memory for the contexts of all connections of one loop. Each direction of a connection is paid for by itself; what
    /// does not fit is negotiated without a context.
    package var maxContextBytes = 0

    package init() {}

    /// The parameters of the first offer that can be accepted, or nil: no compression (RFC 7692 §5). Contexts that are not
    /// ruled out are kept while `freeContextBytes` lasts, the server's first: most bytes go to clients.
    package func answer(to offers: [ExtensionOffer], freeContextBytes: Int) -> CompressionParameters? {
        guard isEnabled else { return nil }
        for offer in offers {
            guard var parameters = CompressionParameters(accepting: offer) else { continue }
            var free = freeContextBytes
            let deflater = Deflater.memoryBytes(windowBits: parameters.serverWindowBits ?? 15)
            parameters.serverKeepsContext = parameters.serverKeepsContext && deflater <= free
            if parameters.serverKeepsContext { free -= deflater }
            parameters.clientKeepsContext = parameters.clientKeepsContext && Inflater.memoryBytes <= free
            return parameters
        }
        return nil
    }
}
