package import Domain
internal import Ports
internal import Reactor

extension PaymentAdapter {
    package func inquire(_ inquiry: GatewayInquiry, _ completion: @escaping @Sendable (GatewayAnswer) -> Void) {
        answer(.unavailable, completion)
    }

    package func refund(
        _ order: RefundOrder, of charge: GatewayCharge, _ completion: @escaping @Sendable (RefundAnswer) -> Void
    ) {
        answer(.refused, completion)
    }
}
