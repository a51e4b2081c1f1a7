internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport
internal import WireProtocol

/// `{"success":true,"data":…,"meta":{"timestamp":…,"requestId":…}}`, or `{"success":false,"error":…,"meta":…}`. The
/// request's id is the client's own (`X-Request-ID`), where that is one.
struct TradeEnvelope: Sendable {
    static let requestIDField = "X-Request-ID"
    static let maxRequestIDBytes = 64

    private let routed: RoutedRequest
    private let requestID: String

    init(_ routed: RoutedRequest) {
        self.routed = routed
        let given = routed.request.headers.first(Self.requestIDField)
        let own = given.flatMap { id in
            let isShort = (1...Self.maxRequestIDBytes).contains(id.utf8.count)
            return isShort && id.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? id : nil
        }
        requestID = own ?? routed.services.random.identifier("req")
    }

    /// - Parameter meta: besides what `meta` always has.
    func succeed(
        _ data: JSONValue, status: HTTPStatus = .ok, pagination: JSONObject? = nil, meta: JSONObject = [:]
    ) {
        var body: JSONObject = ["success": true, "data": data]
        body["pagination"] = pagination.map(JSONValue.object)
        respond(status, body, meta: meta)
    }

    func refuse(_ refusal: TradeRefusal) {
        let details = refusal.details.map { violation -> JSONValue in
            [
                "field": .string(violation.field), "message": .string(violation.message),
                "code": .string(violation.code.rawValue),
            ]
        }
        let error: JSONObject = [
            "code": .string(refusal.code), "message": .string(refusal.message), "details": .array(details),
        ]
        respond(refusal.status, ["success": false, "error": .object(error)], retryAfter: refusal.retryAfterSeconds)
    }

    private func respond(
        _ status: HTTPStatus, _ members: JSONObject, retryAfter: Int64? = nil, meta others: JSONObject = [:]
    ) {
        var body = members
        let now = routed.exchange.loop.time.wallClock
        var meta: JSONObject = ["timestamp": .string(now.rfc3339), "requestId": .string(requestID)]
        for member in others.members { meta[member.name] = member.value }
        body["meta"] = .object(meta)
        var response = HTTPResponse(status: status, json: JSONValue.object(body).bytes)
        response.headers.set("Cache-Control", "no-store, no-transform")
        response.headers.set(Self.requestIDField, requestID)
        if let retryAfter { response.headers.set("Retry-After", String(retryAfter)) }
        if status == .unauthorized { response.headers.set("WWW-Authenticate", #"Bearer realm="sala""#) }
        routed.exchange.respond(response)
    }
}

/// A refusal in the document's form: a code for programs, a message for people, and which fields are meant.
struct TradeRefusal: Error, Sendable, Equatable {
    let status: HTTPStatus
    let code: String
    let message: String
    var details: [FieldViolation] = []
    var retryAfterSeconds: Int64?

    init(_ violations: [FieldViolation]) {
        status = .badRequest
        code = "VALIDATION_ERROR"
        message = violations.first?.message ?? "the request is not valid"
        details = violations
    }

    init(_ fault: Fault) {
        status = HTTPStatus(fault)
        code = Self.code(of: fault.code)
        message = fault.detail
        retryAfterSeconds = fault.retryAfterSeconds
    }

    static func code(of code: FaultCode) -> String {
        switch code {
        case .malformed, .unknownType, .helloExpected, .badPosition, .invalidCommand: "VALIDATION_ERROR"
        case .unauthenticated, .expired, .revoked, .ticketUsed: "UNAUTHORIZED"
        case .forbidden, .originRefused: "FORBIDDEN"
        case .noSuchSession: "NOT_FOUND"
        case .rejected, .tooLate: "INVALID_STATE"
        case .keyReused: "IDEMPOTENCY_KEY_REUSED"
        case .rateLimited, .subscriptionLimit: "RATE_LIMITED"
        case .tooLarge: "PAYLOAD_TOO_LARGE"
        case .unsupported: "NOT_SUPPORTED"
        case .providerUnavailable, .providerQuota: "GATEWAY_UNAVAILABLE"
        case .providerPolicy: "GATEWAY_REFUSED"
        case .overloaded, .draining, .timeout: "SERVICE_UNAVAILABLE"
        case .internal: "INTERNAL_ERROR"
        }
    }
}
