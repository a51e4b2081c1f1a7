package import Domain
internal import Reactor
internal import Synchronization

/// The registries of all loops: how a session hears of another one, which may live on another loop.
package final class SessionRegistries: Sendable {
    private let all = Mutex<[SessionRegistry]>([])
    /// Where sessions leave letters for sessions of any loop (`SessionEnvironment.couriers`).
    package let couriers = Couriers()

    package init() {}

    /// Once, before any session is live: registries are made with effects that know this one.
    /// - Parameter registries: by the index of their loops.
    package func connect(_ registries: [SessionRegistry]) {
        all.withLock { $0 = registries }
        couriers.connect(registries.map(\.courier))
    }

    /// Activates a session, which takes up again what it has to do. From any thread.
    package func wake(_ address: SessionAddress) { afterwards(of: address) { $0.wake(address) } }

    /// Runs `use` with the registry that an address lives in, in a coming turn of its loop: never inside the caller's own call.
    func afterwards(of address: SessionAddress, _ use: @escaping @Sendable (SessionRegistry) -> Void) {
        let registry = all.withLock { all in
            all.isEmpty ? nil : all[Int(address.stableHash % UInt64(all.count))]
        }
        registry?.loop.submit { registry.map(use) }
    }
}
