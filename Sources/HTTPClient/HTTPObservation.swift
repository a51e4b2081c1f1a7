/// One transfer that is over, for `http.client.request.duration`: nothing of its path, headers or body.
package struct HTTPObservation: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        case answered(status: Int)
        case failed(TransportFailure)
        /// Taken back by the caller, before or while the answer came.
        case cancelled
    }

    package let host: String
    package let method: HTTPMethod
    package let outcome: Outcome
    /// From the start to the end of the answer.
    package let duration: Duration
}
