/// How a scenario is dealt out to several processes.
extension Scenario {
    /// Below the usual hard limit of 20,000 descriptors, with room for HTTP and files.
    static let maxConnectionsAProcess = 18_000

    /// How many processes its connections need.
    var partCount: Int { max(1, (connections + Self.maxConnectionsAProcess - 1) / Self.maxConnectionsAProcess) }

    /// The share of one process: connections, sessions and rates divided, times the same. The parts' connections sum to the whole.
    func part(_ part: RunPart) -> Scenario {
        guard part.count > 1 else { return self }
        var scenario = self
        let share = 1 / Double(part.count)
        for index in groups.indices {
            let group = groups[index]
            let connections = Self.shares(of: group.connections, in: [Int](repeating: 1, count: part.count))[part.index]
            scenario.groups[index].connections = connections
            scenario.groups[index].sessions = max(1, Int((Double(group.sessions) * share).rounded()))
            scenario.groups[index].connect = group.connect.scaled(by: share)
            scenario.groups[index].arrivals = group.arrivals?.scaled(by: share)
        }
        return scenario
    }
}
