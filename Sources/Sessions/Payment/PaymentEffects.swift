package import Domain
internal import JSON
package import Ports
internal import Primitives
package import Reactor
internal import WireProtocol

/// Carries out what a payment needs: looks at slips, asks gateways and the ledger, sets the timers, tells how much time is left.
/// Nothing of it must survive: the session's log says what is to be taken up again.
///
/// Confined to its session's loop (hence `@unchecked Sendable`).
package final class PaymentEffects: SessionEffects, @unchecked Sendable {
    package typealias Machine = Payment

    private let loop: EventLoop
    private let services: any PaymentServices
    private let path: String
    private let tellOrders: @Sendable () -> Void
    private let observe: @Sendable (PaymentCall, _ isFailure: Bool) -> Void
    private var port: SessionPort<Payment>?
    private var timers: [PaymentTimer: ScheduledTimer] = [:]
    /// Until when the payment may be paid; nil once that does not matter any more.
    private var expiresAt: Timestamp?
    /// What the slip under way was shown as: a round of verification may need the picture.
    private var source: PaymentSlip.Source?
    private var callsUnderWay = 0

    package init(
        address: SessionAddress, loop: EventLoop, services: any PaymentServices,
        tellOrders: @escaping @Sendable () -> Void = {},
        observe: @escaping @Sendable (PaymentCall, _ isFailure: Bool) -> Void = { _, _ in }
    ) {
        path = address.path
        self.loop = loop
        self.services = services
        self.tellOrders = tellOrders
        self.observe = observe
    }

    package var live: PaymentLive { services.live }
    package var isBusy: Bool { isUnderWay || !timers.isEmpty }
    package var isUnderWay: Bool { callsUnderWay > 0 }

    package func attach(_ port: SessionPort<Payment>) { self.port = port }
    /// No effect is prepared before its write.
    package func prepare(_ effect: PaymentEffect) {}
    package func rolledBack() {}

    package func openingFrames(of state: Payment, for audience: PaymentAudience) -> [[UInt8]] {
        countdown.map { [$0] } ?? []
    }

    /// Nothing is reported: what is under way is taken up again by the next process, from the log.
    package func interrupt() { abandon() }

    package func abandon() {
        port = nil
        for timer in timers.values { timer.cancel() }
        timers = [:]
        callsUnderWay = 0
        services.close()
    }

    // MARK: Effects

    package func run(_ effect: PaymentEffect) {
        loop.preconditionOnLoop()
        if let (slip, stage) = effect.stage { publish(stage, of: slip) }
        switch effect {
        case .readSlip(let slip, let source):
            self.source = source
            call({ [services] in services.readSlip(source, $0) }) { .slipRead(slip: slip, $0) }
        case .lookUp(let slip, let reference):
            call({ [services] in services.holder(of: reference, $0) }) { .holder(slip: slip, reference, $0) }
        case .verify(let slip, let round): verify(slip, round)
        case .claim(let slip, let proof):
            call({ [services] in services.claim(proof.reference, transferredAt: proof.transferredAt, slip: slip, $0) })
            {
                .claim(slip: slip, proof.reference, $0)
            }
        case .claimReviewed(let slip, let reference):
            call({ [services] in services.claim(reference, transferredAt: nil, slip: slip, $0) }) {
                .reviewClaimed(slip: slip, $0)
            }
        case .checkBalance(let subject, let amount):
            call({ [services] in services.checkBalance(of: subject, covers: amount, $0) }) { .balance($0) }
        case .inquire(let inquiry):
            call({ [services] in services.inquire(inquiry, $0) }) { .inquiry(inquiry, $0) }
        case .checkRefund(let order, let subject):
            call({ [services] in services.checkBalance(of: subject, covers: order.amount, $0) }) {
                .refundCheck(number: order.number, $0)
            }
        case .refund(let order, let charge):
            call({ [services] in services.refund(order, of: charge, $0) }) { .refund(number: order.number, $0) }
        case .askRefund(let order, let charge):
            let inquiry = GatewayInquiry(gateway: charge.gateway, charge: charge.charge, event: nil)
            call({ [services] in services.inquire(inquiry, $0) }) { .refundAsked(number: order.number, $0) }
        case .startTimer(let timer, let at): start(timer, at)
        case .stopTimer(let timer): stop(timer)
        case .countDown: publishCountdown()
        case .tellOrders: tellOrders()
        }
    }

    /// Only a round with the picture needs what was shown, and it was looked at in this process.
    private func verify(_ slip: String, _ round: VerificationRound) {
        call({ [services] in services.verify(round, of: source, $0) }) { .verification(slip: slip, round, $0) }
    }

    /// Begins a call, and reports its answer, unless the session was let go meanwhile.
    private func call<Answer: Sendable>(
        _ begin: (@escaping @Sendable (Answer) -> Void) -> Void,
        _ outcome: @escaping @Sendable (Answer) -> PaymentOutcome
    ) {
        callsUnderWay += 1
        begin { [weak self] answer in
            guard let self, self.port != nil else { return }
            self.loop.preconditionOnLoop()
            self.callsUnderWay -= 1
            self.report(outcome(answer))
        }
    }

    private func report(_ outcome: PaymentOutcome) {
        if let (call, isFailure) = outcome.observation { observe(call, isFailure) }
        port?.report(outcome)
    }

    private func start(_ timer: PaymentTimer, _ at: Timestamp) {
        if timer == .expiry { expiresAt = at }
        timers[timer]?.cancel()
        let delay = Duration.microseconds(max(0, at.microseconds - loop.time.wallClock.microseconds))
        timers[timer] = loop.schedule(after: delay) { [weak self] in
            guard let self, self.port != nil else { return }
            self.timers[timer] = nil
            if timer == .expiry { self.expiresAt = nil }
            self.report(.timerFired(timer))
        }
    }

    private func stop(_ timer: PaymentTimer) {
        timers.removeValue(forKey: timer)?.cancel()
        if timer == .expiry { expiresAt = nil }
    }

    // MARK: Volatile

    private func publish(_ stage: String, of slip: String) {
        port?.publish(
            .signal(sender: nil),
            ServerFrame.signal(
                session: path, name: "slip.stage", from: Self.publisher,
                data: ["slip": .string(slip), "stage": .string(stage)]), nil)
    }

    /// Who signals a stage: no subject of the tenant's.
    private static let publisher = "sala"

    private func publishCountdown() {
        if let countdown { port?.publish(.value(name: Self.countdownName), countdown, nil) }
    }

    private static let countdownName = "countdown"

    /// By the server's clock: a page whose own clock is wrong counts right all the same.
    private var countdown: [UInt8]? {
        guard let expiresAt else { return nil }
        let now = loop.time.wallClock
        let left = max(0, expiresAt.microseconds - now.microseconds)
        return ServerFrame.value(
            session: path, name: Self.countdownName, asOf: now,
            data: [
                "expiresAt": .string(expiresAt.rfc3339), "secondsLeft": .integer((left + 999_999) / 1_000_000),
            ])
    }
}

