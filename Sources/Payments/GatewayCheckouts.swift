internal import Domain
package import HTTPClient
package import PaymentGateways
package import Ports
internal import Primitives
internal import Reactor

/// Pages of 2C2P and PayMongo. Confined to its client's loop.
///
/// One call a payment at a time, and none while its page is remembered: at PayMongo every call makes another page, and a
/// payer with two pages can pay twice. (What a second page brings is ignored by the payment, as `second-charge`; the money
/// is there all the same.)
package final class GatewayCheckouts: CheckoutService, @unchecked Sendable {
    /// Payments whose page is being asked for.
    package static let maxOpen = 256
    /// Requests that wait for the same page.
    package static let maxWaiting = 16
    /// Pages that are remembered; at least half as many of the newest always are.
    package static let maxRemembered = 4_096

    private let client: HTTPClient
    /// By tenant.
    private let merchants: [String: MerchantAccounts]
    private var waiting: [SessionAddress: [@Sendable (CheckoutAnswer) -> Void]] = [:]
    private var newPages: [SessionAddress: String] = [:]
    private var oldPages: [SessionAddress: String] = [:]

    package init(client: HTTPClient, merchants: [String: MerchantAccounts]) {
        self.client = client
        self.merchants = merchants
    }

    package func open(_ order: CheckoutOrder, _ completion: @escaping @Sendable (CheckoutAnswer) -> Void) {
        client.loop.preconditionOnLoop()
        let address = order.address
        if let url = newPages[address] ?? oldPages[address] { return answer(.page(url: url), completion) }
        if let others = waiting[address] {
            guard others.count < Self.maxWaiting else { return answer(.busy, completion) }
            waiting[address] = others + [completion]
            return
        }
        guard waiting.count < Self.maxOpen else { return answer(.busy, completion) }
        guard let merchant = merchants[address.tenant] else { return answer(.unconfigured, completion) }
        switch order.gateway {
        case .twoC2P:
            guard let gateway = merchant.twoC2P else { return answer(.unconfigured, completion) }
            guard
                var invoice = TwoC2P.Invoice(
                    payment: address.id, amount: order.amount, description: order.description)
            else { return answer(.refused(code: nil), completion) }
            invoice.channels = order.methods
            ask(gateway.checkout(invoice), for: address, completion) { response throws(GatewayFailure) in
                try gateway.page(response)
            }
        case .paymongo:
            guard let gateway = merchant.payMongo else { return answer(.unconfigured, completion) }
            let item = PayMongo.LineItem(name: order.description, amount: order.amount)
            guard let checkout = PayMongo.Checkout(payment: address.id, items: [item], methods: order.methods) else {
                return answer(.refused(code: nil), completion)
            }
            ask(gateway.checkout(checkout), for: address, completion) { response throws(GatewayFailure) in
                try gateway.page(response)
            }
        case .omise: answer(.unconfigured, completion)
        }
    }

    private func answer(_ answer: CheckoutAnswer, _ completion: @escaping @Sendable (CheckoutAnswer) -> Void) {
        client.loop.afterwards { completion(answer) }
    }

    private func ask(
        _ request: HTTPClientRequest, for address: SessionAddress,
        _ completion: @escaping @Sendable (CheckoutAnswer) -> Void,
        _ read: @escaping (HTTPResponse) throws(GatewayFailure) -> CheckoutPage
    ) {
        waiting[address] = [completion]
        client.collect(request) { [self] result in
            let answer = CheckoutAnswer(result, read)
            if case .page(let url) = answer { remember(url, of: address) }
            for completion in waiting.removeValue(forKey: address) ?? [] { completion(answer) }
        }
    }

    private func remember(_ url: String, of address: SessionAddress) {
        if newPages.count >= Self.maxRemembered / 2 {
            oldPages = newPages
            newPages = [:]
        }
        newPages[address] = url
    }
}

extension CheckoutAnswer {
    fileprivate init(
        _ result: Result<HTTPResponse, TransportFailure>, _ read: (HTTPResponse) throws(GatewayFailure) -> CheckoutPage
    ) {
        do throws(GatewayFailure) {
            switch result {
            case .success(let response): self = .page(url: try read(response).url)
            case .failure(let failure): throw GatewayFailure(failure)
            }
        } catch {
            switch error {
            case .notFound: self = .refused(code: nil)
            case .refused(let code): self = .refused(code: code)
            // Keys are ours to mend, not the payer's.
            case .unauthorized, .rateLimited, .outage, .notSent, .unclear: self = .unavailable
            }
        }
    }
}
