internal import CZlib

/// zlib's raw inflate: the blocks of RFC 1951, one after the other, whatever blocks say that they are the last.
///
/// Owns memory of zlib's and is not safe to share; `@unchecked Sendable` because each is used by one owner on one loop.
package final class Inflater: @unchecked Sendable {
    /// What one holds: zlib's state (some 7 KiB) and the largest window.
    package static let memoryBytes = 40 * 1024
    /// What a sender leaves out at the end of each message: an empty stored block without its first byte (RFC 7692 §7.2.1).
    static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

    /// What one step came to.
    enum Step: Equatable {
        /// The input is used up, and nothing more can be made of it.
        case needsInput
        /// The output is full or a stream of blocks ended: there may be more.
        case goesOn
        /// Not deflate.
        case invalid
    }

    /// zlib keeps the address, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    /// Between two blocks, and between two bytes: where a message may end.
    private(set) var isAtBoundary = true

    package init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Raw, and with the largest window: it reads what any smaller one wrote.
        let result = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "there is memory")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Forgets everything: what comes now can refer to nothing before it.
    func reset() {
        inflateReset(stream)
        isAtBoundary = true
    }

    /// Inflates from the front of `input`, which then begins behind what was used, into `output`. Call again after
    /// `goesOn`.
    func step(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> (step: Step, produced: Int) {
        let offered = UInt32(clamping: input.count)
        let room = UInt32(clamping: output.count)
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = offered
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = room
        let result = inflate(stream, Z_SYNC_FLUSH)
        let used = Int(offered - stream.pointee.avail_in)
        let produced = Int(room - stream.pointee.avail_out)
        input = UnsafeRawBufferPointer(rebasing: input.dropFirst(used))
        switch result {
        case Z_OK, Z_BUF_ERROR:
            // Bit 7: a block has ended and no other has begun; the low six: bits of a byte that are left.
            if used > 0 || produced > 0 {
                isAtBoundary = stream.pointee.data_type & 0x80 != 0 && stream.pointee.data_type & 0x3F == 0
            }
            return (stream.pointee.avail_out == 0 || !input.isEmpty ? .goesOn : .needsInput, produced)
        case Z_STREAM_END:
            // A block said that it is the last; what follows it in the message still refers to the window.
            inflateResetKeep(stream)
            isAtBoundary = true
            return (input.isEmpty ? .needsInput : .goesOn, produced)
        default: return (.invalid, produced)
        }
    }
}
