internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Sessions
internal import WireProtocol

/// The codes of BaanFoodie's envelope (the platform's document, §11). What a person can do something about is answered with 200.
enum FoodieCode: String, Sendable, CaseIterable {
    case ok = "OK"
    case badRequest = "BAD_REQUEST"
    case unauthorized = "UNAUTHORIZED"
    case invalidSignature = "INVALID_SIGNATURE"
    case notFound = "NOT_FOUND"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    case internalError = "INTERNAL_ERROR"
    case invalidMethod = "INVALID_METHOD"
    case balanceNotEnough = "BALANCE_NOT_ENOUGH"
    case branchForceClosed = "BRANCH_FORCE_CLOSED"
    case branchClosed = "BRANCH_CLOSED"
    case cartBranchMismatch = "CART_BRANCH_MISMATCH"
    case customerLocationRequired = "CUSTOMER_LOCATION_REQUIRED"
    case transactionNotFound = "TRANSACTION_NOT_FOUND"
    case duplicateSlip = "DUPLICATE_SLIP"
    case amountMismatch = "AMOUNT_MISMATCH"
    case receiverMismatch = "RECEIVER_MISMATCH"
    case expired = "EXPIRED"
    case slipInvalid = "SLIP_INVALID"
    case rejected = "REJECTED"
    // Not in the document.
    /// A slip is still being looked at: it need not be sent again.
    case pending = "PENDING"
    /// A person looks at it.
    case review = "REVIEW"
    case forbidden = "FORBIDDEN"
    case tooManyRequests = "TOO_MANY_REQUESTS"
    case unavailable = "UNAVAILABLE"

    var status: HTTPStatus {
        switch self {
        case .badRequest: .badRequest
        case .unauthorized, .invalidSignature: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .tooManyRequests: .tooManyRequests
        case .internalError: .internalServerError
        case .unavailable: .serviceUnavailable
        case .ok, .invalidMethod, .balanceNotEnough, .branchForceClosed, .branchClosed, .cartBranchMismatch,
            .customerLocationRequired, .transactionNotFound, .duplicateSlip, .amountMismatch, .receiverMismatch,
            .expired, .slipInvalid, .rejected, .pending, .review:
            .ok
        }
    }

    /// For a person who reads no code.
    var message: String {
        switch self {
        case .ok: "success"
        case .badRequest: "The request is not in the form that is expected."
        case .unauthorized: "Please sign in again."
        case .invalidSignature: "The caller's secret is missing or wrong."
        case .notFound: "There is nothing of that number."
        case .methodNotAllowed: "The route does not have this method."
        case .internalError: "Something went wrong here. Please try again in a moment."
        case .invalidMethod: "This way to pay cannot be used. Please choose another one."
        case .balanceNotEnough: "The balance is too low for this. Please top it up first."
        case .branchForceClosed: "The branch is closed for now."
        case .branchClosed: "The branch is closed at this time."
        case .cartBranchMismatch: "The cart does not hold things of this branch."
        case .customerLocationRequired: "Please choose where the order is to be delivered."
        case .transactionNotFound: "There is no such transaction."
        case .duplicateSlip: "This slip has been used already."
        case .amountMismatch: "The slip is about another amount than the transaction."
        case .receiverMismatch: "The slip shows another receiver than the one to be paid."
        case .expired: "The time to pay is over."
        case .slipInvalid: "This is no slip of a transfer that the bank knows."
        case .rejected: "The slip was not accepted."
        case .pending: "The slip is being checked. It need not be sent again."
        case .review: "A person is looking at the payment."
        case .forbidden: "This is not for the bearer of that token."
        case .tooManyRequests: "Too many requests. Please wait a moment."
        case .unavailable: "There is too much to do here now. Please try again in a moment."
        }
    }
}

/// Why a request is not carried out.
struct FoodieRefusal: Error, Sendable, Equatable {
    let code: FoodieCode
    /// Holds no secret.
    let message: String
    var retryAfterSeconds: Int64?
    /// Where it is not that of the code: a body that is too large.
    var status: HTTPStatus?

    init(_ code: FoodieCode, _ message: String? = nil) {
        self.code = code
        self.message = message ?? code.message
    }

    init(_ fault: Fault) {
        let code: FoodieCode
        switch fault.code {
        case .unauthenticated, .expired, .revoked, .ticketUsed: code = .unauthorized
        case .forbidden, .originRefused: code = .forbidden
        case .noSuchSession: code = .notFound
        case .rateLimited: code = .tooManyRequests
        case .overloaded, .draining, .timeout, .providerUnavailable, .providerQuota: code = .unavailable
        case .internal: code = .internalError
        case .malformed, .unknownType, .helloExpected, .badPosition, .invalidCommand, .unsupported, .tooLarge,
            .subscriptionLimit, .rejected, .keyReused, .tooLate, .providerPolicy:
            code = .badRequest
        }
        self.init(code, code == .internalError ? nil : fault.detail)
        retryAfterSeconds = fault.retryAfterSeconds
        if code == .badRequest, fault.httpStatus == 413 { status = .contentTooLarge }
    }

    init(_ reason: CheckoutRefusal) {
        switch reason {
        case .forceClosed: self.init(.branchForceClosed)
        case .closed: self.init(.branchClosed)
        case .cartMismatch: self.init(.cartBranchMismatch)
        case .noLocation: self.init(.customerLocationRequired)
        }
    }

    /// What is read or put is wrong.
    init(_ reason: FaultReason) { self.init(.badRequest, Fault(reason, command: "").detail) }

    static func invalid(_ message: String) -> Self { Self(.badRequest, message) }

    static let storeUnavailable: Self = {
        var refusal = Self(.internalError)
        refusal.retryAfterSeconds = 1
        return refusal
    }()

    var response: HTTPResponse {
        var response = HTTPResponse(foodie: code, message: message, status: status) { $0.null() }
        if let retryAfterSeconds { response.headers.set("Retry-After", String(retryAfterSeconds)) }
        if code == .unauthorized { response.headers.set("WWW-Authenticate", #"Bearer realm="sala""#) }
        return response
    }
}

extension HTTPResponse {
    /// `{"code":"OK","message":"success","body":…}`
    init(
        foodie code: FoodieCode, message: String? = nil, status: HTTPStatus? = nil, body: (inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("code", .string(code.rawValue))
        writer.member("message", .string(message ?? code.message))
        writer.name("body")
        body(&writer)
        writer.endObject()
        self.init(status: status ?? code.status, json: writer.bytes)
        // Only who asked may know it.
        headers.set("Cache-Control", "no-store, no-transform")
    }
}
