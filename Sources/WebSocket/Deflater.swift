internal import CZlib

/// zlib's raw deflate, a message at a time (RFC 7692 §7.2.1).
///
/// Owns memory of zlib's and is not safe to share; `@unchecked Sendable` because each is used by one owner on one loop.
package final class Deflater: @unchecked Sendable {
    /// zlib's `memLevel`, its default: 2^(8 + 9) bytes beside the window.
    private static let memoryLevel: Int32 = 8

    /// What one holds with a window of 2^`windowBits` bytes (zconf.h), and zlib's state of some 6 KiB.
    package static func memoryBytes(windowBits: UInt8) -> Int {
        (4 << Int(windowBits)) + (1 << (Int(memoryLevel) + 9)) + 8 * 1024
    }

    /// zlib keeps the address, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    /// `windowBits` is one of `CompressionParameters.writableWindowBits`; `level` is zlib's, 1…9.
    package init(windowBits: UInt8, level: Int32) {
        precondition(CompressionParameters.writableWindowBits.contains(windowBits), "zlib can write with this window")
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let result = deflateInit2_(
            stream, level, Z_DEFLATED, -Int32(windowBits), Self.memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "there is memory, and the level is one of zlib's")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Forgets everything: the next message refers to nothing before it.
    func reset() { deflateReset(stream) }

    /// Appends a message, compressed, without the four bytes that every one would end with. `scratch` is memory to work
    /// in, at least 16 bytes.
    func compress(
        _ message: UnsafeRawBufferPointer, using scratch: UnsafeMutableRawBufferPointer, to out: inout [UInt8]
    ) {
        guard !message.isEmpty else {
            // zlib does not flush what it has nothing of; this is an empty stored block without its last four bytes.
            return out.append(0)
        }
        precondition(message.count <= Int(UInt32.max), "a message of ours is bounded")
        stream.pointee.next_in = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(message.count)
        repeat {
            stream.pointee.next_out = scratch.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(clamping: scratch.count)
            let before = stream.pointee.avail_out
            let result = deflate(stream, Z_SYNC_FLUSH)
            precondition(result == Z_OK || result == Z_BUF_ERROR, "zlib's state is sound")
            out.append(contentsOf: UnsafeRawBufferPointer(scratch).prefix(Int(before - stream.pointee.avail_out)))
        } while stream.pointee.avail_out == 0
        precondition(out.suffix(Inflater.tail.count) == Inflater.tail[...], "a flush ends with an empty stored block")
        out.removeLast(Inflater.tail.count)
    }
}
