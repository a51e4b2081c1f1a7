package import Domain
internal import Reactor
internal import WireProtocol

/// The subscribers of one session on one loop. What is published in a turn is gathered and dealt out once, when the turn is
/// over, so that a subscriber costs one delivery a turn however much there is to tell.
///
/// A subscriber that wants every frame and keeps up has a lane: the burst goes straight to its sink, and nothing else of it
/// is touched, since with thousands of them it is the memory looked at that costs.
///
/// Sendable because it is only touched on that loop (`preconditionOnLoop`); the session sends it batches.
package final class SubscriberList: TurnEndObserver, @unchecked Sendable {
    /// The session's. Its subscribers need no copies of their own.
    package let address: SessionAddress
    package let epoch: String
    /// Whether the session wants to know how far they have come.
    package let hearsAcknowledgements: Bool
    private let loop: EventLoop
    // No access check on what each publication changes: nothing here calls out while it changes it.
    /// `lanes[i]` is that of `subscribers[i]`; nil: deliveries go through the subscriber.
    @exclusivity(unchecked) private var lanes: [DeliveryLane?] = []
    private var subscribers: [any Subscriber] = []
    /// The first of this turn stands by itself, since it usually is the only one.
    @exclusivity(unchecked) private var first: Publication?
    @exclusivity(unchecked) private var others: [Publication] = []
    @exclusivity(unchecked) private var gatheredBytes = 0
    /// The loop tells of the turn's end.
    @exclusivity(unchecked) private var isArmed = false
    /// The offset of the last event that was dealt out.
    @exclusivity(unchecked) package private(set) var lastOffset: Int64?
    /// Frames that are joined for one delivery; beyond, what is there is dealt out before the turn is over.
    static let maxGatheredBytes = 64 * 1024

    init(address: SessionAddress, epoch: String, loop: EventLoop, hearsAcknowledgements: Bool = false) {
        self.address = address
        self.epoch = epoch
        self.hearsAcknowledgements = hearsAcknowledgements
        self.loop = loop
    }

    /// The opening frames go first; what is published after this call reaches the subscriber too.
    func add(_ subscriber: any Subscriber, opening: [Publication]) {
        loop.preconditionOnLoop()
        // Its opening frames tell of these already.
        distribute()
        if let place = place(of: subscriber) {
            lanes[place] = subscriber.lane
        } else {
            subscriber.place = Int32(clamping: subscribers.count)
            subscribers.append(subscriber)
            lanes.append(subscriber.lane)
        }
        subscriber.open(with: opening, in: self)
    }

    func remove(_ subscriber: any Subscriber) {
        loop.preconditionOnLoop()
        distribute()
        guard let place = place(of: subscriber) else { return }
        // The place may be that in another list.
        if Int(subscriber.place) == place { subscriber.place = -1 }
        let last = subscribers.removeLast()
        let lane = lanes.removeLast()
        if place < subscribers.count {
            subscribers[place] = last
            lanes[place] = lane
            last.place = Int32(clamping: place)
        }
    }

    private func place(of subscriber: any Subscriber) -> Int? {
        let place = Int(subscriber.place)
        if place >= 0, place < subscribers.count, subscribers[place] === subscriber { return place }
        // Not in this list; or in another one, too, and it knew its place in that one.
        return subscribers.firstIndex { $0 === subscriber }
    }

    /// From now on deliveries go through the subscriber, until it is added anew.
    package func divert(_ subscriber: any Subscriber) {
        loop.preconditionOnLoop()
        if let place = place(of: subscriber) { lanes[place] = nil }
    }

    func publish(_ publication: Publication) {
        loop.preconditionOnLoop()
        guard !lanes.isEmpty else { return }
        if first == nil { first = publication } else { others.append(publication) }
        gatheredBytes += publication.framed.count
        if gatheredBytes > Self.maxGatheredBytes { distribute() }
        guard !isArmed else { return }
        isArmed = true
        // The turn's end may be now.
        loop.distributeAtTurnEnd(self)
    }

    package func turnEnded() {
        isArmed = false
        distribute()
    }

    private func distribute() {
        guard let first else { return }
        let burst = PublicationBurst(first, others, after: lastOffset)
        lastOffset = burst.lastOffset
        self.first = nil
        if !others.isEmpty { others = [] }
        gatheredBytes = 0
        let lanes = lanes
        // Who leaves because of a delivery is in this one still; a lane makes nobody leave.
        var all: [any Subscriber]?
        for index in lanes.indices {
            if let lane = lanes[index], lane.deliver(burst) { continue }
            let subscribers = all ?? subscribers
            all = subscribers
            subscribers[index].receive(burst)
        }
    }

    /// Ends those of whom it is true, and says who they were.
    func end(_ cause: ServerFrame.UnsubscribeCause, _ isOver: (any Subscriber) -> Bool) -> [any Subscriber] {
        loop.preconditionOnLoop()
        let over = subscribers.filter(isOver)
        for subscriber in over {
            remove(subscriber)
            subscriber.end(cause)
        }
        return over
    }

    func end(_ cause: ServerFrame.UnsubscribeCause) {
        loop.preconditionOnLoop()
        distribute()
        for subscriber in subscribers {
            subscriber.place = -1
            subscriber.end(cause)
        }
        subscribers.removeAll()
        lanes.removeAll()
    }
}
