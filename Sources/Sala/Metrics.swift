internal import Domain
internal import Gateway
internal import LanguageModels
internal import Ports
internal import PostgresStore
internal import Primitives
internal import Sessions
internal import Telemetry
internal import Transport
internal import WireProtocol

/// Every metric of the process, and the observers that feed them. `docs/OPERATIONS.md` lists them.
struct Metrics: Sendable {
    enum StatusClass: String, MetricLabel {
        case informational = "1xx", success = "2xx", redirection = "3xx", clientError = "4xx", serverError = "5xx"

        /// The place in `allCases`.
        var ordinal: Int {
            switch self {
            case .informational: 0
            case .success: 1
            case .redirection: 2
            case .clientError: 3
            case .serverError: 4
            }
        }

        init(_ status: Int) {
            switch status {
            case ..<200: self = .informational
            case ..<300: self = .success
            case ..<400: self = .redirection
            case ..<500: self = .clientError
            default: self = .serverError
            }
        }
    }

    enum FaultClass: String, MetricLabel {
        case server = "20xx", identity = "21xx", frame = "22xx", subscription = "23xx", command = "24xx", provider =
            "25xx"

        init(_ code: FaultCode) {
            switch code.rawValue / 100 {
            case 20: self = .server
            case 21: self = .identity
            case 22: self = .frame
            case 23: self = .subscription
            case 24: self = .command
            default: self = .provider
            }
        }
    }

    enum ReplyOutcome: String, MetricLabel {
        case completed, interrupted, failed
    }

    enum PushOutcome: String, MetricLabel {
        case accepted, unregistered, refused, unavailable

        init(_ answer: PushAnswer) {
            switch answer {
            case .accepted: self = .accepted
            case .unregistered: self = .unregistered
            case .refused: self = .refused
            case .unavailable: self = .unavailable
            }
        }
    }

    enum TokenDirection: String, MetricLabel {
        case input, output
    }

    let registry: MetricsRegistry
    let transport: TransportObserver
    let gateway: GatewayObserver
    let sessions: SessionObserver
    let pushed: @Sendable (PushAnswer) -> Void
    let journal: @Sendable (JournalObservation) -> Void
    let replies: @Sendable (ReplyObservation) -> Void
    let slipSteps: @Sendable (LineAccountCall, _ isFailure: Bool) -> Void
    let paymentSteps: @Sendable (PaymentCall, _ isFailure: Bool) -> Void
    let feedChecks: @Sendable (FeedCheck.Result) -> Void

