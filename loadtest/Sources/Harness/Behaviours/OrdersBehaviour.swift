internal import Domain
internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor

/// Orders on the move: each has a rider on a connection of his own, who reports where he is by signals, and viewers; staff advance
/// statuses over HTTP. Of the group's connections the first `sessions`, half of all at most, are riders, the others viewers in turn.
///
/// Checked: each status in the log was shown to each viewer of mode `all`, in order, and is the one that staff were told; nobody is shown
/// an older position after a newer one; and the last position that everybody has is the one with which the rider ended.
///
/// Stages: `value` (a report's intended start to a viewer), `message.ok` (a step's intended start to its answer), `message.event` (to a
/// viewer).
final class OrdersBehaviour: Behaviour {
    enum Act: String, CaseIterable {
        case report, advance
    }

    private final class Viewer {
        let client: ContractClient
        let trip: OrderTrip
        /// Milliseconds of the newest position that it was shown.
        var newest: Int64 = 0
        /// Down to this one they may be older, once the connection came back.
        var oldest: Int64?
        init(_ client: ContractClient, _ trip: OrderTrip) {
            self.client = client
            self.trip = trip
        }
    }

    /// Of one step or last position: a server that is being replaced is asked again.
    static let answerTimeout = Duration.seconds(60)
    static let tenant = "baanfoodie"

    private let group: ScenarioGroup
    private let run: RunContext
    private let mix: Mix<Act>
    private let latestShare: Double
    private let maxHz: Double
    private let pool: HTTPPool
    private let service: Secret
    private let staff: Secret
    private let mint: TokenMint
    private let sessions: SessionOracle
    private let trips: [OrderTrip]
    private var crowd = Crowd()
    /// By the connection's index.
    private var riders: [Int: ContractClient] = [:]
    private var viewers: [Int: Viewer] = [:]
    private var reports = 0
    private var advances = 0
    private var hasLeft = false

    init(_ group: ScenarioGroup, _ run: RunContext) throws(LoadFailure) {
        self.group = group
        self.run = run
        var settings = group.settingsFields
        mix = try Mix("mix", of: &settings, default: .report)
        latestShare = try settings.number("latestShare", in: 0...1, default: 0.5)
        maxHz = try settings.number("maxHz", in: 0.1...10, default: 2)
        let connections = try settings.integer("httpConnections", in: 1...1024, default: 32)
        try settings.refuseOthers()
        guard group.connections >= 2 else {
            throw ScenarioFields.failure(
                group.settingsPointer, "orders need at least two connections: a rider's and a viewer's")
        }
        service = try run.target.facts.token(Self.tenant, "service")
        staff = try run.target.facts.token(Self.tenant, "staff")
        mint = try run.target.facts.mint(Self.tenant, now: run.driver.loop.time.wallClock)
        pool = HTTPPool(to: run.target.http, driver: run.driver, connections: connections, recorder: run.recorder)
        sessions = SessionOracle(keyPrefix: "\(run.name).\(group.name).")
        let prefix = "\(run.name).\(group.name)"
        trips = (0..<max(1, min(group.sessions, group.connections / 2))).map { OrderTrip(id: "\(prefix).\($0)") }
    }

    func prepare() throws(LoadFailure) {
        let lifecycle = try HTTPCall(
            .put, "/v1/lifecycles/\(OrderPlaces.lifecycle)", body: OrderPlaces.document, token: service)
        try expect(try pool.answer(to: lifecycle), "the lifecycle")
        var orders: [HTTPCall] = []
        var assignments: [HTTPCall] = []
        for trip in trips {
            orders.append(
                try HTTPCall(
                    .put, "/v1/sessions/\(trip.session)", body: OrderPlaces.facts(customer: "customer-\(trip.id)"),
                    token: service))
            let rider: JSONValue = ["id": .string("rider-\(trip.id)"), "name": "ไรเดอร์", "phone": "0812345678"]
            assignments.append(
                try command(trip, "rider.assign", ["rider": rider], key: "\(trip.id).rider", token: service))
        }
        for answer in try pool.answers(to: orders, within: .seconds(60)) { try expect(answer, "an order") }
        for answer in try pool.answers(to: assignments, within: .seconds(60)) { try expect(answer, "a rider") }
    }

    private func expect(_ answer: HTTPAnswer, _ what: String) throws(LoadFailure) {
        guard answer.isSuccess else {
            throw LoadFailure(.unavailable, "\(what) was answered with \(answer.status): \(answer.excerpt)")
        }
    }

