internal import HTTPClient
internal import Ports
internal import Primitives
internal import Reactor

/// One reply on its way from a provider: feeds the transfer's bytes to the decoder and reports what it returns. Confined to
/// its loop; kept alive by the transfer.
final class ProviderStream: ModelStream {
    private enum Phase {
        /// No answer yet. Next: `streaming`, `refused`, `over`.
        case waiting
        /// The provider accepted the request: it costs from now on. Next: `over`.
        case streaming
        /// The answer is no success; its body is gathered. Next: `over`.
        case refused(HTTPResponseHead, body: [UInt8])
        /// The end was reported, or the reply cancelled. Terminal.
        case over
    }

    /// After the reply is whole, the rest of the answer (a few bytes) is waited for this long, so that its connection can
    /// serve another request; then it is cut.
    private static let linger = Duration.seconds(1)

    private let loop: EventLoop
    private var decoder: ReplyStreamDecoder
    private let limits: ReplyLimits
    private var report: ((ModelEvent) -> Void)?
    private var phase = Phase.waiting
    private var isAccepted = false
    var transfer: HTTPTransfer?

    init(
        loop: EventLoop, decoder: ReplyStreamDecoder, limits: ReplyLimits, _ report: @escaping (ModelEvent) -> Void
    ) {
        self.loop = loop
        self.decoder = decoder
        self.limits = limits
        self.report = report
    }

    var usageSoFar: ModelUsage? { isAccepted ? decoder.usage : nil }

    func cancel() {
        report = nil
        phase = .over
        transfer?.cancel()
        transfer = nil
    }

    func receive(_ event: HTTPTransferEvent) {
        switch (phase, event) {
        case (.waiting, .head(let head)):
            isAccepted = head.isSuccess
            phase = head.isSuccess ? .streaming : .refused(head, body: [])
        case (.streaming, .body(let bytes)): emit(decoder.receive(bytes))
        case (.streaming, .completed): emit(decoder.end())
        case (.streaming, .failed(let failure)): emit(decoder.end(ProviderFailure(failure)))
        case (.refused(let head, let body), .body(let bytes)):
            phase = .refused(head, body: body + bytes.prefix(max(0, limits.maxErrorBytes - body.count)))
        // Also a broken answer has told its status.
        case (.refused(let head, let body), .completed), (.refused(let head, let body), .failed):
            receive(
                failure: decoder.failure(
                    status: head.status, retryAfter: RetryAfter.delay(head, wallClock: loop.time.wallClock),
                    shouldRetry: head["x-should-retry"], body: body))
        case (.waiting, .failed(let failure)): receive(failure: ProviderFailure(failure))
        case (.waiting, .completed): receive(failure: .transient(.protocolViolation, retryAfter: nil))
        case (.over, .completed), (.over, .failed): transfer = nil
        case (.over, _), (_, .head), (.waiting, .body): break
        }
    }

    /// The provider never accepted the request.
    func receive(failure: ProviderFailure) { emit([.failed(failure, nil)]) }

    /// The consumer may cancel after each event.
    private func emit(_ events: [ModelEvent]) {
        for event in events {
            switch event {
            case .text, .toolCall: report?(event)
            case .finished, .failed:
                guard let report else { return }
                self.report = nil
                phase = .over
                lingerThenClose(isWhole: decoder.isOver)
                report(event)
            }
        }
    }

    private func lingerThenClose(isWhole: Bool) {
        guard let transfer else { return }
        guard isWhole else {
            transfer.cancel()
            self.transfer = nil
            return
        }
        loop.schedule(after: Self.linger) { [weak transfer] in transfer?.cancel() }
    }
}

extension ProviderFailure {
    /// A network failure as seen by whoever waits for a reply.
    init(_ failure: TransportFailure) {
        switch failure {
        case .unreachable, .tlsFailure: self = .transient(.unreachable, retryAfter: nil)
        case .timeout: self = .transient(.timeout, retryAfter: nil)
        case .cutOff: self = .transient(.cutOff, retryAfter: nil)
        case .tooLarge, .protocolViolation: self = .transient(.protocolViolation, retryAfter: nil)
        case .overloaded: self = .transient(.overloaded, retryAfter: nil)
        // The base URL or the key cannot be sent.
        case .invalidRequest: self = .permanent(.notConfigured)
        }
    }
}
