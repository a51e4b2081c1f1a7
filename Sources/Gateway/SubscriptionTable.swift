/// The subscriptions of one socket, by their sessions' paths. Most sockets have one, which stands here itself.
struct SubscriptionTable {
    private var first: Subscription?
    private var others: [String: Subscription] = [:]

    var count: Int { others.count + (first == nil ? 0 : 1) }
    var all: [Subscription] { (first.map { [$0] } ?? []) + others.values }

    subscript(path: String) -> Subscription? {
        if let first, first.follows(path) { first } else { others[path] }
    }

    /// Nothing else may be there for `path`.
    mutating func insert(_ subscription: Subscription, at path: String) {
        if first == nil { first = subscription } else { others[path] = subscription }
    }

    mutating func remove(at path: String) -> Subscription? {
        guard let first, first.follows(path) else { return others.removeValue(forKey: path) }
        self.first = nil
        return first
    }

    /// False when it is not what is there. It may have ended already.
    mutating func remove(_ subscription: Subscription, at path: String) -> Bool {
        if first === subscription {
            first = nil
            return true
        }
        guard others[path] === subscription else { return false }
        others[path] = nil
        return true
    }
}
