package import Domain
internal import JSON
package import Ports
internal import Primitives
package import Reactor

/// The bounds of one push (docs/LIMITS.md).
private enum Bound {
    /// How often a device is tried.
    static let maxAttempts = 5
    /// Before the second attempt; four times as long before each further one.
    static let firstPause = Duration.seconds(2)
    static let maxPause = Duration.seconds(900)
}

/// Waits until a person has had the time to see a notification, and hands it to the push service. Nothing of it must survive: the
/// inbox's log says which pushes have no end.
///
/// Confined to its session's loop (hence `@unchecked Sendable`).
package final class InboxEffects: SessionEffects, @unchecked Sendable {
    package typealias Machine = Inbox

    /// A push to the devices of a person.
    private struct Attempt {
        let push: InboxPush
        /// Those that have not been told, and may be.
        var remaining: [PushDevice]
        /// Not answered yet, of this round.
        var open = 0
        var round = 1
        /// Of this round: those to try again, and not before then.
        var postponed: [PushDevice] = []
        var wait = Duration.zero
        var accepted: [String] = []
        var unregistered: [PushDevice] = []
        var wasRefused = false
        var timer: ScheduledTimer?
    }

    private let loop: EventLoop
    private let service: (any PushService)?
    private let observe: @Sendable (PushAnswer) -> Void
    private var port: SessionPort<Inbox>?
    private var attempts: [String: Attempt] = [:]
    private var wakeTimer: ScheduledTimer?
    private var isAwaited = false

    /// - Parameter service: the tenant's; nil: nobody is pushed to.
    package init(
        loop: EventLoop, service: (any PushService)?,
        observe: @escaping @Sendable (PushAnswer) -> Void = { _ in }
    ) {
        self.loop = loop
        self.service = service
        self.observe = observe
    }

    package var live: InboxLive { InboxLive(underWay: Set(attempts.keys), canPush: service != nil) }
    package var isBusy: Bool { isAwaited || !attempts.isEmpty }
    package var isUnderWay: Bool { attempts.values.contains { $0.open > 0 } }

    package func attach(_ port: SessionPort<Inbox>) { self.port = port }
    package func prepare(_ effect: InboxEffect) {}
    package func rolledBack() {}
    package func openingFrames(of state: Inbox, for audience: InboxAudience) -> [[UInt8]] { [] }

    /// Nothing is reported: the next process takes it up again, from the log.
    package func interrupt() { abandon() }

    package func abandon() {
        port = nil
        wakeTimer?.cancel()
        wakeTimer = nil
        for attempt in attempts.values { attempt.timer?.cancel() }
        attempts = [:]
        isAwaited = false
    }

    // MARK: Effects

    package func run(_ effect: InboxEffect) {
        loop.preconditionOnLoop()
        switch effect {
        case .wake(let at, let isNeeded): wake(at, isNeeded: isNeeded)
        case .push(let push): begin(push)
        }
    }

    private func wake(_ at: Timestamp?, isNeeded: Bool) {
        wakeTimer?.cancel()
        wakeTimer = nil
        isAwaited = isNeeded
        guard let at else { return }
        let delay = Duration.microseconds(max(0, at.microseconds - loop.time.wallClock.microseconds))
        wakeTimer = loop.schedule(after: delay) { [weak self] in
            self?.wakeTimer = nil
            self?.port?.report(.woke)
        }
    }

    private func begin(_ push: InboxPush) {
        let key = push.notification.id
        guard attempts[key] == nil else { return }
        attempts[key] = Attempt(push: push, remaining: push.devices)
        ask(key)
    }

    private func ask(_ key: String) {
        guard var attempt = attempts[key], let service else { return }
        attempt.timer = nil
        attempt.open = attempt.remaining.count
        attempt.postponed = []
        attempt.wait = .zero
        attempts[key] = attempt
        for device in attempt.remaining {
            service.push(PushMessage(attempt.push, to: device)) { [weak self] answer in
                guard let self else { return }
                // In a later turn: the answer may come at once, inside this loop.
                self.loop.submit { self.receive(answer, from: device, key) }
            }
        }
    }

    private func receive(_ answer: PushAnswer, from device: PushDevice, _ key: String) {
        guard port != nil, var attempt = attempts[key], attempt.open > 0 else { return }
        observe(answer)
        attempt.open -= 1
        switch answer {
        case .accepted: attempt.accepted.append(device.id)
        case .unregistered: attempt.unregistered.append(device)
        case .refused: attempt.wasRefused = true
        case .unavailable(let wait):
            attempt.postponed.append(device)
            attempt.wait = max(attempt.wait, wait ?? .zero)
        }
        attempts[key] = attempt
        if attempt.open == 0 { endRound(key, attempt) }
    }

    private func endRound(_ key: String, _ ended: Attempt) {
        var attempt = ended
        guard !attempt.postponed.isEmpty, attempt.round < Bound.maxAttempts else { return finish(key, attempt) }
        var pause = Bound.firstPause
        for _ in 1..<attempt.round { pause *= 4 }
        attempt.remaining = attempt.postponed
        attempt.round += 1
        attempt.timer = loop.schedule(after: min(max(pause, attempt.wait), Bound.maxPause)) { [weak self] in
            self?.ask(key)
        }
        attempts[key] = attempt
    }

    private func finish(_ key: String, _ attempt: Attempt) {
        attempts[key] = nil
        var failure: PushFailure?
        if attempt.accepted.isEmpty {
            failure = !attempt.postponed.isEmpty ? .unavailable : attempt.wasRefused ? .refused : .unregistered
        }
        port?.report(
            .pushed(
                key, PushResult(accepted: attempt.accepted, unregistered: attempt.unregistered, failure: failure)))
    }
}

extension PushMessage {
    init(_ push: InboxPush, to device: PushDevice) {
        let notification = push.notification
        var data: JSONObject = ["type": .string(notification.type.rawValue), "notification": .string(notification.id)]
        // What it is about, where that is a text: an app opens it by that.
        for member in notification.data?.members ?? [] where data[member.name] == nil {
            if case .string = member.value { data[member.name] = member.value }
        }
        self.init(
            token: device.token, platform: device.platform, title: notification.title[device.language],
            body: notification.body[device.language], data: data, collapse: notification.id, badge: push.unread,
            isUrgent: notification.type.isUrgent)
    }
}
