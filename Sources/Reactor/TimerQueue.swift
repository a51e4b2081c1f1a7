internal import Primitives

/// A scheduled call that can be taken back. Confined to the loop that scheduled it.
package final class ScheduledTimer {
    fileprivate(set) var work: (() -> Void)?
    fileprivate let sequence: UInt64

    init(sequence: UInt64, work: @escaping () -> Void) {
        self.sequence = sequence
        self.work = work
    }

    /// Idempotent; a timer that fired is not affected.
    package func cancel() { work = nil }
}

/// A binary min-heap of timers. Cancelled ones are dropped when they surface, or all at once when there may be many.
struct TimerQueue {
    /// The deadline stands beside the timer, so that most comparisons look at the heap only.
    private struct Entry {
        let deadline: Instant
        let timer: ScheduledTimer

        var isCancelled: Bool { timer.work == nil }

        /// Equal deadlines fire in the order in which they were scheduled.
        func precedes(_ other: Entry) -> Bool {
            deadline == other.deadline ? timer.sequence < other.timer.sequence : deadline < other.deadline
        }
    }

    private var heap: [Entry] = []
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
        if sinceSweep > 1024, sinceSweep > heap.count / 4 { sweep() }
        nextSequence += 1
        let timer = ScheduledTimer(sequence: nextSequence, work: work)
        heap.append(Entry(deadline: deadline, timer: timer))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { break }
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
        guard let first = heap.first, first.deadline <= now, first.timer.sequence <= mark else { return nil }
        removeFirst()
        defer { first.timer.work = nil }
        return first.timer.work
    }

    private mutating func dropCancelled() {
        while let first = heap.first, first.isCancelled { removeFirst() }
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown(from: 0)
    }

    private mutating func sweep() {
        sinceSweep = 0
        heap.removeAll { $0.isCancelled }
        for index in stride(from: heap.count / 2, through: 0, by: -1) { siftDown(from: index) }
    }

    private mutating func siftDown(from start: Int) {
        var parent = start
        while true {
            let left = parent * 2 + 1
            guard left < heap.count else { return }
            let right = left + 1
            let least = right < heap.count && heap[right].precedes(heap[left]) ? right : left
            guard heap[least].precedes(heap[parent]) else { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }
}
