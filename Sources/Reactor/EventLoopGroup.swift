package import Primitives

/// The process's loops, each on a thread of its own.
package final class EventLoopGroup: Sendable {
    package let loops: [EventLoop]
    private let threads: [OwnedThread]

    /// Starts `count` loops (at least one).
    package init(count: Int, time: any TimeSource = SystemTime()) throws(SystemError) {
        var loops: [EventLoop] = []
        for index in 0..<max(1, count) { loops.append(try EventLoop(index: index, time: time)) }
        self.loops = loops
        var threads: [OwnedThread] = []
        for loop in loops { threads.append(try OwnedThread("sala-loop-\(loop.index)") { loop.run() }) }
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
