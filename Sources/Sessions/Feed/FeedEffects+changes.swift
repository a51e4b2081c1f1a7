package import Domain
internal import JSON
package import Ports
internal import Primitives

extension FeedEffects {
    package static func creationChanges(of state: Feed) -> [StoredChange] {
        state.hasSchedule ? [.unfinished(true)] : []
    }

    package static func changes(for event: FeedEvent, offset: Int64, state: Feed) -> [StoredChange] {
        guard state.hasSchedule else { return [] }
        guard state.facts.source == .gold, case .published(let value, _, _) = event,
            let price = GoldPrice(json: .object(value))
        else { return [.unfinished(true)] }
        return [
            .goldPrice(GoldPriceRow(offset: offset, price: price, publishedAt: state.updatedAt)), .unfinished(true),
        ]
    }

    /// A schedule has to be planned anew.
    package static func recovery(of state: Feed, openReply: OpenReplyRow?) -> FeedOutcome? {
        state.hasSchedule ? .resumed : nil
    }
}
