package import Ports

extension ModelChain {
    /// Bounds of fail-over.
    package struct Configuration: Sendable {
        /// Failures within `failureWindow` after which a provider is left alone.
        package var maxFailures = 5
        package var failureWindow = Duration.seconds(10)
        /// For how long it is then left alone; after that one request probes it.
        package var openTime = Duration.seconds(15)
        /// How often a request that finds only a provider being probed looks again.
        package var probeRecheck = Duration.milliseconds(500)
        /// Calls to providers for one reply, waits for a Retry-After included. Beyond it the last failure stands.
        package var maxAttempts = 6
        /// Hears of each call to a provider that is over, on the loop. Must not call the chain.
        package var observe: (@Sendable (ModelAttempt) -> Void)?

        package init() {}
    }
}

/// One call to one provider that is over: for `gen_ai.client.operation.duration`, `gen_ai.client.token.usage`, and to count
/// what was paid for replies that then came from elsewhere.
package struct ModelAttempt: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        case finished(ModelFinish)
        case failed(ProviderFailure)
        case cancelled
    }

    package let provider: String
    package let model: String
    package let outcome: Outcome
    /// From the call to its first text or tool call; nil when there was none.
    package let firstToken: Duration?
    package let duration: Duration
    /// What the provider consumed; nil when it never accepted the request.
    package let usage: ModelUsage?
}
