internal import Domain
internal import HTTP1
internal import JSON
internal import Primitives
internal import Sessions
internal import Transport
internal import WireProtocol

/// `POST /gold-price/sync`: has the source asked, and waits for what it says. Requests that come while it is being asked wait for the
/// same answer.
enum GoldSync {
    /// What has come of it.
    private struct Outcome: Sendable {
        let check: FeedCheck
        let price: GoldPrice?
        let before: GoldPrice?
        let held: GoldPrice?
    }

    static func start(_ request: GoldRequest) {
        let address = request.address
        let caller = request.caller
        if let fault = request.routed.gateway.refusalOfCommand(to: address) { return request.refuse(fault) }
        let answer: @Sendable (Result<CommandAnswer, Fault>) -> Void = request.routed.onLoop { result in
            switch result {
            case .failure(let fault): request.refuse(fault)
            case .success(let answer):
                guard let number = Self.number(answer) else { return request.refuse(Fault(.internal)) }
                follow(number, request)
            }
        }
        let ticket = CommandTicket(
            command: SessionCommand(caller: caller, name: "feed.sync", data: [:]), key: nil, answer: answer)
        request.routed.services.withRegistry(of: address) { $0.submit(address, ticket) }
    }

    private static func number(_ answer: CommandAnswer) -> Int64? {
        do { return try JSONParser.parse(answer.body)["check"]?.integer } catch { return nil }
    }

    private static func follow(_ number: Int64, _ request: GoldRequest) {
        let (address, caller) = (request.address, request.caller)
        SessionWatch<Outcome>.follow(
            address, as: caller, for: request.routed,
            look: { registry, refused, found in
                registry.readFeed(address, caller, refused, { outcome(of: number, in: $0) }, found)
            }
        ) { result in
            switch result {
            case .failure(let fault): request.refuse(fault)
            case .success(nil): request.envelope.refuse(refusal(nil))
            case .success(let outcome?): tell(outcome, request)
            }
        }
    }

    private static func outcome(of number: Int64, in feed: Feed) -> Outcome? {
        guard let check = feed.check, check.number >= number else { return nil }
        return Outcome(check: check, price: feed.latestPrice, before: feed.previousPrice, held: feed.held?.price)
    }

    private static func tell(_ outcome: Outcome, _ request: GoldRequest) {
        if outcome.check.result == .failed { return request.envelope.refuse(refusal(outcome.check.failure)) }
        // Without a change the price before is the price.
        let before = outcome.check.result == .published ? outcome.before : outcome.price
        var data: JSONObject = [
            "previousPrice": GoldView.pair(before), "currentPrice": GoldView.pair(outcome.price),
            "change": outcome.price.map { GoldView.change(to: $0, from: before) } ?? .null,
            "syncedAt": .string(outcome.check.at.rfc3339),
        ]
        guard outcome.check.result == .held else {
            return request.envelope.succeed("Gold price synchronized successfully", .object(data))
        }
        data["heldPrice"] = GoldView.pair(outcome.held)
        request.envelope.succeed(
            "Gold price is held until staff confirms it", .object(data), status: .accepted)
    }

    private static func refusal(_ failure: GoldFailure?) -> PawnshopRefusal {
        let details =
            switch failure {
            case .refused: "The gold price API refuses to answer"
            case .unreadable: "The gold price API answered in an unknown format"
            case .implausible: "The gold price API answered with prices that cannot be right"
            case .unconfigured: "No gold price API is configured"
            case .unreachable, nil: "The gold price API did not answer"
            }
        return PawnshopRefusal(.badGateway, "EXTERNAL_API_ERROR", "Failed to synchronize gold price", details)
    }
}