/// What a payment calls outside, as telemetry counts it.
package enum PaymentCall: String, CaseIterable, Sendable {
    case qr, holder, claim, verification, balance, inquiry, refund
}

extension PaymentEffect {
    /// What the progress bar of a slip shows when the effect begins.
    fileprivate var stage: (slip: String, stage: String)? {
        switch self {
        case .readSlip(let slip, _): (slip, "reading")
        case .lookUp(let slip, _): (slip, "checking")
        case .verify(let slip, _): (slip, "verifying")
        case .claim(let slip, _): (slip, "claiming")
        case .startTimer(.slip(let slip), _): (slip, "waiting")
        case .claimReviewed, .checkBalance, .inquire, .checkRefund, .refund, .askRefund, .startTimer, .stopTimer,
            .countDown, .tellOrders:
            nil
        }
    }
}

extension PaymentOutcome {
    /// The call that ended so, and whether it failed: a verdict is no failure.
    fileprivate var observation: (PaymentCall, isFailure: Bool)? {
        switch self {
        case .resumed, .timerFired: nil
        case .slipRead(_, let answer): (.qr, answer == .none)
        case .holder(_, _, let answer): (.holder, answer == .unavailable)
        case .claim(_, _, let answer), .reviewClaimed(_, let answer): (.claim, answer == .unavailable)
        case .verification(_, _, .fault): (.verification, true)
        case .verification: (.verification, false)
        case .balance(let answer), .refundCheck(_, let answer): (.balance, answer == .unavailable)
        case .inquiry(_, let answer), .refundAsked(_, let answer): (.inquiry, answer == .unavailable)
        case .refund(_, let answer): (.refund, answer != .accepted)
        }
    }
}
