/// Something that a platform's back end tells Sala and that rules ask about: a branch, a cart. Small, and the newest alone counts.
package struct PlatformFact: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case branch, cart
        /// What the platform gave with a transaction.
        case transaction
        /// Which number a transaction has that was asked for with an idempotency key: the id is a digest of who asked and the key.
        case transactionKey = "transaction-key"
        /// What a tenant declares of its orders: the id is its name, the text a lifecycle's document.
        case lifecycle
    }

    /// What became of a fact of which a tenant has so many at most.
    package enum BoundedPut: String, Sendable, CaseIterable {
        case created, replaced
        /// It is new, and there are as many as there may be: nothing was kept.
        case full
    }

    package struct Key: Hashable, Sendable {
        package let kind: Kind
        /// 1 to `maxIDBytes` bytes.
        package let id: String

        package init(_ kind: Kind, _ id: String) {
            self.kind = kind
            self.id = id
        }
    }

    package let key: Key
    /// JSON text, at most `maxBytes`; as it was put, so that no number changes.
    package let text: [UInt8]

    package static let maxIDBytes = 128
    package static let maxBytes = 32 * 1024
    /// Asked for at once.
    package static let maxKeys = 64

    package init(_ key: Key, text: [UInt8]) {
        self.key = key
        self.text = text
    }
}

/// What platforms' back ends have told. One instance a loop; confined to it; every completion runs once, on it, in a later turn.
package protocol PlatformFactStore: AnyObject, Sendable {
    /// The new one takes the place of the old one. nil: it is durable.
    func put(_ fact: PlatformFact, tenant: String, _ completion: @escaping @Sendable (StoreFailure?) -> Void)

    /// The same while the tenant has fewer than `most` facts of that kind, or has this one. Two at a time do not pass the bound. After
    /// a failure of which nothing is known it may be tried again.
    func put(
        _ fact: PlatformFact, most: Int, tenant: String,
        _ completion: @escaping @Sendable (Result<PlatformFact.BoundedPut, StoreFailure>) -> Void)

    /// The ids of all facts of a kind, in order, at most `most`.
    func ids(
        of kind: PlatformFact.Kind, most: Int, tenant: String,
        _ completion: @escaping @Sendable (Result<[String], StoreFailure>) -> Void)

    /// Those that there are, of at most `PlatformFact.maxKeys`.
    func facts(
        _ keys: [PlatformFact.Key], tenant: String,
        _ completion: @escaping @Sendable (Result<[PlatformFact.Key: [UInt8]], StoreFailure>) -> Void)

    /// Takes the next number for a transaction and keeps `text` of it. Numbers are never given twice; some are never used. With a
    /// `key` (1 to `PlatformFact.maxIDBytes` bytes) it is the same number each time, and the text that came first.
    func numberTransaction(
        keeping text: [UInt8], key: String?, tenant: String,
        _ completion: @escaping @Sendable (Result<Int64, StoreFailure>) -> Void)
}
