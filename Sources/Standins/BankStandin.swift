internal import Authentication
internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import SlipPictures
internal import SlipQR
internal import Transport

/// A payer's bank: `POST /_control/bank/transfer` makes a transfer that both slip services know, and its slip. It has no API that
/// anybody calls. Confined to the stand-ins' loop.
final class BankStandin: Standin {
    let name = "bank"
    private let desk: SlipDesk
    private let loop: EventLoop

    init(desk: SlipDesk, loop: EventLoop) {
        self.desk = desk
        self.loop = loop
    }

    func failure(_ status: Int) -> HTTPResponse {
        .json(HTTPStatus(code: status) ?? .internalServerError, ["message": "failing as told"])
    }

    func receive(_ call: StandinCall) { call.respond(.json(.notFound, ["message": "a bank has no API here"])) }

    func control(_ exchange: HTTPExchange, _ path: ArraySlice<String>) -> Bool {
        guard path.elementsEqual(["transfer"]), exchange.request.method == .post else { return false }
        do throws(BehaviourError) {
            exchange.respond(.json(.ok, .object(try transfer(exchange.request.json ?? .null))))
        } catch {
            exchange.respond(.json(.badRequest, ["error": .string(error.detail)]))
        }
        return true
    }

    private func transfer(_ json: JSONValue) throws(BehaviourError) -> JSONObject {
        guard let members = json.object?.members else { throw BehaviourError("the body is a JSON object") }
        var order = TransferOrder()
        for member in members where try !order.change(member) { throw .unknown(member) }
        let slip = try desk.slip(order, usual: nil, at: loop.time.wallClock)
        let picture: [UInt8]
        do throws(SlipPictureFailure) { picture = try SlipPicture(payload: slip.code.text).png() } catch {
            throw BehaviourError("no picture can be drawn of that slip")
        }
        desk.book.add(slip)
        desk.book.addPicture(digest: SHA256.digest(picture), payload: slip.code.text)
        var facts = slip.facts
        facts["image"] = .string("data:image/png;base64," + Base64.encode(picture))
        return facts
    }
}
