/// What the command line changes of a scenario.
extension Scenario {
    /// All groups' connections, and their sessions, in proportion, so that the connections sum to `total`.
    mutating func scale(connectionsTo total: Int) throws(LoadFailure) {
        let sum = groups.reduce(0) { $0 + $1.connections }
        guard sum > 0 else { throw LoadFailure(.usage, "--connections: no group of \"\(name)\" has connections") }
        let factor = Double(total) / Double(sum)
        let shares = Self.shares(of: total, in: groups.map(\.connections))
        for index in groups.indices where groups[index].connections > 0 {
            groups[index].connections = shares[index]
            groups[index].sessions = min(
                ScenarioGroup.maxSessions, max(1, Int((Double(groups[index].sessions) * factor).rounded())))
        }
    }

    /// All arrivals in proportion, so that they sum to `rate` a second on average.
    mutating func scale(rateTo rate: Double) throws(LoadFailure) {
        let sum = averageRate
        guard sum > 0 else { throw LoadFailure(.usage, "--rate: no group of \"\(name)\" has arrivals") }
        for index in groups.indices {
            groups[index].arrivals = groups[index].arrivals?.scaled(by: rate / sum)
        }
    }

    /// The measured part takes `seconds`; what happens once in it happens at the same share of it, what happens every so many
    /// seconds happens more or less often.
    mutating func stretch(to seconds: Double) {
        let factor = seconds / self.seconds
        for index in groups.indices {
            groups[index].arrivals = groups[index].arrivals?.stretched(by: factor)
        }
        for index in faults.indices where faults[index].every == nil { faults[index].at *= factor }
        self.seconds = seconds
    }

    /// Of all groups together, over the measured part.
    var averageRate: Double {
        groups.reduce(0) { $0 + ($1.arrivals?.averageRate(of: seconds) ?? 0) }
    }

    var connections: Int { groups.reduce(0) { $0 + $1.connections } }

    /// `total` in whole numbers that are in the proportion of `weights`; what rounding leaves goes to the largest remainders.
    static func shares(of total: Int, in weights: [Int]) -> [Int] {
        let sum = weights.reduce(0, +)
        guard sum > 0 else { return weights.map { _ in 0 } }
        let exact = weights.map { Double(total) * Double($0) / Double(sum) }
        var shares = exact.map { Int($0.rounded(.down)) }
        let order = exact.indices.sorted {
            (exact[$0] - exact[$0].rounded(.down), $1) > (exact[$1] - exact[$1].rounded(.down), $0)
        }
        for index in order.prefix(max(0, total - shares.reduce(0, +))) { shares[index] += 1 }
        return shares
    }
}
