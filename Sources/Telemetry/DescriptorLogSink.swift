internal import Glibc
internal import Synchronization

/// Writes log lines to a file descriptor, usually standard output, each with one system call.
///
/// It never waits for a slow reader: a line that the descriptor does not take at once is dropped and counted, because a
/// server that stands still for its log is worse than a gap in the log. The descriptor stays the caller's; it keeps its
/// mode, because others (a shell, child processes) may share it.
package final class DescriptorLogSink: LogSink {
    private let descriptor: Int32
    /// Lines lost so far. The lock keeps asking for room and using it together; it is held for two system calls that
    /// do not wait.
    private let dropped = Mutex<UInt64>(0)

    package init(descriptor: Int32) { self.descriptor = descriptor }

    /// How many lines the descriptor did not take.
    package var droppedLines: UInt64 { dropped.withLock { $0 } }

    package func write(_ line: [UInt8]) {
        dropped.withLock { dropped in
            if !hasRoom() || !isWritten(line) { dropped &+= 1 }
        }
    }

    /// Whether a write would neither wait nor raise SIGPIPE. A pipe that is writable has room for `PIPE_BUF` bytes, so
    /// for any line.
    private func hasRoom() -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&request, 1, 0) == 1 && request.revents == Int16(POLLOUT)
    }

    private func isWritten(_ line: [UInt8]) -> Bool {
        for _ in 0..<Self.maxInterruptions {
            let count = Glibc.write(descriptor, line, line.count)
            if count >= 0 { return count == line.count }
            guard errno == EINTR else { return false }
        }
        return false
    }

    /// A write that signals interrupt this often is given up.
    private static let maxInterruptions = 8
}
