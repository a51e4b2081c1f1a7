package import Ports
package import Reactor

/// Pages at gateways that are what a test says, in a later turn; nil: never. Confined to the test's loop.
package final class ScriptedCheckouts: CheckoutService, @unchecked Sendable {
    private let loop: EventLoop
    package private(set) var orders: [CheckoutOrder] = []
    package var answer: CheckoutAnswer? = .page(url: "https://pay.example/1")

    package init(loop: EventLoop) { self.loop = loop }

    package func open(_ order: CheckoutOrder, _ completion: @escaping @Sendable (CheckoutAnswer) -> Void) {
        orders.append(order)
        if let answer { loop.submit { completion(answer) } }
    }
}