    private func command(
        _ trip: OrderTrip, _ name: String, _ data: JSONValue, key: String, token: Secret
    ) throws(LoadFailure) -> HTTPCall {
        try HTTPCall(
            .post, "/v1/sessions/\(trip.session)/commands", body: ["name": .string(name), "data": data], token: token,
            key: key)
    }

    func connect(_ index: Int, intended: Instant) {
        let trip = trips[index % trips.count]
        let isRider = index < trips.count
        let client: ContractClient
        do {
            let token =
                isRider
                ? try mint.token("rider-\(trip.id)", .rider) : try mint.token("customer-\(trip.id)", .customer)
            client = ContractClient(
                try ClientRole(run, token: token, sessions: sessions, delegate: self), number: index)
        } catch {
            return run.recorder.error("connect: \(error.text)")
        }
        crowd.add(client)
        if isRider {
            riders[index] = client
        } else {
            // Evenly over the viewers, whatever the share is.
            let place = Double(index - trips.count)
            let isLatest = ((place + 1) * latestShare).rounded(.down) > (place * latestShare).rounded(.down)
            client.follow(trip.session, mode: isLatest ? .latest(maxHz: maxHz) : .all)
            viewers[index] = Viewer(client, trip)
        }
        client.connect(intended: intended)
    }

    func act(_ index: Int, intended: Instant) {
        switch mix.pick(run.driver.random) {
        case .report:
            report(reports % trips.count, intended)
            reports += 1
        case .advance:
            let trip = trips[advances % trips.count]
            advances += 1
            guard !trip.isUnclear else { return run.recorder.count("unsent") }
            run.recorder.count("sent")
            if trip.add(OrderTrip.Step(number: advances, intended: intended)) { advance(trip) }
        }
    }

    private func report(_ index: Int, _ intended: Instant) {
        let trip = trips[index]
        let point = trip.point(at: run.driver.loop.time.wallClock, intended: intended)
        // Without network it is not sent; nobody waits for it.
        let isSent = riders[index]?.signal(trip.session, "position.report", ["points": [point]]) ?? false
        run.recorder.count(isSent ? "sent" : "unsent")
    }

    private func advance(_ trip: OrderTrip) {
        guard let step = trip.next() else { return }
        let status = trip.nextStatus
        let call: HTTPCall
        do {
            call = try command(
                trip, "status.advance", ["to": .string(status)], key: "\(trip.id).\(step.number)", token: staff)
        } catch { return trip.finished() }
        pool.sendUntilAnswered(call, within: Self.answerTimeout) { [weak self] result in
            guard let self, !hasLeft else { return }
            trip.finished()
            switch result {
            case .success(let answer) where answer.isSuccess:
                guard let offset = answer.json["offset"]?.integer else { return }
                run.recorder.count("acknowledged")
                run.record("message.ok", from: step.intended, to: run.driver.now)
                sessions.record(of: trip.session).acknowledge(
                    number: step.number, offset: offset, command: sessions.index(ofName: "status.advance"))
                for instant in trip.acknowledge(step, offset: offset) {
                    run.record("message.event", from: step.intended, to: instant)
                }
            case .success(let answer) where !answer.mayBeTriedAgain:
                // Refused: it was not taken.
                run.recorder.count("refused")
            default:
                run.recorder.count("refused")
                trip.lose()
            }
            advance(trip)
        }
    }

    // MARK: The end

    /// Each rider says by command where he ended: its ok means that this is stored, and viewers have to see it.
    private func endTrips() {
        for trip in trips where trip.reports > 0 && !trip.isEnding {
            trip.isEnding = true
            let now = run.driver.now
            let point = trip.point(at: run.driver.loop.time.wallClock, intended: now)
            let call: HTTPCall
            do {
                call = try command(
                    trip, "position.report", ["points": [point]], key: "\(trip.id).end",
                    token: try mint.token("rider-\(trip.id)", .rider))
            } catch { continue }
            pool.sendUntilAnswered(call, within: Self.answerTimeout) { result in
                if case .success(let answer) = result, answer.isSuccess { trip.ended() }
            }
        }
    }

    func cut(share: Double) { crowd.cut(share: share) }

    func stall(share: Double, for duration: Duration) { crowd.stall(share: share, for: duration) }

    var isSettled: Bool {
        // Only asked when nothing more arrives.
        guard crowd.isReady, pool.outstanding == 0 else { return false }
        guard trips.allSatisfy({ $0.isEnding || $0.reports == 0 }) else {
            endTrips()
            return false
        }
        return sessions.isCaughtUp && viewers.values.allSatisfy(hasLastPosition)
    }

