internal import Glibc
internal import Reactor

extension EventLoop {
    /// Runs `body` on the loop and waits for its result. For the main thread while the server is composed or stopped;
    /// never from a loop.
    func wait<Result: Sendable>(for body: @escaping @Sendable () -> Result) -> Result {
        precondition(!isOnLoop, "a loop cannot wait for itself")
        let handoff = Handoff<Result>()
        submit { handoff.fill(body()) }
        return handoff.take()
    }

    /// Like `wait`, for what answers through a callback: `start` runs on the loop and calls its argument once.
    func await<Result: Sendable>(
        _ start: @escaping @Sendable (@escaping @Sendable (Result) -> Void) -> Void
    ) -> Result {
        begin(start).take()
    }

    /// Begins what answers through a callback; the answer is waited for with `take()`.
    func begin<Result: Sendable>(
        _ start: @escaping @Sendable (@escaping @Sendable (Result) -> Void) -> Void
    ) -> Handoff<Result> {
        precondition(!isOnLoop, "a loop cannot wait for itself")
        let handoff = Handoff<Result>()
        submit { start { handoff.fill($0) } }
        return handoff
    }
}

/// Hands one value from a loop to the waiting main thread. Sendable because the semaphore orders the two accesses.
final class Handoff<Value: Sendable>: @unchecked Sendable {
    private var value: Value?
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func fill(_ value: Value) {
        self.value = value
        sem_post(semaphore)
    }

    func take() -> Value {
        while sem_wait(semaphore) != 0 {}
        guard let value else { preconditionFailure("a handoff is taken after it was filled") }
        return value
    }
}
