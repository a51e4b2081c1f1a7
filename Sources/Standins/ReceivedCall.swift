internal import HTTP1
internal import JSON
internal import Transport

/// A call that a stand-in received, for `GET /_control/{name}/calls`. Confined to the stand-in's loop.
final class ReceivedCall {
    private let request: JSONObject
    private weak var exchange: HTTPExchange?
    private var isAbandoned = false

    /// Takes the exchange's `peerGone`.
    init(_ exchange: HTTPExchange) {
        var headers = JSONObject()
        for field in exchange.request.headers.fields { headers[field.name.lowercased()] = .string(field.value) }
        let body: JSONValue
        do { body = try JSONParser.parse(exchange.request.body) } catch {
            body = .string(String(decoding: exchange.request.body, as: UTF8.self))
        }
        request = [
            "method": .string(exchange.request.method.token), "path": .string(exchange.request.target),
            "headers": .object(headers), "body": body,
        ]
        self.exchange = exchange
        exchange.peerGone = { [weak self] in self?.isAbandoned = true }
    }

    /// `end` is `open` while it is being answered, `answered`, or `abandoned`: the connection ended before the answer did.
    var json: JSONValue {
        var members = request
        let isOpen = exchange?.isOpen ?? false
        members["end"] = .string(isAbandoned ? "abandoned" : isOpen ? "open" : "answered")
        return .object(members)
    }
}
