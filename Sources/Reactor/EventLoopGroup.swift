internal import CLinux
internal import Glibc
package import Primitives

/// The process's loops, each on a thread of its own.
package final class EventLoopGroup: Sendable {
    package let loops: [EventLoop]
    private let threads: [LoopThread]

    /// Starts `count` loops (at least one).
    package init(count: Int, time: any TimeSource = SystemTime()) throws(SystemError) {
        var loops: [EventLoop] = []
        for index in 0..<max(1, count) { loops.append(try EventLoop(index: index, time: time)) }
        self.loops = loops
        var threads: [LoopThread] = []
        for loop in loops { threads.append(try LoopThread(loop)) }
        self.threads = threads
    }

    /// The loop that a value with this hash lives on. The same for the process's lifetime.
    package func loop(forHash hash: UInt64) -> EventLoop { loops[Int(hash % UInt64(loops.count))] }

    /// Stops the loops and waits for their threads.
    package func stopAndJoin() {
        for loop in loops { loop.stop() }
        for thread in threads { thread.join() }
    }
}

/// A POSIX thread that runs one loop.
private final class LoopThread: Sendable {
    private let thread: pthread_t

    init(_ loop: EventLoop) throws(SystemError) {
        var thread = pthread_t()
        // The thread owns one reference to its loop and gives it back when `run()` returns.
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let loop = Unmanaged<EventLoop>.fromOpaque(argument).takeRetainedValue()
                sala_name_thread("sala-loop-\(loop.index)")
                loop.run()
                return nil
            }, Unmanaged.passRetained(loop).toOpaque())
        guard status == 0 else { throw SystemError(status) }
        self.thread = thread
    }

    func join() { pthread_join(thread, nil) }
}
