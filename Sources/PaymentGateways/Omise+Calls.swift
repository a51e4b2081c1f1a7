package import HTTPClient
internal import JSON
package import Primitives

extension Omise {
    /// Asks for a charge: what it answers is to be acted on, whatever a webhook said.
    package func charge(_ id: String) -> HTTPClientRequest {
        .basic(
            .get, "\(configuration.baseURL)/charges/\(PercentEncoding.segment(id))", key: configuration.secretKey,
            limits: configuration.limits)
    }

    /// What is said of `charge`; an answer of another one is none.
    package func report(_ response: HTTPResponse, charge: String) throws(GatewayFailure) -> ChargeReport {
        guard let report = report(try answer(response)), report.charge == charge else { throw .unclear }
        return report
    }

    /// Gives back `amount`, which is in the charge's currency. There is no key that makes a repetition harmless: when it is not
    /// clear what became of it, ask for the charge first.
    package func refund(charge: String, amount: Money, payment: String?) -> HTTPClientRequest {
        var body = "amount=\(amount.hundredths)"
        if let payment { body += "&metadata%5Bpayment_id%5D=\(PercentEncoding.segment(payment))" }
        return .basic(
            .post, "\(configuration.baseURL)/charges/\(PercentEncoding.segment(charge))/refunds",
            key: configuration.secretKey, type: "application/x-www-form-urlencoded", body: Array(body.utf8),
            limits: configuration.limits)
    }

    /// The refund that was made of `charge`.
    package func refund(_ response: HTTPResponse, charge: String) throws(GatewayFailure) -> RefundReport {
        guard let report = refund(try answer(response)), report.charge == charge else { throw .unclear }
        return report
    }

    private func answer(_ response: HTTPResponse) throws(GatewayFailure) -> JSONValue {
        let json = response.body.count <= configuration.limits.maxAnswerBytes ? reading.json(response.body) : nil
        guard response.head.isSuccess else {
            throw GatewayFailure(status: response.head.status, code: reading.code(json?["code"]))
        }
        guard let json else { throw .unclear }
        return json
    }
}
