package import Domain
internal import JSON
package import Ports
internal import Primitives
package import Reactor
internal import WireProtocol

/// Carries out what a LINE account's slips need: calls LINE, the slip services and the tenant's back end, keeps the images that
/// are being looked at, sets the timers. Nothing of it must survive: the session's log says what is to be taken up again.
///
/// Images are held in memory only, so many at once; who comes later waits for a place. Confined to its session's loop (hence
/// `@unchecked Sendable`).
package final class LineAccountEffects: SessionEffects, @unchecked Sendable {
    package typealias Machine = LineAccount

    package struct Configuration: Sendable {
        /// Slips whose image is fetched or held at once, at most 4 MiB each.
        package var maxHeldImages = 16
        /// An image that nobody asked for in so long has no place any more once others wait: its slip went on without it.
        package var maxImageAge = Duration.seconds(60)
        /// The least time between two looks at LINE's quota.
        package var quotaInterval = Duration.seconds(60)
        package init() {}
    }

    /// A place for an image.
    private enum HeldImage {
        case fetching
        case held([UInt8], since: Instant)
    }

    private struct Fetch {
        let transaction: String
        let message: String
        let user: String
    }

    private let loop: EventLoop
    private let services: any LineAccountServices
    private let configuration: Configuration
    private let path: String
    private let observe: @Sendable (LineAccountCall, _ isFailure: Bool) -> Void
    private var port: SessionPort<LineAccount>?
    private var images: [String: HeldImage] = [:]
    /// Slips that wait for a place; never more than the account has open.
    private var fetches: [Fetch] = []
    private var timers: [LineAccountTimer: ScheduledTimer] = [:]
    private var callsUnderWay = 0
    private var quotaReadAt: Instant?
    /// Looks after places whose slips went on without them, while others wait.
    private var placeTimer: ScheduledTimer?

    package init(
        address: SessionAddress, loop: EventLoop, services: any LineAccountServices,
        configuration: Configuration = Configuration(),
        observe: @escaping @Sendable (LineAccountCall, _ isFailure: Bool) -> Void = { _, _ in }
    ) {
        path = address.path
        self.loop = loop
        self.services = services
        self.configuration = configuration
        self.observe = observe
    }

    package var live: LineAccountLive { services.live }
    package var isBusy: Bool { isUnderWay || !timers.isEmpty }
    package var isUnderWay: Bool { callsUnderWay > 0 || !fetches.isEmpty }

    package func attach(_ port: SessionPort<LineAccount>) { self.port = port }
    /// No effect is prepared before its write.
    package func prepare(_ effect: LineAccountEffect) {}
    package func rolledBack() {}
    package func openingFrames(of state: LineAccount, for audience: Everyone) -> [[UInt8]] { [] }

    /// Nothing is reported: what is under way is taken up again by the next process, from the log.
    package func interrupt() { abandon() }

    package func abandon() {
        port = nil
        for timer in timers.values { timer.cancel() }
        timers = [:]
        placeTimer?.cancel()
        placeTimer = nil
        fetches = []
        images = [:]
        callsUnderWay = 0
        services.close()
    }

    // MARK: Effects

    package func run(_ effect: LineAccountEffect) {
        loop.preconditionOnLoop()
        if let (transaction, stage) = effect.stage { publish(stage, of: transaction) }
        switch effect {
        case .fetchImage(let transaction, let message, let user):
            fetches.append(Fetch(transaction: transaction, message: message, user: user))
            fetchNext()
        case .decodeQR(let transaction): decode(transaction)
        case .claim(let transaction, let claim):
            call({ [services] in services.claim(claim, transaction: transaction, $0) }) {
                .claim(transaction: transaction, claim, $0)
            }
        case .verify(let transaction, let round): verify(transaction, round)
        case .loadAccounts: call({ [services] in services.loadAccounts($0) }) { .accounts($0) }
        case .searchUser(let transaction, let sender):
            call({ [services] in services.searchUsers(sender, $0) }) { .users(transaction: transaction, $0) }
        case .submitCredit(let transaction, let order):
            call({ [services] in services.submit(order, transaction: transaction, $0) }) {
                .credit(transaction: transaction, attempt: order.attempt, $0)
            }
        case .askCredit(let transaction, let order, let ask):
            call({ [services] in services.ask(order, $0) }) {
                .creditAsked(transaction: transaction, attempt: order.attempt, ask: ask, $0)
            }
        case .tell(let telling): tell(telling)
        case .startTimer(let timer, let at): start(timer, at)
        }
    }

    /// Begins a call, and reports its answer, unless the session was let go meanwhile.
    private func call<Answer: Sendable>(
        _ begin: (@escaping @Sendable (Answer) -> Void) -> Void,
        _ outcome: @escaping @Sendable (Answer) -> LineAccountOutcome
    ) {
        callsUnderWay += 1
        begin { [weak self] answer in self?.ended(outcome(answer)) }
    }

    private func ended(_ outcome: LineAccountOutcome) {
        loop.preconditionOnLoop()
        guard port != nil else { return }
        callsUnderWay -= 1
        report(outcome)
    }

    private func report(_ outcome: LineAccountOutcome) {
        if let (call, isFailure) = outcome.observation { observe(call, isFailure) }
        port?.report(outcome)
    }

    private func start(_ timer: LineAccountTimer, _ at: Timestamp) {
        timers[timer]?.cancel()
        let delay = Duration.microseconds(max(0, at.microseconds - loop.time.wallClock.microseconds))
        timers[timer] = loop.schedule(after: delay) { [weak self] in
            guard let self, self.port != nil else { return }
            self.timers[timer] = nil
            self.report(.timerFired(timer))
        }
    }

    private func publish(_ stage: SlipStage, of transaction: String) {
        port?.publish(
            .signal(sender: nil),
            ServerFrame.signal(
                session: path, name: "slip.stage", from: Self.publisher,
                data: ["transaction": .string(transaction), "stage": .string(stage.rawValue)]), nil)
    }

    /// Who signals a stage: no subject of the tenant's.
    private static let publisher = "sala"

    // MARK: Images

    private func fetchNext() {
        if images.count >= configuration.maxHeldImages, !fetches.isEmpty { forgetUnused() }
        while images.count < configuration.maxHeldImages, !fetches.isEmpty {
            let fetch = fetches.removeFirst()
            switch images[fetch.transaction] {
            case .fetching: continue
            // A slip that comes back from a person finds its picture still there.
            case .held:
                later(.image(transaction: fetch.transaction, .held))
                continue
            case nil: images[fetch.transaction] = .fetching
            }
            if !live.settings.repliesToImages { services.showLoading(user: fetch.user) }
            callsUnderWay += 1
            services.fetchImage(message: fetch.message) { [weak self] image in
                self?.receive(image, for: fetch.transaction)
            }
        }
        guard !fetches.isEmpty, placeTimer == nil else { return }
        placeTimer = loop.schedule(after: configuration.maxImageAge) { [weak self] in
            self?.placeTimer = nil
            self?.fetchNext()
        }
    }

    private func forgetUnused() {
        let now = loop.time.now
        images = images.filter { _, image in
            guard case .held(_, let since) = image else { return true }
            return now.since(since) < configuration.maxImageAge
        }
    }

    private func receive(_ image: FetchedImage, for transaction: String) {
        guard port != nil else { return }
        let answer: ImageAnswer
        switch image {
        case .image(let bytes):
            images[transaction] = .held(bytes, since: loop.time.now)
            answer = .held
        case .pending: answer = .pending
        case .gone: answer = .gone
        case .unavailable: answer = .unavailable
        }
        if answer != .held { release(transaction) }
        ended(.image(transaction: transaction, answer))
    }

    /// The image is not needed any more: the next one has its place.
    private func release(_ transaction: String) {
        images[transaction] = nil
        fetchNext()
    }

    /// The slip's image, if it is held; it is not forgotten while it is used.
    private func use(_ transaction: String) -> [UInt8]? {
        guard case .held(let image, _)? = images[transaction] else { return nil }
        images[transaction] = .held(image, since: loop.time.now)
        return image
    }

    private func decode(_ transaction: String) {
        guard let image = use(transaction) else {
            return later(.qr(transaction: transaction, .noImage))
        }
        callsUnderWay += 1
        services.readSlip(image) { [weak self] answer in
            guard let self, self.port != nil else { return }
            // What was read stands for the image, except where the provider has to read it itself.
            if answer != .none { self.release(transaction) }
            self.ended(.qr(transaction: transaction, answer))
        }
    }

    private func verify(_ transaction: String, _ round: VerificationRound) {
        let evidence: ShownSlip
        switch round.input {
        case .payload(let payload): evidence = .payload(payload)
        case .image:
            // It left memory meanwhile: fetched again, the slip comes here again.
            guard let image = use(transaction) else { return later(.qr(transaction: transaction, .noImage)) }
            evidence = .image(image)
        }
        callsUnderWay += 1
        services.verify(evidence, by: round.verifier) { [weak self] answer in
            guard let self, self.port != nil else { return }
            // Only the next provider of the round needs the image again.
            if case .fault = answer, !round.remaining.isEmpty {} else { self.release(transaction) }
            self.ended(.verification(transaction: transaction, round, answer))
        }
    }

    /// In a later turn: an outcome is never reported from inside the decision that led to it.
    private func later(_ outcome: LineAccountOutcome) {
        callsUnderWay += 1
        loop.submit { [weak self] in self?.ended(outcome) }
    }

    // MARK: Telling

    private func tell(_ telling: Telling) {
        callsUnderWay += 1
        services.tell(telling) { [weak self] answer in
            guard let self, self.port != nil else { return }
            // A message ends the animation, so it begins behind the receipt.
            if telling.mark.kind == .receipt, answer == .accepted { self.services.showLoading(user: telling.user) }
            self.ended(.told(telling, answer))
            if telling.mark.way == .push { self.readQuota() }
        }
    }

    /// After a push, which costs quota; not more often than `quotaInterval`.
    private func readQuota() {
        if let quotaReadAt, loop.time.now.since(quotaReadAt) < configuration.quotaInterval { return }
        quotaReadAt = loop.time.now
        callsUnderWay += 1
        services.readQuota { [weak self] report in
            guard let self, self.port != nil else { return }
            self.callsUnderWay -= 1
            if let report { self.report(.quota(report)) }
        }
    }
}

