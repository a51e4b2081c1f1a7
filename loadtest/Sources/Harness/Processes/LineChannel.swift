internal import CLinux
internal import Glibc
internal import JSON
internal import Reactor

/// One end of a socket pair between two processes of a run: JSON documents, one a line. Confined to the driver's loop.
final class LineChannel: Pollable {
    /// A part's results with all its buckets, with room.
    private static let maxLineBytes = 256 * 1024 * 1024

    private let descriptor: Int32
    private let loop: EventLoop
    private var registration: Registration?
    private var received: [UInt8] = []
    private(set) var isClosed = false
    /// Gets each document, in a turn of the loop.
    var receive: (JSONValue) -> Void = { _ in }

    /// Takes the descriptor: it is closed with this.
    init(_ descriptor: Int32, on loop: EventLoop) throws(LoadFailure) {
        self.descriptor = descriptor
        self.loop = loop
        do throws(SystemError) { registration = try loop.register(descriptor, for: .readable, self) } catch {
            throw LoadFailure(.unavailable, "no channel between processes: \(error)")
        }
    }

    deinit { Glibc.close(descriptor) }

    /// Two ends: ours, and the one that another process gets as its standard input.
    static func pair() throws(LoadFailure) -> (ours: Int32, theirs: Int32) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw LoadFailure(.unavailable, "no channel between processes: \(String(cString: strerror(errno)))")
        }
        return (ends[0], ends[1])
    }

    /// Waits until it is written: what is sent is small, but for a part's results at its very end.
    func send(_ document: JSONValue) {
        let line = document.bytes + [0x0A]
        if sala_write_all(descriptor, line, line.count) != 0 { close() }
    }

    func close() {
        if let registration { loop.deregister(registration) }
        registration = nil
        isClosed = true
    }

    func becomeReady(_ readiness: Readiness) {
        let buffer = loop.readBuffer
        let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0, received.count + count <= Self.maxLineBytes else { return close() }
        received += buffer[..<count]
        while let end = received.firstIndex(of: 0x0A) {
            let line = Array(received[..<end])
            received.removeFirst(end + 1)
            do { receive(try JSONParser.parse(line)) } catch { return close() }
        }
    }
}
