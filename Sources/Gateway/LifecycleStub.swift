internal import Domain

enum LifecycleEndpoint {
    static func find(
        _ name: String, _ tenant: String, for request: RoutedRequest, _ found: @escaping (Lifecycle?) -> Void
    ) { found(Lifecycle.builtIn(name)) }
}
