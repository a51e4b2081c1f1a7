internal import HTTP1
internal import JSON
internal import Primitives
internal import Transport
internal import WireProtocol

/// `{"success":true,"message":…,"data":…}`, or `{"success":false,"message":…,"error":{"code":…,"details":…},"errors":[…]}`: the
/// document shows `error` in one part and `errors` (the fields that are wrong) in another.
struct PawnshopEnvelope: Sendable {
    private let routed: RoutedRequest

    init(_ routed: RoutedRequest) { self.routed = routed }

    /// - Parameters:
    ///   - data: left out when nil, as the document does where there is nothing to say.
    ///   - more: members beside `data`.
    func succeed(
        _ message: String, _ data: JSONValue?, status: HTTPStatus = .ok, more: JSONObject = [:],
        cookies: [String] = []
    ) {
        var body: JSONObject = ["success": true, "message": .string(message)]
        body["data"] = data
        for member in more.members { body[member.name] = member.value }
        respond(status, body, cookies: cookies)
    }

    func refuse(_ refusal: PawnshopRefusal, cookies: [String] = []) {
        var body: JSONObject = [
            "success": false, "message": .string(refusal.message),
            "error": ["code": .string(refusal.code), "details": refusal.details],
        ]
        if !refusal.violations.isEmpty {
            body["errors"] = .array(
                refusal.violations.map { violation in
                    [
                        "field": .string(violation.field), "message": .string(violation.message),
                        "code": .string(violation.code.rawValue),
                    ]
                })
        }
        respond(refusal.status, body, retryAfter: refusal.retryAfterSeconds, cookies: cookies)
    }

    private func respond(
        _ status: HTTPStatus, _ body: JSONObject, retryAfter: Int64? = nil, cookies: [String]
    ) {
        var response = HTTPResponse(status: status, json: JSONValue.object(body).bytes)
        response.headers.set("Cache-Control", "no-store, no-transform")
        for cookie in cookies { response.headers.add("Set-Cookie", cookie) }
        if let retryAfter { response.headers.set("Retry-After", String(retryAfter)) }
        if status == .unauthorized { response.headers.set("WWW-Authenticate", #"Bearer realm="sala""#) }
        routed.exchange.respond(response)
    }

    /// A person or a thing as the platform numbers it: its own ids are numbers, and stand in tokens and addresses as text.
    static func id(_ text: String) -> JSONValue {
        guard text.utf8.count <= 15, let number = Int64(text), String(number) == text else { return .string(text) }
        return .integer(number)
    }
}

/// A refusal in the document's form: a message for people, a code for programs, and which fields are meant.
struct PawnshopRefusal: Error, Sendable, Equatable {
    let status: HTTPStatus
    let code: String
    let message: String
    /// For people who look closer.
    let details: JSONValue
    var violations: [FieldViolation] = []
    var retryAfterSeconds: Int64?

    init(_ status: HTTPStatus, _ code: String, _ message: String, _ details: String, retryAfterSeconds: Int64? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.details = .string(details)
        self.retryAfterSeconds = retryAfterSeconds
    }

    init(_ violations: [FieldViolation]) {
        status = .badRequest
        code = violations.allSatisfy { $0.code == .required } ? "REQUIRED_FIELD_MISSING" : "VALIDATION_ERROR"
        message = "Validation failed"
        var fields = JSONObject()
        for violation in violations { fields[violation.field] = .string(violation.message) }
        details = .object(fields)
        self.violations = violations
    }

    init(_ fault: Fault) {
        status = HTTPStatus(fault)
        code = Self.code(of: fault.code)
        message = Self.message(of: fault.code)
        details = .string(fault.detail)
        retryAfterSeconds = fault.retryAfterSeconds
    }

    static let noToken = PawnshopRefusal(
        .unauthorized, "INVALID_CREDENTIALS", "Access denied: No token provided", "A token is required.")

    private static func code(of code: FaultCode) -> String {
        switch code {
        case .malformed, .unknownType, .helloExpected, .badPosition, .invalidCommand, .tooLarge: "VALIDATION_ERROR"
        case .unauthenticated, .ticketUsed: "INVALID_CREDENTIALS"
        case .expired: "TOKEN_EXPIRED"
        case .revoked: "TOKEN_BLACKLISTED"
        case .forbidden, .originRefused: "INSUFFICIENT_PERMISSIONS"
        case .noSuchSession: "NOT_FOUND"
        case .rejected, .tooLate, .keyReused: "CONFLICT"
        case .rateLimited, .subscriptionLimit: "RATE_LIMIT_EXCEEDED"
        case .unsupported: "NOT_SUPPORTED"
        case .providerUnavailable, .providerQuota, .providerPolicy, .timeout: "EXTERNAL_API_ERROR"
        case .overloaded, .draining: "SERVICE_UNAVAILABLE"
        case .internal: "INTERNAL_ERROR"
        }
    }

    private static func message(of code: FaultCode) -> String {
        switch code {
        case .malformed, .unknownType, .helloExpected, .badPosition, .invalidCommand, .tooLarge: "Validation failed"
        case .unauthenticated, .ticketUsed: "Invalid token"
        case .expired: "Token has expired"
        case .revoked: "Token has been revoked"
        case .forbidden, .originRefused: "Insufficient permissions"
        case .noSuchSession: "Resource not found"
        case .rejected, .tooLate, .keyReused: "The request conflicts with what was done before"
        case .rateLimited, .subscriptionLimit: "Too many requests"
        case .unsupported: "Not supported"
        case .providerUnavailable, .providerQuota, .providerPolicy, .timeout: "Chat service temporarily unavailable"
        case .overloaded, .draining: "Service temporarily unavailable"
        case .internal: "Internal server error"
        }
    }
}

/// One page of a list that is counted, by the document's rules: `page` from 1, `limit` of 1 to 100.
struct PawnshopPage: Sendable, Equatable {
    let page: Int
    let limit: Int

    static let maxLimit = 100
    /// Behind it no list of ours goes on.
    static let maxPage = 1_000_000

    init(_ request: HTTPRequest, usual limit: Int = 10) throws(PawnshopRefusal) {
        var violations: [FieldViolation] = []
        func number(_ name: String, _ usual: Int, _ most: Int) -> Int {
            guard let text = request.query[name], !text.isEmpty else { return usual }
            if let number = Int(text), (1...most).contains(number) { return number }
            violations.append(
                FieldViolation(field: name, message: "\(name) must be a number from 1 to \(most)", code: .range))
            return usual
        }
        page = number("page", 1, Self.maxPage)
        self.limit = number("limit", limit, Self.maxLimit)
        if !violations.isEmpty { throw PawnshopRefusal(violations) }
    }

    private func pages(_ total: Int) -> Int { (total + limit - 1) / limit }

    /// `{"items":[…],"stats":{…}}`.
    func data(_ items: [JSONValue], total: Int) -> JSONValue {
        [
            "items": .array(items),
            "stats": [
                "totalItems": .integer(Int64(total)), "totalPages": .integer(Int64(pages(total))),
                "currentPage": .integer(Int64(page)), "itemsPerPage": .integer(Int64(limit)),
                "hasNextPage": .bool(page < pages(total)), "hasPreviousPage": .bool(page > 1),
            ],
        ]
    }

    /// The other form of the same, in the part of the document that shows `pagination` beside `data`.
    func pagination(total: Int) -> JSONValue {
        [
            "page": .integer(Int64(page)), "limit": .integer(Int64(limit)), "total": .integer(Int64(total)),
            "totalPages": .integer(Int64(pages(total))),
        ]
    }
}
