package import Ports
package import Reactor

/// A push service that a test speaks for. Confined to its loop.
package final class ScriptedPush: PushService, @unchecked Sendable {
    /// What it answers to a token; nil: the test answers itself, with `answer`.
    package var script: (String) -> PushAnswer?
    /// Every push that was asked for, in order.
    package private(set) var messages: [PushMessage] = []
    private var waiting: [(message: PushMessage, completion: @Sendable (PushAnswer) -> Void)] = []
    private let loop: EventLoop

    package init(loop: EventLoop, script: @escaping (String) -> PushAnswer? = { _ in .accepted }) {
        self.loop = loop
        self.script = script
    }

    package func push(_ message: PushMessage, _ completion: @escaping @Sendable (PushAnswer) -> Void) {
        loop.preconditionOnLoop()
        messages.append(message)
        guard let answer = script(message.token) else { return waiting.append((message, completion)) }
        loop.afterwards { completion(answer) }
    }

    package var waitingCount: Int { waiting.count }

    /// Answers the oldest push that waits.
    package func answer(_ answer: PushAnswer) {
        guard !waiting.isEmpty else { return }
        waiting.removeFirst().completion(answer)
    }
}
