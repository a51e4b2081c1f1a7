internal import HTTP1
internal import Ports
internal import Reactor

/// Changes of what is set up for tenants: one after the other in the whole process, each decided on what the book says then,
/// written, and only then put into the book. So two that meet do not undo each other, and the book follows the store.
///
/// Sendable because it is confined to the loop of its store; `submit` may be called on any.
final class TenantChanges: @unchecked Sendable {
    typealias Decision = @Sendable (TenantBook) -> Result<TenantSettingsChange?, SlipServiceRefusal>

    private struct Waiting {
        let decide: Decision
        let completion: @Sendable (SlipServiceRefusal?) -> Void
    }

    private let loop: EventLoop
    private let store: any TenantSettingsStore
    private let book: TenantBook
    private var waiting: [Waiting] = []
    private var isBusy = false

    init(_ services: LoopServices, book: TenantBook) {
        loop = services.loop
        store = services.settings
        self.book = book
    }

    /// `decide` runs on the changes' loop, and so does `completion`: nil when the change is durable and in the book, or when
    /// there was none to make.
    func submit(_ decide: @escaping Decision, _ completion: @escaping @Sendable (SlipServiceRefusal?) -> Void) {
        loop.execute { [self] in
            guard waiting.count < SlipServiceLimits.maxWaitingChanges else { return completion(.storeUnavailable) }
            waiting.append(Waiting(decide: decide, completion: completion))
            next()
        }
    }

    private func next() {
        guard !isBusy, !waiting.isEmpty else { return }
        let first = waiting.removeFirst()
        switch first.decide(book) {
        case .failure(let refusal): end(first, refusal)
        case .success(nil): end(first, nil)
        case .success(let change?):
            isBusy = true
            store.write(change) { [self] failure in
                guard let failure else {
                    book.apply(change)
                    return end(first, nil)
                }
                guard failure == .unknown else { return end(first, .storeUnavailable) }
                // Perhaps it was written: what the store has now counts.
                store.load { [self] result in
                    if case .success(let loaded) = result { book.replace(loaded.tenants, shared: loaded.shared) }
                    end(first, .storeUnavailable)
                }
            }
        }
    }

    private func end(_ change: Waiting, _ refusal: SlipServiceRefusal?) {
        isBusy = false
        change.completion(refusal)
        loop.afterwards { [self] in next() }
    }
}
