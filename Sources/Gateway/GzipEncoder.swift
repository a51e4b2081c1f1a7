internal import CZlib

/// Makes gzip members (RFC 1952) of whole contents. Confined to one loop, or to the one call that made it: zlib's state is
/// allocated once and reset for each content.
final class GzipEncoder: @unchecked Sendable {
    /// zlib keeps a pointer to its stream, so that it may not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private let isReady: Bool

    /// `level`: 1 is the fastest, 9 the smallest.
    init(level: Int32) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 bits of window, plus 16: the frame is gzip's, without name and time, so that equal contents give equal bytes.
        let status = deflateInit2_(
            stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        isReady = status == Z_OK
    }

    deinit {
        if isReady { deflateEnd(stream) }
        stream.deallocate()
    }

    /// The content as one member. Nil when zlib has no memory, and, unless it `mayGrow`, when it would not become smaller.
    func encode(_ content: [UInt8], mayGrow: Bool = false) -> [UInt8]? {
        guard isReady, content.count < Int32.max, deflateReset(stream) == Z_OK else { return nil }
        let room = mayGrow ? Int(deflateBound(stream, UInt(content.count))) : content.count
        var isWhole = false
        let coded = [UInt8](unsafeUninitializedCapacity: room) { output, count in
            content.withUnsafeBufferPointer { input in
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(room)
                isWhole = deflate(stream, Z_FINISH) == Z_STREAM_END
                count = room - Int(stream.pointee.avail_out)
            }
        }
        return isWhole && (mayGrow || coded.count < content.count) ? coded : nil
    }
}