    init(log: Log) {
        var builder = MetricsBuilder()
        let connections = builder.upDownCounter("sala.connection.active", help: "Open connections.")
        let requests = builder.histograms(
            "http.server.request.duration", help: "Time to answer an HTTP request.", buckets: .latency,
            by: "http.response.status_code", StatusClass.self)
        let violations = builder.counter("sala.violation", help: "Connections ended because the peer broke a protocol.")
        let refusals = builder.counters(
            "sala.refused", help: "Work refused to protect the server or others.", by: "reason", RefusalReason.self)
        transport = TransportObserver(
            opened: { connections.increment() }, closed: { connections.decrement() },
            requested: { [requests = StatusClass.allCases.map { requests[$0] }] _, status, duration in
                requests[StatusClass(status).ordinal].record(duration)
            },
            violated: { _ in violations.increment() }, refused: { refusals[RefusalReason($0)].increment() })

        let sockets = builder.upDownCounter("sala.socket.active", help: "WebSocket clients that said hello.")
        let commands = builder.histogram(
            "sala.command.duration", help: "Time from a command's frame to its answer.", buckets: .latency)
        let faults = builder.counters("sala.fault", help: "Faults told to clients.", by: "class", FaultClass.self)
        let webhooks = builder.counter("sala.webhook.event", help: "Events of signed webhooks.")
        let unreadables = builder.counter(
            "sala.webhook.event.unreadable", help: "Events of signed webhooks that could not be read and were left out."
        )
        let lag = builder.histogram(
            "sala.loop.lag", help: "How long what is ready waits for its loop.", buckets: .latency)
        gateway = GatewayObserver(
            socketOpened: { sockets.increment() }, socketClosed: { sockets.decrement() },
            faulted: { faults[FaultClass($0)].increment() }, answered: { commands.record($0) },
            refused: { refusals[$0].increment() }, lagged: { lag.record($0) },
            loadChanged: { isLagging, isBacklogged in
                let load: LogAttributes = ["lagging": .flag(isLagging), "backlogged": .flag(isBacklogged)]
                if isLagging || isBacklogged {
                    log.warning("overloaded: new work is refused", load)
                } else {
                    log.notice("no longer overloaded", load)
                }
            },
            webhookReceived: { events, unreadable in
                webhooks.increment(by: events)
                if unreadable > 0 { unreadables.increment(by: unreadable) }
            })

        let live = builder.upDownCounter("sala.session.active", help: "Live sessions.")
        let events = builder.counter("sala.event", help: "Events committed to the log.")
        let rollbacks = builder.counter("sala.rollback", help: "Decisions taken back because the store failed.")
        let activations = builder.histogram(
            "sala.session.activation.duration", help: "Time to load a session.", buckets: .latency)
        let unreadable = builder.counter(
            "sala.session.unreadable",
            help: "Attempts to load a session that is stored in a form this release does not read.")
        let letters = builder.counters(
            "sala.letter", help: "Letters that were brought from one session to another.", by: "outcome",
            LetterOutcome.self)
        sessions = SessionObserver(
            committed: { events.increment(by: $0) }, rolledBack: { rollbacks.increment(by: $0) },
            activated: {
                live.increment()
                activations.record($0)
            }, created: { live.increment() }, ended: { live.decrement() },
            brought: { outcome in
                letters[outcome].increment()
                if outcome == .refused { log.warning("a letter was refused by its session") }
            }, unreadable: { unreadable.increment() })

        let pushes = builder.counters(
            "sala.push", help: "Answers of push services, one for each device.", by: "outcome", PushOutcome.self)
        pushed = { pushes[PushOutcome($0)].increment() }

        let flushes = builder.histogram(
            "sala.log.write.duration", help: "Time of one journal transaction.", buckets: .latency)
        let batches = builder.histogram(
            "sala.log.write.entries", help: "Entries of one journal transaction.", buckets: .sizes)
        let failures = builder.counter("sala.log.write.failure", help: "Journal entries that failed.")
        journal = { observation in
            switch observation {
            case .flushed(let entries, _, _, let duration):
                flushes.record(duration)
                batches.record(entries)
            case .failed(let failure, let entries):
                failures.increment(by: entries)
                log.warning(
                    "journal entries failed", ["error.type": .text("\(failure)"), "entries": .integer(entries)])
            case .refused(let state, let entries):
                log.warning(
                    "journal flush refused", ["db.response.status_code": .text(state), "entries": .integer(entries)])
            case .enteredLimbo(let entries): log.warning("journal commit is ambiguous", ["entries": .integer(entries)])
            case .settledLimbo(let wasCommitted, let entries, _):
                log.notice("journal commit settled", ["committed": .flag(wasCommitted), "entries": .integer(entries)])
            case .connected: log.notice("journal connected")
            case .disconnected: log.warning("journal disconnected")
            case .skippedCheckpoint: log.error("checkpoint damaged, the older one was used")
            case .foundCorruption: log.error("session cannot be loaded: its rows are not what they should be")
            }
        }

        let firstText = builder.histogram(
            "sala.reply.first.duration", help: "Time from asking the model to its first text.", buckets: .provider)
        let replyDurations = builder.histograms(
            "gen_ai.client.operation.duration", help: "Time of a reply.", buckets: .provider, by: "outcome",
            ReplyOutcome.self)
        let tokens = builder.counters(
            "gen_ai.client.token.usage", help: "Tokens consumed.", by: "gen_ai.token.type", TokenDirection.self)
        let calls = builder.counters(
            "sala.slip.call", help: "Calls for slips that were answered.", by: "call", LineAccountCall.self)
        let failedCalls = builder.counters(
            "sala.slip.call.failed", help: "Those that failed; a verdict on a slip is no failure.", by: "call",
            LineAccountCall.self)
        slipSteps = { call, isFailure in
            calls[call].increment()
            if isFailure { failedCalls[call].increment() }
        }
        let paymentCalls = builder.counters(
            "sala.payment.call", help: "What payments asked outside, answered.", by: "call", PaymentCall.self)
        let failedPaymentCalls = builder.counters(
            "sala.payment.call.failed", help: "Those that failed; a verdict is no failure.", by: "call",
            PaymentCall.self)
        paymentSteps = { call, isFailure in
            paymentCalls[call].increment()
            if isFailure { failedPaymentCalls[call].increment() }
        }
        let checks = builder.counters(
            "sala.feed.check", help: "What came of asking the source of the gold price.", by: "result",
            FeedCheck.Result.self)
        feedChecks = { checks[$0].increment() }
        replies = { observation in
            switch observation {
            case .firstText(let after): firstText.record(after)
            case .ended(let outcome, let usage, let after):
                replyDurations[ReplyOutcome(rawValue: outcome) ?? .failed].record(after)
                tokens[.input].increment(by: Int(usage?.inputTokens ?? 0))
                tokens[.output].increment(by: Int(usage?.outputTokens ?? 0))
            }
        }
        registry = builder.registry()
    }
}

extension LineAccountCall: MetricLabel {}
extension PaymentCall: MetricLabel {}
extension FeedCheck.Result: MetricLabel {}
extension LetterOutcome: MetricLabel {}

extension RefusalReason: MetricLabel {
    fileprivate init(_ refusal: AcceptRefusal) {
        self =
            switch refusal {
            case .connections: .connections
            case .address: .address
            case .descriptors: .descriptors
            }
    }
}
