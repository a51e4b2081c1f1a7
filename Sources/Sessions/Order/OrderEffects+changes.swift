package import Domain
internal import JSON
package import Ports
internal import Primitives

extension OrderEffects {
    package static func creationChanges(of state: Order) -> [StoredChange] {
        [.order(OrderRow(state)), .unfinished(state.isUnfinished)]
    }

    package static func changes(for event: OrderEvent, offset: Int64, state: Order) -> [StoredChange] {
        switch event {
        // Neither is in the row.
        case .etaChanged, .riderNear, .riderArrived: []
        case .statusChanged, .riderAssigned, .cancelled, .paymentChanged:
            [.order(OrderRow(state)), .unfinished(state.isUnfinished)]
        }
    }

    package static func letters(for event: OrderEvent, offset: Int64, state: Order) -> [Letter] {
        NotificationRules.letters(for: event, of: state)
    }

    package static func recovery(of state: Order, openReply: OpenReplyRow?) -> OrderOutcome? {
        state.followsPayment || state.isTracked ? .resumed : nil
    }
}

extension OrderRow {
    init(_ order: Order) {
        let facts = order.facts
        self.init(
            id: order.id, customer: facts.customer, provider: facts.provider, rider: order.rider?.id,
            lifecycle: order.lifecycle.name, status: order.status, displayStatus: order.display.status,
            payment: order.payment, branch: facts.branch?.id, state: order.listedState.bytes,
            createdAt: order.createdAt, updatedAt: order.updatedAt, offset: order.lastOffset)
    }
}
