internal import HTTP1
internal import Primitives
internal import Reactor

/// Kept-alive connections to one address, for requests of which many are under way. One that finds no free connection waits in a
/// bounded queue, and its latency with it. Confined to the driver's loop.
final class HTTPPool {
    typealias Completion = (Result<HTTPAnswer, LoadFailure>) -> Void

    /// Requests that wait for a connection; beyond them the generator is the bottleneck, and says so.
    static let maxWaiting = 20_000
    /// Before the second try; each pause is twice the one before, up to the longest.
    static let minPause = Duration.milliseconds(50)
    static let maxPause = Duration.seconds(1)
    /// A connection without an answer for so long is broken.
    static let answerTimeout = Duration.seconds(30)

    private struct Waiting {
        let call: HTTPCall
        let completion: Completion
    }

    private let endpoint: Endpoint
    private let driver: Driver
    private let recorder: Recorder?
    private let maxConnections: Int
    private var free: [HTTPChannel] = []
    private var busy = 0
    private var waiting: [Waiting] = []
    /// Of `waiting`: those before it have gone.
    private var head = 0
    /// Calls that have not had their completion, those that pause before another try included.
    private(set) var outstanding = 0
    private var isClosed = false

    /// Opens no connection yet. `recorder`: hears of answers that were no success.
    init(to endpoint: Endpoint, driver: Driver, connections: Int, recorder: Recorder? = nil) {
        precondition(connections > 0, "at least one connection")
        self.endpoint = endpoint
        self.driver = driver
        self.recorder = recorder
        maxConnections = connections
    }

    /// Sends once. Whatever is answered is a success of the sending; a failure is a connection that broke, or a full queue.
    func send(_ call: HTTPCall, _ completion: @escaping Completion) {
        outstanding += 1
        enqueue(call) { [self] result in
            outstanding -= 1
            completion(result)
        }
    }

    /// Sends until there is an answer that is no passing trouble (429, 5xx, a broken connection), at most for `limit`. For what may be
    /// done twice: reading, PUT, commands with a key.
    func sendUntilAnswered(_ call: HTTPCall, within limit: Duration, _ completion: @escaping Completion) {
        outstanding += 1
        let deadline = driver.now.advanced(by: limit)
        attempt(call, deadline, pause: Self.minPause) { [self] result in
            outstanding -= 1
            completion(result)
        }
    }

    /// The answers to all of `calls`, in their order, waiting for them.
    func answers(to calls: [HTTPCall], within limit: Duration) throws(LoadFailure) -> [HTTPAnswer] {
        var answers = [HTTPAnswer?](repeating: nil, count: calls.count)
        var done = 0
        var failure: LoadFailure?
        for (index, call) in calls.enumerated() {
            sendUntilAnswered(call, within: limit) { result in
                done += 1
                switch result {
                case .success(let answer): answers[index] = answer
                case .failure(let error): failure = error
                }
            }
            // So that a great many calls need no great queue.
            if index - done >= Self.maxWaiting / 2 { driver.settle(atMost: limit) { done == index + 1 } }
        }
        try driver.wait(for: "\(calls.count) answers", atMost: limit + .seconds(1)) {
            done == calls.count || failure != nil
        }
        if let failure { throw failure }
        return answers.compactMap { $0 }
    }

    /// The one answer, waiting for it.
    func answer(to call: HTTPCall, within limit: Duration = .seconds(30)) throws(LoadFailure) -> HTTPAnswer {
        guard let answer = try answers(to: [call], within: limit).first else {
            throw LoadFailure(.unavailable, "\(call.method) \(call.path): no answer")
        }
        return answer
    }

    /// Closes all connections; nothing is completed after it.
    func close() {
        isClosed = true
        for channel in free { channel.close() }
        free = []
        waiting = []
        head = 0
    }

    private func attempt(
        _ call: HTTPCall, _ deadline: Instant, pause: Duration, _ completion: @escaping Completion
    ) {
        enqueue(call) { [self] result in
            let mayBeTriedAgain: Bool
            switch result {
            case .success(let answer): mayBeTriedAgain = answer.mayBeTriedAgain
            case .failure: mayBeTriedAgain = true
            }
            guard mayBeTriedAgain, driver.now.advanced(by: pause) < deadline else { return completion(result) }
            driver.loop.schedule(after: pause) { [self] in
                attempt(call, deadline, pause: min(pause * 2, Self.maxPause), completion)
            }
        }
    }

    private func enqueue(_ call: HTTPCall, _ completion: @escaping Completion) {
        guard waiting.count - head < Self.maxWaiting else {
            recorder?.error("generator: queue full")
            return completion(.failure(LoadFailure(.unavailable, "more than \(Self.maxWaiting) requests wait")))
        }
        waiting.append(Waiting(call: call, completion: completion))
        pump()
    }

    private func pump() {
        while !isClosed, head < waiting.count {
            let channel: HTTPChannel
            if let free = takeFree() {
                channel = free
            } else if busy < maxConnections {
                do { channel = try HTTPChannel(to: endpoint, driver: driver) } catch {
                    return fail(next(), error.text)
                }
            } else {
                return
            }
            begin(next(), on: channel)
        }
    }

    private func takeFree() -> HTTPChannel? {
        while let channel = free.popLast() {
            if !channel.isBroken { return channel }
        }
        return nil
    }

    private func next() -> Waiting {
        let next = waiting[head]
        head += 1
        if head > 1024, head * 2 > waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
        return next
    }

    private func fail(_ waiting: Waiting, _ why: String) {
        recorder?.error("HTTP: \(why)")
        waiting.completion(
            .failure(LoadFailure(.unavailable, "\(waiting.call.method) \(waiting.call.path): \(why)")))
    }

    private func begin(_ waiting: Waiting, on channel: HTTPChannel) {
        busy += 1
        var status = 0
        var content: [UInt8] = []
        var staysOpen = true
        var isDone = false
        let timer = driver.loop.schedule(after: Self.answerTimeout) { [self] in
            guard !isDone else { return }
            isDone = true
            busy -= 1
            channel.close()
            fail(waiting, "no answer in \(Self.answerTimeout.components.seconds) s")
            pump()
        }
        let headers: HTTPHeaders = waiting.call.key.map { ["Idempotency-Key": $0] } ?? [:]
        channel.send(
            waiting.call.method, waiting.call.target, body: waiting.call.body, token: waiting.call.token,
            adding: headers
        ) { [self] event in
            guard !isDone else { return }
            switch event {
            case .part(.head(let received, let headers)):
                status = received.code
                staysOpen = headers.first("connection")?.lowercased() != "close"
            case .part(.content(let bytes)): content += bytes
            case .part(.end):
                isDone = true
                timer.cancel()
                busy -= 1
                if staysOpen, !isClosed { free.append(channel) } else { channel.close() }
                let answer = HTTPAnswer(status: status, body: content)
                if !answer.isSuccess { recorder?.error(answer.errorName) }
                waiting.completion(.success(answer))
                pump()
            case .failed(let why):
                isDone = true
                timer.cancel()
                busy -= 1
                fail(waiting, why)
                pump()
            }
        }
    }
}
