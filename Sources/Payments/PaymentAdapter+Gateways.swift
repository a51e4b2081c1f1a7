package import Domain
internal import HTTPClient
internal import PaymentGateways
internal import Ports
internal import Primitives
internal import Reactor

extension PaymentAdapter {
    /// 2C2P is asked by our own number, the others by theirs.
    package func inquire(_ inquiry: GatewayInquiry, _ completion: @escaping @Sendable (GatewayAnswer) -> Void) {
        loop.preconditionOnLoop()
        switch inquiry.gateway {
        case .twoC2P:
            guard let gateway = merchant.twoC2P else { return answer(.unavailable, completion) }
            let payment = address.id
            ask(gateway.inquiry(payment: payment), about: inquiry.charge, completion) {
                response throws(GatewayFailure) in
                try gateway.report(response, payment: payment)
            }
        case .omise:
            guard let gateway = merchant.omise else { return answer(.unavailable, completion) }
            ask(gateway.charge(inquiry.charge), about: inquiry.charge, completion) { response throws(GatewayFailure) in
                try gateway.report(response, charge: inquiry.charge)
            }
        case .paymongo:
            guard let gateway = merchant.payMongo else { return answer(.unavailable, completion) }
            // A checkout's own number is one of a session, not of a payment.
            if inquiry.charge.hasPrefix("cs_") {
                ask(gateway.session(inquiry.charge), about: inquiry.charge, completion) {
                    response throws(GatewayFailure) in
                    try gateway.report(response, session: inquiry.charge)
                }
            } else {
                ask(gateway.payment(inquiry.charge), about: inquiry.charge, completion) {
                    response throws(GatewayFailure) in
                    try gateway.report(response, charge: inquiry.charge)
                }
            }
        }
    }

    private func ask(
        _ request: HTTPClientRequest, about number: String,
        _ completion: @escaping @Sendable (GatewayAnswer) -> Void,
        _ read: @escaping (HTTPResponse) throws(GatewayFailure) -> ChargeReport
    ) {
        send(request) { result in
            guard case .success(let response) = result else { return completion(.unavailable) }
            do throws(GatewayFailure) {
                completion(.charge(GatewayCharge(try read(response), asked: number)))
            } catch {
                completion(error == .notFound ? .absent : .unavailable)
            }
        }
    }

    package func refund(
        _ order: RefundOrder, of charge: GatewayCharge, _ completion: @escaping @Sendable (RefundAnswer) -> Void
    ) {
        loop.preconditionOnLoop()
        switch charge.gateway {
        case .twoC2P: answer(.refused, completion)
        case .omise:
            guard let gateway = merchant.omise else { return answer(.refused, completion) }
            giveBack(
                gateway.refund(charge: charge.charge, amount: order.amount, payment: address.id), completion
            ) { response throws(GatewayFailure) in try gateway.refund(response, charge: charge.charge) }
        case .paymongo:
            guard let gateway = merchant.payMongo else { return answer(.refused, completion) }
            giveBack(
                gateway.refund(
                    charge: charge.charge, amount: order.amount, reason: .requestedByCustomer, payment: address.id),
                completion
            ) { response throws(GatewayFailure) in try gateway.refund(response, charge: charge.charge) }
        }
    }

    private func giveBack(
        _ request: HTTPClientRequest, _ completion: @escaping @Sendable (RefundAnswer) -> Void,
        _ read: @escaping (HTTPResponse) throws(GatewayFailure) -> RefundReport
    ) {
        send(request) { result in
            do throws(GatewayFailure) {
                let report: RefundReport
                switch result {
                case .success(let response): report = try read(response)
                case .failure(let failure): throw GatewayFailure(failure)
                }
                switch report.state {
                case .succeeded, .pending: completion(.accepted)
                case .failed: completion(.refused)
                case .unknown: completion(.unclear)
                }
            } catch {
                switch error {
                case .notFound, .unauthorized, .refused, .rateLimited, .notSent: completion(.refused)
                case .outage, .unclear: completion(.unclear)
                }
            }
        }
    }
}

extension GatewayCharge {
    init(_ report: ChargeReport, asked: String) {
        self.init(
            gateway: PaymentGateway(report.gateway), charge: report.charge, payment: report.payment,
            state: State(report.state), amount: report.amount, refunded: report.refunded, code: report.code,
            paidAt: report.paidAt, method: report.method, asked: asked == report.charge ? nil : asked)
    }
}

extension PaymentGateway {
    init(_ name: GatewayName) {
        switch name {
        case .twoC2P: self = .twoC2P
        case .omise: self = .omise
        case .paymongo: self = .paymongo
        }
    }
}

extension GatewayCharge.State {
    init(_ state: ChargeReport.State) {
        switch state {
        case .paid: self = .paid
        case .pending: self = .pending
        case .failed: self = .failed
        case .cancelled: self = .cancelled
        case .expired: self = .expired
        case .refunded: self = .refunded
        case .reversed: self = .reversed
        case .unknown: self = .unknown
        }
    }
}
