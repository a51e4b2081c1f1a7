/// Compressors of one loop, which its connections borrow for the length of a message, and its memory for contexts.
///
/// Confined to the loop that it is made for (hence `@unchecked Sendable`).
package final class CompressionPool: @unchecked Sendable {
    /// Pieces in which bytes come out of zlib: most messages are one.
    package static let maxPieceBytes = 64 * 1024
    /// Inflaters that are kept while nobody needs them. A message that is not whole holds one, so a loop needs more only
    /// while many messages come in pieces.
    package static let maxIdleInflaters = 8

    package let policy: CompressionPolicy
    /// What contexts of connections hold.
    package private(set) var contextBytes = 0
    private var idleInflaters: [Inflater] = []
    /// One for each window size, made when it is first needed.
    private var deflaters: [UInt8: Deflater] = [:]
    /// Where a step of zlib leaves its output until it is copied away, within the same call.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: maxPieceBytes, alignment: 16)

    package init(policy: CompressionPolicy = CompressionPolicy()) { self.policy = policy }

    deinit { scratch.deallocate() }

    /// What the policy and the memory left for contexts answer to offers; nil: no compression.
    package func answer(to offers: [ExtensionOffer]) -> CompressionParameters? {
        policy.answer(to: offers, freeContextBytes: policy.maxContextBytes - contextBytes)
    }

    /// An inflater without a past.
    func borrowInflater() -> Inflater { idleInflaters.popLast() ?? Inflater() }

    func giveBack(_ inflater: Inflater) {
        guard idleInflaters.count < Self.maxIdleInflaters else { return }
        inflater.reset()
        idleInflaters.append(inflater)
    }

    /// A deflater without a past, for the message at hand.
    func deflater(windowBits: UInt8) -> Deflater {
        if let deflater = deflaters[windowBits] {
            deflater.reset()
            return deflater
        }
        let deflater = Deflater(windowBits: windowBits, level: policy.level)
        deflaters[windowBits] = deflater
        return deflater
    }

    func reserveContext(_ bytes: Int) { contextBytes += bytes }
    func releaseContext(_ bytes: Int) { contextBytes -= bytes }
}
