package import Domain
package import Primitives

/// Pages at payment gateways, where payers pay. One instance a loop, for the payments that live there; confined to it.
///
/// `open` answers exactly once, on the loop and in a later turn, within the bounds of its adapter (docs/LIMITS.md), and what the
/// outside did wrong is an answer, too.
package protocol CheckoutService: AnyObject, Sendable {
    /// Asks for the page of a payment whose session is there. Asked for again while the page is remembered, it is the same one.
    func open(_ order: CheckoutOrder, _ completion: @escaping @Sendable (CheckoutAnswer) -> Void)
}

/// What a page is asked for.
package struct CheckoutOrder: Sendable, Equatable {
    /// Of the payment; the gateway gets its id, and says it again in what it reports.
    package let address: SessionAddress
    package let gateway: PaymentGateway
    /// More than zero.
    package let amount: Money
    /// For the payer to read; a gateway cuts what is longer than it takes.
    package let description: String
    /// The gateway's names of ways to pay; none: all that the merchant has, where the gateway can offer that.
    package let methods: [String]

    package init(
        address: SessionAddress, gateway: PaymentGateway, amount: Money, description: String, methods: [String] = []
    ) {
        self.address = address
        self.gateway = gateway
        self.amount = amount
        self.description = description
        self.methods = methods
    }
}

package enum CheckoutAnswer: Sendable, Equatable {
    /// Where the payer's browser goes.
    case page(url: String)
    /// The gateway does not make such a page, whenever it is asked. Its code, if it said one.
    case refused(code: String?)
    /// It did not answer, or not in a way that counts: ask again later.
    case unavailable
    /// As many are being asked for as may be: ask again soon.
    case busy
    /// The tenant has no account at that gateway, or the gateway has no pages.
    case unconfigured
}
