package import Domain
internal import Ports
package import Reactor

/// A source of the gold price that says what a test tells it to, in a later turn; nil: it never answers, until `answerNow`.
/// Confined to the test's loop.
package final class ScriptedGoldSource: GoldPriceSource, @unchecked Sendable {
    package let loop: EventLoop
    package var answer: GoldAnswer?
    package private(set) var fetches = 0
    private var waiting: [@Sendable (GoldAnswer) -> Void] = []

    package init(loop: EventLoop, answer: GoldAnswer? = .failure(.unreachable)) {
        self.loop = loop
        self.answer = answer
    }

    package func fetch(_ completion: @escaping @Sendable (GoldAnswer) -> Void) {
        loop.preconditionOnLoop()
        fetches += 1
        guard let answer else { return waiting.append(completion) }
        loop.submit { completion(answer) }
    }

    /// Answers who waits.
    package func answerNow(_ answer: GoldAnswer) {
        let all = waiting
        waiting = []
        for completion in all { completion(answer) }
    }
}
