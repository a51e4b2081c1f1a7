/// permessage-deflate on one connection, as it was negotiated (RFC 7692 §7). Confined to the connection's loop (hence
/// `@unchecked Sendable`).
package final class NegotiatedCompression: @unchecked Sendable {
    package let parameters: CompressionParameters
    package let pool: CompressionPool
    private let minMessageBytes: Int
    private let deflatesWithContext: Bool
    private let inflatesWithContext: Bool
    /// The window that we compress with.
    private let windowBits: UInt8
    /// The connection's own, made with the first message; nil where no context is kept.
    private var deflater: Deflater?
    private var inflater: Inflater?
    private var reservedBytes = 0

    /// - Parameter minMessageBytes: in place of the policy's.
    package init(
        _ parameters: CompressionParameters, role: WebSocketRole, pool: CompressionPool, minMessageBytes: Int? = nil
    ) {
        self.parameters = parameters
        self.pool = pool
        self.minMessageBytes = minMessageBytes ?? pool.policy.minMessageBytes
        switch role {
        case .server:
            (deflatesWithContext, inflatesWithContext) = (parameters.serverKeepsContext, parameters.clientKeepsContext)
            windowBits = parameters.serverWindowBits ?? 15
        case .client:
            (deflatesWithContext, inflatesWithContext) = (parameters.clientKeepsContext, parameters.serverKeepsContext)
            windowBits = 15
        }
        if deflatesWithContext { reservedBytes += Deflater.memoryBytes(windowBits: windowBits) }
        if inflatesWithContext { reservedBytes += Inflater.memoryBytes }
        pool.reserveContext(reservedBytes)
    }

    /// One that no connection came to use is let go where it was made, on its loop.
    deinit { if reservedBytes > 0 { pool.releaseContext(reservedBytes) } }

    /// The connection is over: its contexts are freed.
    package func end() {
        pool.releaseContext(reservedBytes)
        reservedBytes = 0
        deflater = nil
        inflater = nil
    }

    // MARK: Sending

    /// A message of so many bytes is worth compressing.
    package func compresses(_ byteCount: Int) -> Bool { byteCount >= minMessageBytes }

    /// The most bytes of a message that is not compressed; negative when all are.
    package var maxPlainBytes: Int { minMessageBytes - 1 }

    /// What this connection's messages look like does not depend on it: a frame may be compressed once for all such.
    package var sharesFrames: Bool { !deflatesWithContext && windowBits == 15 }

    /// The payload of a message's frame. With a context every message that was compressed must be sent, in this order.
    package func compress(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        var out: [UInt8] = []
        writer().compress(message, using: pool.scratch, to: &out)
        return out
    }

    private func writer() -> Deflater {
        guard deflatesWithContext else { return pool.deflater(windowBits: windowBits) }
        if let deflater { return deflater }
        let made = Deflater(windowBits: windowBits, level: pool.policy.level)
        deflater = made
        return made
    }

    // MARK: Receiving

    /// What reads the next message.
    func borrowInflater() -> Inflater {
        guard inflatesWithContext else { return pool.borrowInflater() }
        if let inflater { return inflater }
        let made = Inflater()
        inflater = made
        return made
    }

    /// The message is whole. One that never will be takes its inflater with it.
    func giveBack(_ inflater: Inflater) {
        if !inflatesWithContext { pool.giveBack(inflater) }
    }
}
