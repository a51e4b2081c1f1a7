internal import HTTP1
internal import JSON
internal import Primitives
internal import Transport
internal import WireProtocol

/// `{"success":true,"message":…,"data":…}`, or `{"success":false,"message":…,"error":{"code":…,"details":…}}`, as Pawn Shop's
/// document has it. Where fields are meant, `errors` lists them as its first chapter does.
struct PawnshopEnvelope: Sendable {
    private let routed: RoutedRequest

    init(_ routed: RoutedRequest) { self.routed = routed }

    func succeed(_ data: JSONValue, _ message: String, status: HTTPStatus = .ok, more: JSONObject = [:]) {
        var body: JSONObject = ["success": true, "message": .string(message), "data": data]
        for member in more.members { body[member.name] = member.value }
        respond(status, body)
    }

    func refuse(_ refusal: PawnshopRefusal) {
        var details: JSONValue? = refusal.details.map(JSONValue.string)
        var body: JSONObject = ["success": false, "message": .string(refusal.message)]
        if !refusal.violations.isEmpty {
            var fields = JSONObject()
            for violation in refusal.violations { fields[violation.field] = .string(violation.message) }
            details = .object(fields)
            body["errors"] = .array(
                refusal.violations.map { violation in
                    [
                        "field": .string(violation.field), "message": .string(violation.message),
                        "code": .string(violation.code.rawValue),
                    ]
                })
        }
        var error: JSONObject = ["code": .string(refusal.code)]
        error["details"] = details
        body["error"] = .object(error)
        respond(refusal.status, body, retryAfter: refusal.retryAfterSeconds)
    }

    private func respond(_ status: HTTPStatus, _ body: JSONObject, retryAfter: Int64? = nil) {
        var response = HTTPResponse(status: status, json: JSONValue.object(body).bytes)
        response.headers.set("Cache-Control", "no-store, no-transform")
        if let retryAfter { response.headers.set("Retry-After", String(retryAfter)) }
        if status == .unauthorized { response.headers.set("WWW-Authenticate", #"Bearer realm="sala""#) }
        routed.exchange.respond(response)
    }
}

/// A refusal in the document's words.
struct PawnshopRefusal: Error, Sendable {
    let status: HTTPStatus
    let code: String
    let message: String
    var details: String?
    var violations: [FieldViolation] = []
    var retryAfterSeconds: Int64?

    init(_ status: HTTPStatus, _ code: String, _ message: String, details: String? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.details = details
    }

    init(_ violations: [FieldViolation]) {
        self.init(.badRequest, "VALIDATION_ERROR", "Validation failed")
        self.violations = violations
    }

    init(_ fault: Fault) {
        self.init(HTTPStatus(fault), Self.code(of: fault.code), Self.message(of: fault.code), details: fault.detail)
        retryAfterSeconds = fault.retryAfterSeconds
    }

    private static func code(of code: FaultCode) -> String {
        switch code {
        case .unauthenticated, .ticketUsed: "INVALID_CREDENTIALS"
        case .expired: "TOKEN_EXPIRED"
        case .revoked: "TOKEN_BLACKLISTED"
        case .forbidden, .originRefused: "INSUFFICIENT_PERMISSIONS"
        case .noSuchSession: "NOT_FOUND"
        case .rejected, .tooLate, .keyReused: "CONFLICT"
        case .rateLimited, .subscriptionLimit: "RATE_LIMIT_EXCEEDED"
        case .malformed, .unknownType, .tooLarge, .unsupported, .helloExpected, .badPosition, .invalidCommand:
            "VALIDATION_ERROR"
        case .providerUnavailable, .providerQuota, .providerPolicy: "EXTERNAL_API_ERROR"
        case .overloaded, .draining, .timeout: "SERVICE_UNAVAILABLE"
        case .internal: "INTERNAL_SERVER_ERROR"
        }
    }

    private static func message(of code: FaultCode) -> String {
        switch code {
        case .unauthenticated, .ticketUsed: "Access denied: No token provided"
        case .expired: "Access denied: Token expired"
        case .revoked: "Access denied: Token has been revoked"
        case .forbidden, .originRefused: "Insufficient permissions"
        case .noSuchSession: "Resource not found"
        case .rejected, .tooLate, .keyReused: "Conflict"
        case .rateLimited, .subscriptionLimit: "Too many requests"
        case .malformed, .unknownType, .tooLarge, .unsupported, .helloExpected, .badPosition, .invalidCommand:
            "Validation failed"
        case .providerUnavailable, .providerQuota, .providerPolicy: "External API error"
        case .overloaded, .draining, .timeout: "Service temporarily unavailable"
        case .internal: "Internal server error"
        }
    }
}
