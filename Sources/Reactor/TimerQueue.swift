internal import Primitives

/// A scheduled call that can be taken back. Confined to the loop that scheduled it.
package final class ScheduledTimer {
    fileprivate(set) var work: (() -> Void)?
    let deadline: Instant
    fileprivate let sequence: UInt64

    init(deadline: Instant, sequence: UInt64, work: @escaping () -> Void) {
        self.deadline = deadline
        self.sequence = sequence
        self.work = work
    }

    /// Idempotent; a timer that fired is not affected.
    package func cancel() { work = nil }

    /// Equal deadlines fire in the order in which they were scheduled.
    fileprivate static func precedes(_ left: ScheduledTimer, _ right: ScheduledTimer) -> Bool {
        left.deadline == right.deadline ? left.sequence < right.sequence : left.deadline < right.deadline
    }
}

/// A binary min-heap of timers. Cancelled ones are dropped when they surface, or all at once when they are the majority.
struct TimerQueue {
    private var heap: [ScheduledTimer] = []
    private var nextSequence: UInt64 = 0
    private var sinceSweep = 0

    var count: Int { heap.count }

    /// The earliest deadline that is still wanted.
    mutating func nextDeadline() -> Instant? {
        dropCancelled()
        return heap.first?.deadline
    }

    mutating func schedule(at deadline: Instant, _ work: @escaping () -> Void) -> ScheduledTimer {
        sinceSweep += 1
        if sinceSweep > 1024, sinceSweep > heap.count / 2 { sweep() }
        nextSequence += 1
        let timer = ScheduledTimer(deadline: deadline, sequence: nextSequence, work: work)
        heap.append(timer)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard ScheduledTimer.precedes(heap[child], heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
        return timer
    }

    /// Marks the end of what is scheduled so far: `popDue` with this mark leaves out what comes later.
    var mark: UInt64 { nextSequence }

    /// The work of the earliest timer that is due at `now` and was scheduled before `mark`, taken out.
    mutating func popDue(at now: Instant, before mark: UInt64) -> (() -> Void)? {
        dropCancelled()
        guard let first = heap.first, first.deadline <= now, first.sequence <= mark else { return nil }
        removeFirst()
        defer { first.work = nil }
        return first.work
    }

    private mutating func dropCancelled() {
        while let first = heap.first, first.work == nil { removeFirst() }
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown(from: 0)
    }

    private mutating func sweep() {
        sinceSweep = 0
        heap.removeAll { $0.work == nil }
        for index in stride(from: heap.count / 2, through: 0, by: -1) { siftDown(from: index) }
    }

    private mutating func siftDown(from start: Int) {
        var parent = start
        while true {
            let left = parent * 2 + 1
            guard left < heap.count else { return }
            let right = left + 1
            let least = right < heap.count && ScheduledTimer.precedes(heap[right], heap[left]) ? right : left
            guard ScheduledTimer.precedes(heap[least], heap[parent]) else { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }
}
