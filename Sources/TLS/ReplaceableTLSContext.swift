internal import Synchronization

/// The context that new connections get. Replacing it leaves those that are open with theirs.
package final class ReplaceableTLSContext: Sendable {
    private let context: Mutex<TLSContext>

    package init(_ context: TLSContext) { self.context = Mutex(context) }

    package var current: TLSContext { context.withLock { $0 } }

    package func replace(with context: TLSContext) { self.context.withLock { $0 = context } }
}