/// What a LINE account calls outside, as telemetry counts it.
package enum LineAccountCall: String, CaseIterable, Sendable {
    case image, qr, claim, verification, accounts, users, credit, inquiry, message, quota
}

extension LineAccountOutcome {
    /// The call that ended so, and whether it failed: a verdict on a slip is no failure.
    fileprivate var observation: (LineAccountCall, isFailure: Bool)? {
        switch self {
        case .resumed, .timerFired: nil
        case .image(_, let answer): (.image, answer == .unavailable)
        case .qr(_, let answer): (.qr, answer == .none)
        case .claim(_, _, let answer): (.claim, answer == .unavailable)
        case .verification(_, _, .fault): (.verification, true)
        case .verification: (.verification, false)
        case .accounts(.loaded): (.accounts, false)
        case .accounts: (.accounts, true)
        case .users(_, .found): (.users, false)
        case .users: (.users, true)
        case .credit(_, _, .accepted), .credit(_, _, .duplicate): (.credit, false)
        case .credit: (.credit, true)
        case .creditAsked(_, _, _, .found), .creditAsked(_, _, _, .absent): (.inquiry, false)
        case .creditAsked: (.inquiry, true)
        case .told(_, let answer): (.message, answer != .accepted && answer != .acceptedBefore)
        case .quota: (.quota, false)
        }
    }
}
