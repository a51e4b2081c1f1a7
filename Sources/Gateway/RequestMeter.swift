internal import Primitives
internal import Synchronization

/// What one tenant's routes were asked and how that went, for the tenant's own eyes: counts, times, the newest requests. Names of
/// routes only, no addresses, no people. From any loop, once a request.
final class RequestMeter: Sendable {
    private enum Bound {
        /// Of the newest requests that can be listed.
        static let maxRecent = 200
        /// Times that percentiles are made of, the newest.
        static let maxTimes = 1_000
    }

    struct Request: Sendable, Equatable {
        let at: Timestamp
        let method: String
        let endpoint: String
        let status: Int
        let duration: Duration
    }

    struct Endpoint: Sendable, Equatable {
        var count: Int64 = 0
        /// Nanoseconds.
        var time: Int64 = 0

        var average: Duration { .nanoseconds(count == 0 ? 0 : time / count) }
    }

    /// What was counted since the start, or since somebody began anew.
    struct Reading: Sendable {
        /// `GET /api/…`.
        var endpoints: [String: Endpoint] = [:]
        var statuses: [Int: Int64] = [:]
        var today: Int64 = 0
        /// The newest first.
        var recent: [Request] = []
        /// The newest times, sorted.
        var times: [Duration] = []

        var total: Int64 { endpoints.values.reduce(0) { $0 + $1.count } }
        var average: Duration {
            let total = total
            return .nanoseconds(total == 0 ? 0 : endpoints.values.reduce(0) { $0 + $1.time } / total)
        }
        /// Of answers that were the server's own failure.
        var failures: Int64 { statuses.filter { $0.key >= 500 }.values.reduce(0, +) }
        /// 0…1.
        var errorRate: Double { total == 0 ? 0 : Double(failures) / Double(total) }

        /// The smallest time that `share` of the newest requests stayed within; nil when there were none.
        func percentile(_ share: Double) -> Duration? {
            if times.isEmpty { return nil }
            return times[min(times.count - 1, Int(Double(times.count) * share))]
        }
    }

    private struct State {
        var endpoints: [String: Endpoint] = [:]
        var statuses: [Int: Int64] = [:]
        var day: Timestamp?
        var today: Int64 = 0
        var recent = Newest<Request>(Bound.maxRecent)
        var times = Newest<Duration>(Bound.maxTimes)
    }

    private let time: any TimeSource
    private let state = Mutex(State())

    init(_ time: any TimeSource) { self.time = time }

    func record(_ method: String, _ endpoint: String, status: Int, after duration: Duration) {
        let now = time.wallClock
        state.withLock { state in
            let name = method + " " + endpoint
            state.endpoints[name, default: Endpoint()].count += 1
            state.endpoints[name, default: Endpoint()].time += duration.wholeNanoseconds
            state.statuses[status, default: 0] += 1
            let day = now.startOfBangkokDay
            if state.day != day {
                state.day = day
                state.today = 0
            }
            state.today += 1
            state.recent.add(
                Request(at: now, method: method, endpoint: endpoint, status: status, duration: duration))
            state.times.add(duration)
        }
    }

    var reading: Reading {
        let today = time.wallClock.startOfBangkokDay
        return state.withLock { state in
            Reading(
                endpoints: state.endpoints, statuses: state.statuses, today: state.day == today ? state.today : 0,
                recent: state.recent.newestFirst, times: state.times.newestFirst.sorted())
        }
    }

    /// Begins anew.
    func reset() { state.withLock { $0 = State() } }
}

/// The newest so many of what was added.
private struct Newest<Item: Sendable>: Sendable {
    private let capacity: Int
    private var items: [Item] = []
    private var next = 0

    init(_ capacity: Int) { self.capacity = capacity }

    mutating func add(_ item: Item) {
        if items.count < capacity {
            items.append(item)
        } else {
            items[next] = item
        }
        next = (next + 1) % capacity
    }

    var newestFirst: [Item] {
        items.count < capacity ? items.reversed() : (items[next...] + items[..<next]).reversed()
    }
}