    private func hasLastPosition(_ viewer: Viewer) -> Bool {
        guard let last = viewer.trip.endedAt, viewer.client.state != .ended else { return true }
        return viewer.newest == last
    }

    func reconcile() throws(LoadFailure) {
        let reader = JournalReader(pool: pool, token: staff)
        let logs = try reader.logs(of: trips.map(\.session))
        let deadline = run.driver.now.advanced(by: SessionOracle.catchUpTimeout)
        for (trip, log) in zip(trips, logs) {
            check(trip, log)
            try sessions.audit(trip.session, log, by: deadline, reader, run)
        }
        for (index, viewer) in viewers.sorted(by: { $0.key < $1.key }) {
            run.oracle.checked()
            guard !hasLastPosition(viewer), let last = viewer.trip.endedAt else { continue }
            report(
                .lost, viewer.trip,
                "viewer \(index) has the position of \(Self.clock(viewer.newest)), the rider ended at \(Self.clock(last))"
            )
        }
    }

    /// What staff were told is what the log has, and every status follows from the one before.
    private func check(_ trip: OrderTrip, _ log: SessionLog) {
        let changes = log.events.filter { $0.name == "status.changed" }
        let byOffset = Dictionary(changes.map { ($0.offset, $0) }, uniquingKeysWith: { first, _ in first })
        run.oracle.checked(trip.acknowledged.count + changes.count)
        for (offset, status) in trip.acknowledged where byOffset[offset]?.data["to"]?.string != status {
            let found = byOffset[offset]?.data["to"]?.string ?? "no change of status"
            report(
                .lost, trip, "staff were told \(status) at offset \(offset), where the log has \(found)",
                log.excerpt(around: offset))
        }
        if changes.count > trip.acknowledged.count + trip.unclear {
            report(
                .duplicated, trip,
                "\(trip.acknowledged.count) steps were taken, and the status changed \(changes.count) times")
        }
        var status = OrderPlaces.ring[0]
        for change in changes {
            if change.data["from"]?.string != status {
                report(
                    .reordered, trip,
                    "at offset \(change.offset) the status changes from \(change.data["from"]?.string ?? ""), which was \(status)",
                    log.excerpt(around: change.offset))
            }
            status = change.data["to"]?.string ?? ""
        }
    }

    private func report(
        _ kind: Oracle.Kind, _ trip: OrderTrip, _ detail: String, _ excerpt: [(offset: Int64, name: String)] = []
    ) {
        run.oracle.report(Oracle.Finding(kind: kind, session: trip.session, detail: detail, journal: excerpt))
    }

    private static func clock(_ milliseconds: Int64) -> String {
        milliseconds == 0 ? "never" : Timestamp(microseconds: milliseconds * 1000).rfc3339
    }

    func leave() {
        hasLeft = true
        crowd.leave()
        pool.close()
    }
}

extension OrdersBehaviour: ContractClientDelegate {
    func clientIsReady(_ client: ContractClient, isFirst: Bool, at instant: Instant) {
        guard !isFirst, let viewer = viewers[client.number] else { return }
        viewer.oldest = viewer.newest - OrderTrip.maxStepBack.components.seconds * 1000
    }

    func client(_ client: ContractClient, received frame: ServerFrame, of subscription: Int, at instant: Instant) {
        guard frame.kind == .value, frame["name"]?.says("position") == true, let viewer = viewers[client.number],
            let text = frame["asOf"]?.string, let time = Timestamp(rfc3339: text)
        else { return }
        let at = time.microseconds / 1000
        run.recorder.count("delivered")
        run.oracle.checked()
        if at > viewer.newest {
            viewer.newest = at
            if let intended = viewer.trip.intended(of: at) { run.record("value", from: intended, to: instant) }
        } else if at < viewer.oldest ?? viewer.newest {
            report(
                .regressed, viewer.trip,
                "viewer \(client.number) was shown the position of \(Self.clock(at)) after that of \(Self.clock(viewer.newest))"
            )
        }
        if at >= viewer.newest { viewer.oldest = nil }
    }

    func client(_ client: ContractClient, saw event: SeenEvent, of subscription: Int, at instant: Instant) {
        guard let viewer = viewers[client.number], event.isNamed("status.changed") else { return }
        if let intended = viewer.trip.show(event.offset, at: instant) {
            run.record("message.event", from: intended, to: instant)
        }
    }
}
