internal import Glibc
package import Reactor
internal import Synchronization

/// Threads that read slips from pictures, so that no loop waits for it. What is sent and cannot be taken now is answered at
/// once with `none`: a slip service gets the picture then.
///
/// Sendable because all state that changes is behind a mutex; the semaphore is the kernel's. One pool a process, from any thread.
package final class SlipReaderPool: @unchecked Sendable {
    package struct Configuration: Sendable {
        /// Threads; nil is one a core.
        package var threads: Int?
        /// Pictures that wait for a thread, each of at most `SlipImageReader.maxBytes`.
        package var maxWaiting = 32

        package init() {}
    }

    /// What a thread does with a picture. A test puts another in its place.
    package typealias Reading = @Sendable ([UInt8]) -> SlipImageReading

    private struct Picture {
        let bytes: [UInt8]
        let answer: @Sendable (SlipImageReading) -> Void
    }

    private struct State: ~Copyable {
        var waiting: [Picture] = []
        var threads: [OwnedThread] = []
        var isStopping = false
        var turnedAway: UInt64 = 0
    }

    /// Threads of one pool: each may hold some 100 MiB of pictures.
    package static let maxThreads = 64
    /// Steps of niceness that the threads stand behind the loops, which share their cores.
    private static let niceness: Int32 = 10

    private let state = Mutex(State())
    private let maxWaiting: Int
    private let reading: Reading
    /// Counts what waits, and at the end one more for each thread.
    private let semaphore: UnsafeMutablePointer<sem_t>

    package init(
        _ configuration: Configuration = Configuration(),
        reading: @escaping Reading = { SlipImageReader.read($0) }
    ) throws(SystemError) {
        maxWaiting = configuration.maxWaiting
        self.reading = reading
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
        let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        for index in 0..<max(1, min(configuration.threads ?? cores, Self.maxThreads)) {
            do throws(SystemError) {
                // The thread keeps the pool; `stop` ends it.
                let thread = try OwnedThread("sala-slip-\(index)") { self.work() }
                state.withLock { $0.threads.append(thread) }
            } catch {
                stop()
                throw error
            }
        }
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Pictures that were answered with `none` unread, as too many were waiting, the pool was stopped, or they were too large.
    package var turnedAwayCount: UInt64 { state.withLock { $0.turnedAway } }
    /// Pictures that wait for a thread.
    package var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Calls `completion` exactly once, on `loop`, in a later turn. From any thread.
    package func read(
        _ bytes: [UInt8], on loop: EventLoop, completion: @escaping @Sendable (SlipImageReading) -> Void
    ) {
        let answer: @Sendable (SlipImageReading) -> Void = { reading in loop.submit { completion(reading) } }
        let isTaken = state.withLock { state in
            guard !state.isStopping, state.waiting.count < maxWaiting, bytes.count <= SlipImageReader.maxBytes else {
                state.turnedAway += 1
                return false
            }
            state.waiting.append(Picture(bytes: bytes, answer: answer))
            return true
        }
        if isTaken { sem_post(semaphore) } else { answer(.none) }
    }

    /// Reads what the threads have begun, answers what waits with `none`, and waits for the threads. Once; not from a thread of
    /// the pool.
    package func stop() {
        let (threads, left) = state.withLock { state in
            state.isStopping = true
            let left = state.waiting
            state.turnedAway += UInt64(left.count)
            state.waiting = []
            let threads = state.threads
            state.threads = []
            return (threads, left)
        }
        for picture in left { picture.answer(.none) }
        for _ in threads { sem_post(semaphore) }
        for thread in threads { thread.join() }
    }

    private func work() {
        // Of this thread only: Linux has the priorities of threads, not of processes.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
        while true {
            // A signal may end the wait early; then there is nothing, and it waits again.
            while sem_wait(semaphore) != 0 {}
            let (picture, isStopping) = state.withLock { state in
                (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isStopping)
            }
            if let picture { picture.answer(reading(picture.bytes)) } else if isStopping { return }
        }
    }
}
