internal import HTTP1
internal import JSON
internal import Ports
internal import WireProtocol

/// Why a request of the slip service's routes is not carried out, in the words of its document.
struct SlipServiceRefusal: Error, Sendable, Equatable {
    let status: HTTPStatus
    /// For a person. Holds no secret.
    let message: String
    var retryAfterSeconds: Int64?
    /// `isDuplicate` of the document's 409.
    var isDuplicate = false

    init(_ status: HTTPStatus, _ message: String, retryAfterSeconds: Int64? = nil) {
        self.status = status
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }

    init(_ fault: Fault) {
        self.init(HTTPStatus(fault), fault.detail, retryAfterSeconds: fault.retryAfterSeconds)
    }

    static func invalid(_ field: String, _ words: String) -> Self { Self(.badRequest, field + " " + words) }

    static let forbidden = Self(.forbidden, "this is for operators, and for the tenant's own administrators")

    static let operatorsOnly = Self(.forbidden, "this is for operators")

    static func noTenant(_ id: String) -> Self { Self(.notFound, "Tenant \(id) does not exist") }

    static let storeUnavailable = Self(.serviceUnavailable, "the store is unavailable", retryAfterSeconds: 1)

    /// The document's 409.
    static let duplicate: Self = {
        var refusal = Self(.conflict, "⚠️ Duplicate detected")
        refusal.isDuplicate = true
        return refusal
    }()

    /// In one of the document's two shapes.
    func response(_ envelope: SlipServiceEnvelope) -> HTTPResponse {
        var body: JSONObject =
            switch envelope {
            case .named: ["error": .string(Self.name(of: status))]
            case .success: ["success": false]
            }
        if isDuplicate { body["isDuplicate"] = true }
        body["message"] = .string(message)
        var response = HTTPResponse(status: status, json: JSONValue.object(body).bytes)
        if let retryAfterSeconds { response.headers.set("Retry-After", String(retryAfterSeconds)) }
        if status == .unauthorized { response.headers.set("WWW-Authenticate", #"Bearer realm="sala""#) }
        return response
    }

    private static func name(of status: HTTPStatus) -> String {
        switch status {
        case .badRequest: "Bad Request"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .conflict: "Conflict"
        case .contentTooLarge: "Content Too Large"
        case .tooManyRequests: "Too Many Requests"
        case .serviceUnavailable: "Service Unavailable"
        default: "Server Error"
        }
    }
}

/// How a route of the document tells an error.
enum SlipServiceEnvelope: Sendable {
    /// `{"error":"Not Found","message":…}`
    case named
    /// `{"success":false,"message":…}`
    case success
}
