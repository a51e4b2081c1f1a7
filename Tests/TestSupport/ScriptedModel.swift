package import Ports

/// A language model that says what a test tells it to. Confined to the test's loop.
package final class ScriptedModel: LanguageModel, @unchecked Sendable {
    /// One reply that was asked for.
    package final class Call: ModelStream {
        package let request: ModelRequest
        private let receive: (ModelEvent) -> Void
        package private(set) var isCancelled = false
        package private(set) var hasEnded = false
        package var usageSoFar: ModelUsage?

        fileprivate init(_ request: ModelRequest, _ receive: @escaping (ModelEvent) -> Void) {
            self.request = request
            self.receive = receive
        }

        package func cancel() { isCancelled = true }

        /// True while the model may still report.
        package var isOpen: Bool { !isCancelled && !hasEnded }

        /// Reports an event, as the port promises: nothing after the end or a cancellation.
        package func report(_ event: ModelEvent) {
            guard isOpen else { return }
            switch event {
            case .text, .toolCall: break
            case .finished, .failed: hasEnded = true
            }
            receive(event)
        }

        package func say(_ text: String) { report(.text(text)) }

        package func finish(_ finish: ModelFinish = .stop, input: Int64 = 10, output: Int64 = 5) {
            report(
                .finished(
                    finish,
                    ModelUsage(
                        provider: "scripted", model: "scripted-1", inputTokens: input, outputTokens: output,
                        isReported: true)))
        }

        package func fail(
            _ failure: ProviderFailure = .transient(.serverError, retryAfter: nil), usage: ModelUsage? = nil
        ) {
            report(.failed(failure, usage))
        }
    }

    package let model = "scripted-1"
    package private(set) var calls: [Call] = []
    /// Told of every call, when it is made.
    package var called: ((Call) -> Void)?

    package init() {}

    package func stream(_ request: ModelRequest, _ receive: @escaping (ModelEvent) -> Void) -> any ModelStream {
        let call = Call(request, receive)
        calls.append(call)
        called?(call)
        return call
    }
}
