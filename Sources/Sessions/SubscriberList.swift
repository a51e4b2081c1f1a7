internal import Reactor
internal import WireProtocol

/// The subscribers of one session on one loop. Sendable because it is only touched on that loop (`preconditionOnLoop`);
/// the session sends it batches.
package final class SubscriberList: @unchecked Sendable {
    private let loop: EventLoop
    private var subscribers: [any Subscriber] = []
    private var positions: [ObjectIdentifier: Int] = [:]

    init(loop: EventLoop) { self.loop = loop }

    /// The opening frames go first; what is published after this call reaches the subscriber too.
    func add(_ subscriber: any Subscriber, opening: [Publication]) {
        loop.preconditionOnLoop()
        if positions[ObjectIdentifier(subscriber)] == nil {
            positions[ObjectIdentifier(subscriber)] = subscribers.count
            subscribers.append(subscriber)
        }
        subscriber.receive(opening)
    }

    func remove(_ subscriber: any Subscriber) {
        loop.preconditionOnLoop()
        guard let position = positions.removeValue(forKey: ObjectIdentifier(subscriber)) else { return }
        let last = subscribers.removeLast()
        if position < subscribers.count {
            subscribers[position] = last
            positions[ObjectIdentifier(last)] = position
        }
    }

    func publish(_ publications: [Publication]) {
        loop.preconditionOnLoop()
        for subscriber in subscribers { subscriber.receive(publications) }
    }

    func end(_ cause: ServerFrame.UnsubscribeCause) {
        loop.preconditionOnLoop()
        for subscriber in subscribers { subscriber.end(cause) }
        subscribers.removeAll()
        positions.removeAll()
    }
}
