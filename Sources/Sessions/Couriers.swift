internal import Domain
internal import Ports
internal import Reactor
internal import Synchronization

/// The couriers of all loops: where a session leaves the letters of an event that is durable.
package final class Couriers: Sendable {
    private let all = Mutex<[Courier]>([])

    package init() {}

    /// Once, before any session is live.
    /// - Parameter couriers: by the index of their loops.
    func connect(_ couriers: [Courier]) { all.withLock { $0 = couriers } }

    /// Hands each letter to the courier of the loop that its target lives on. On the sending session's loop; from one loop the
    /// letters come in the order of the calls. What nobody takes is in the table all the same.
    /// - Parameter isFirst: the session was loaded, and these are its first letters since.
    func post(_ letters: [LetterRow], isFirst: Bool) {
        let couriers = all.withLock { $0 }
        guard !couriers.isEmpty else { return }
        var byLoop: [Int: [LetterRow]] = [:]
        for letter in letters {
            byLoop[Int(letter.target.stableHash % UInt64(couriers.count)), default: []].append(letter)
        }
        for (index, courier) in couriers.enumerated() {
            let letters = byLoop[index] ?? []
            // What was sent before may have been for any of them.
            guard isFirst || !letters.isEmpty else { continue }
            courier.loop.submit { courier.receive(letters, isFirst: isFirst) }
        }
    }
}
