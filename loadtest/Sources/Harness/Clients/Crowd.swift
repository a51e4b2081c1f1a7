internal import Primitives

/// The clients of a group, by the index of their connection. Confined to the driver's loop.
struct Crowd {
    private(set) var clients: [ContractClient] = []

    mutating func add(_ client: ContractClient) { clients.append(client) }

    /// Everybody who may be there is, with every subscription caught up.
    var isReady: Bool { clients.allSatisfy { $0.isReady || $0.state == .ended } }

    func cut(share: Double) { for client in some(share) { client.cut() } }

    func stall(share: Double, for duration: Duration) { for client in some(share) { client.stall(for: duration) } }

    mutating func leave() {
        for client in clients { client.leave() }
        clients = []
    }

    /// Spread over all, so that every session has its part of them.
    private func some(_ share: Double) -> [ContractClient] {
        var sum = 0.0
        return clients.filter { _ in
            sum += share
            guard sum >= 1 - 1e-9 else { return false }
            sum -= 1
            return true
        }
    }
}
