internal import WebSocket

/// A loop's one buffer for what a connection writes inside its own callback: gathered here and sent with one call when the
/// callback ends, so that a burst of small answers costs no memory of the connection's own. Used by one connection at a
/// time. Confined to its loop.
final class WriteBuffer {
    /// Above the largest burst of a usual read; more than this goes to the connection's own queue.
    static let maxBytes = 64 * 1024

    private let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: maxBytes, alignment: 64)
    private(set) var count = 0

    deinit { storage.deallocate() }

    /// False, and nothing is taken, when there is no room for all of it.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= storage.count - count else { return false }
        UnsafeMutableRawBufferPointer(rebasing: storage[count...]).copyMemory(from: bytes)
        count += bytes.count
        return true
    }

    /// Like `append(_:)`, of a server's frame.
    func append(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer) -> Bool {
        let written = WebSocketEncoder.write(
            opcode, payload, to: UnsafeMutableRawBufferPointer(rebasing: storage[count...]))
        count += written
        return written > 0
    }

    /// What was gathered; valid until the next `append`.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }

    func removeAll() { count = 0 }
}
