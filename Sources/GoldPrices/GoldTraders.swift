package import Domain
package import HTTPClient
internal import Ports
internal import Primitives
internal import Reactor

/// The gold traders' announcements over HTTP. It is asked rarely, so nothing is kept between two questions.
///
/// Sendable because it is confined to its client's loop (`preconditionOnLoop`).
package final class GoldTraders: GoldPriceSource, @unchecked Sendable {
    /// From the question to the answer.
    package static let maxAnswerTime = Duration.seconds(12)

    private let client: HTTPClient
    private let url: String

    package init(client: HTTPClient, url: String) {
        self.client = client
        self.url = url
    }

    package func fetch(_ completion: @escaping @Sendable (GoldAnswer) -> Void) {
        client.loop.preconditionOnLoop()
        let request = HTTPClientRequest(
            url: url, headers: [("Accept", "application/json")],
            timeouts: HTTPTimeouts(
                connect: .seconds(5), firstByte: Self.maxAnswerTime, idle: Self.maxAnswerTime, total: Self.maxAnswerTime
            ),
            maxBodyBytes: GoldTradersAnswer.maxBodyBytes)
        client.collect(request) { completion(Self.answer($0)) }
    }

    static func answer(_ result: Result<HTTPResponse, TransportFailure>) -> GoldAnswer {
        switch result {
        case .failure(.tooLarge), .failure(.protocolViolation): return .failure(.unreadable)
        case .failure: return .failure(.unreachable)
        case .success(let response):
            switch response.head.status {
            case 200:
                // A page in between asks whether we are people, and says 200.
                guard response.head["content-type"]?.lowercased().contains("json") == true else {
                    return .failure(.refused)
                }
                return GoldTradersAnswer.read(response.body)
            case 401, 403, 429: return .failure(.refused)
            default: return .failure(.unreachable)
            }
        }
    }
}
