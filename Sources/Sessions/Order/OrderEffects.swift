package import Domain
internal import JSON
internal import Primitives
package import Reactor
internal import WireProtocol

/// Shows where an order's rider is, tells the rider how often to report, and follows the order's payment. Nothing of it must survive:
/// the session's state says what is to be set up again.
///
/// Confined to its session's loop (hence `@unchecked Sendable`).
package final class OrderEffects: SessionEffects, @unchecked Sendable {
    package typealias Machine = Order

    private let address: SessionAddress
    private let loop: EventLoop
    private let registries: SessionRegistries
    private var port: SessionPort<Order>?
    private var follower: PaymentFollower?
    /// The payment's status was not heard yet, or may change by itself.
    private var isWaiting = false
    private var sight: OrderSight?
    private var staleTimer: ScheduledTimer?
    /// Set while what is to be seen waits for its time.
    private var showTimer: ScheduledTimer?
    private var lastShown: Instant?
    private var watchers = 0
    private var pace: Int

    /// Between two positions that are published: riders may report faster.
    package static let minShowInterval = Duration.milliseconds(100)

    package init(address: SessionAddress, loop: EventLoop, registries: SessionRegistries) {
        self.address = address
        self.loop = loop
        self.registries = registries
        pace = ReportPace.seconds(watchers: 0, distance: nil)
    }

    package var live: OrderLive { OrderLive(pace: pace) }
    package var isBusy: Bool { isWaiting }
    /// A stop of the server waits for nothing of it.
    package var isUnderWay: Bool { false }

    package func attach(_ port: SessionPort<Order>) { self.port = port }
    package func prepare(_ effect: OrderEffect) { run(effect) }
    /// A position that was seen is true, whatever becomes of the write.
    package func rolledBack() {}
    package func interrupt() { abandon() }

    package func abandon() {
        port = nil
        stopFollowing()
        hide()
    }

    // MARK: Effects

    package func run(_ effect: OrderEffect) {
        loop.preconditionOnLoop()
        switch effect {
        case .follow(let payment): follow(payment)
        case .stopFollowing: stopFollowing()
        case .show(let sight): show(sight)
        case .hide: hide()
        }
    }

    private func follow(_ payment: String) {
        stopFollowing()
        isWaiting = true
        follower = PaymentFollower(payment, tenant: address.tenant, loop: loop, registries: registries) {
            [weak self] status in
            guard let self, let port = self.port else { return }
            self.isWaiting = status == .pending || status == .review
            port.report(.paymentSeen(payment: payment, status))
        }
    }

    private func stopFollowing() {
        follower?.stop()
        follower = nil
        isWaiting = false
    }

    // MARK: What is seen

    private func show(_ sight: OrderSight) {
        let known = self.sight
        // A report may have overtaken the write of the step that this was decided with.
        if let newer = known?.position, let position = sight.position, position.asOf < newer.asOf {
            self.sight = OrderSight(
                position: newer, arrival: known?.arrival, audiences: sight.audiences, distance: known?.distance)
        } else {
            self.sight = sight
        }
        // Who may see it from now on is told, too.
        let isNews =
            sight.position != nil && (self.sight?.position != known?.position || sight.audiences != known?.audiences)
        updatePace()
        guard isNews else { return }
        watchAge()
        guard showTimer == nil else { return }
        let wait = lastShown.map { Self.minShowInterval - loop.time.now.since($0) } ?? .zero
        guard wait > .zero else { return publish() }
        showTimer = loop.schedule(after: wait) { [weak self] in
            self?.showTimer = nil
            self?.publish()
        }
    }

    private func hide() {
        sight = nil
        staleTimer?.cancel()
        staleTimer = nil
        showTimer?.cancel()
        showTimer = nil
    }

    private func publish() {
        guard let sight, let port else { return }
        lastShown = loop.time.now
        if let position { port.publish(.value(name: Self.positionName), position, sight.audiences) }
        if let eta { port.publish(.value(name: Self.etaName), eta, sight.audiences) }
    }

    private func watchAge() {
        staleTimer?.cancel()
        guard let position = sight?.position, !position.isStale else { return }
        let age = Duration.microseconds(loop.time.wallClock.microseconds - position.asOf.microseconds)
        staleTimer = loop.schedule(after: PublishedPosition.staleAfter - age) { [weak self] in
            guard let self, let sight = self.sight else { return }
            self.sight = sight.aged
            self.publish()
        }
    }

    private static let positionName = "position"
    private static let etaName = "eta"
    private static let paceName = "pace"

    private var position: [UInt8]? {
        guard let position = sight?.position else { return nil }
        return ServerFrame.value(
            session: address.path, name: Self.positionName, asOf: position.asOf, data: position.data)
    }

    private var eta: [UInt8]? {
        guard let arrival = sight?.arrival, let position = sight?.position else { return nil }
        return ServerFrame.value(session: address.path, name: Self.etaName, asOf: position.asOf, data: arrival.data)
    }

    package func openingFrames(of state: Order, for audience: OrderAudience) -> [[UInt8]] {
        guard let sight, sight.audiences.contains(audience) else { return [] }
        let seen = [position, eta].compactMap(\.self)
        return audience == .rider ? seen + [paceFrame] : seen
    }

    // MARK: The rider's pace

    package func followed(by subscribers: [Int]) {
        watchers = subscribers.reduce(0, +) - subscribers[Int(OrderAudience.rider.rawValue)]
        updatePace()
    }

    private func updatePace() {
        let wanted = ReportPace.seconds(watchers: watchers, distance: sight?.distance)
        guard wanted != pace else { return }
        pace = wanted
        if sight != nil { port?.publish(.value(name: Self.paceName), paceFrame, [.rider]) }
    }

    private var paceFrame: [UInt8] {
        ServerFrame.value(
            session: address.path, name: Self.paceName, asOf: loop.time.wallClock,
            data: ["everySeconds": .integer(Int64(pace))])
    }
}
