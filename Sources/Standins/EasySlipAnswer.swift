internal import HTTP1
internal import JSON
internal import Primitives
internal import SlipQR

/// What EasySlip can answer instead of a slip. The two versions have words of their own for the same; of the first version's only
/// some statuses are documented, of the second's not that of its server error.
struct EasySlipFailure: Equatable {
    let status: Int
    /// Version 1: `message`.
    let message: String
    /// Version 2: `error.code`.
    let code: String
    /// Where the second version has another status.
    var codeStatus: Int?

    init(_ status: Int, _ message: String, _ code: String, codeStatus: Int? = nil) {
        self.status = status
        self.message = message
        self.code = code
        self.codeStatus = codeStatus
    }

    static let invalidPayload = Self(400, "invalid_payload", "VALIDATION_ERROR")
    static let invalidRequest = Self(400, "invalid_request", "VALIDATION_ERROR")
    static let invalidImage = Self(400, "invalid_image", "INVALID_IMAGE_FORMAT")
    static let imageTooLarge = Self(400, "image_size_too_large", "IMAGE_SIZE_TOO_LARGE")
    static let noCode = Self(404, "qrcode_not_found", "SLIP_NOT_FOUND")
    static let notFound = Self(404, "slip_not_found", "SLIP_NOT_FOUND")
    static let quotaExceeded = Self(403, "quota_exceeded", "QUOTA_EXCEEDED")
    static let unauthorized = Self(401, "unauthorized", "INVALID_API_KEY")
    static let noKey = Self(401, "unauthorized", "MISSING_API_KEY")
    static let unreachableURL = Self(400, "invalid_image", "IMAGE_URL_UNREACHABLE")
    static let wrongScheme = Self(400, "invalid_request", "URL_PROTOCOL_NOT_ALLOWED")
    static let wrongRange = Self(400, "invalid_request", "URL_INVALID_IP_RANGE")
    static let noSuchCall = Self(404, "not_found", "NOT_FOUND")

    static let all = [
        invalidPayload, invalidRequest, invalidImage, imageTooLarge, noCode, notFound, quotaExceeded, unauthorized,
        noKey, unreachableURL, wrongScheme, wrongRange, Self(403, "access_denied", "IP_NOT_ALLOWED"),
        Self(403, "application_expired", "BRANCH_INACTIVE"), Self(403, "application_deactivated", "SERVICE_DELETED"),
        Self(403, "account_not_verified", "USER_BANNED"), Self(403, "application_deactivated", "SERVICE_BANNED"),
        Self(404, "transaction_not_found", "NOT_FOUND"), Self(404, "slip_pending", "SLIP_PENDING"),
        Self(400, "slip_expired", "SLIP_NOT_FOUND", codeStatus: 404),
        Self(400, "invalid_image", "INVALID_IMAGE_TYPE"), Self(500, "server_error", "SERVER_ERROR"),
        Self(500, "api_server_error", "SERVER_ERROR"),
    ]

    /// By the word of either version.
    init?(_ word: String) {
        guard let found = Self.all.first(where: { $0.message == word || $0.code == word }) else { return nil }
        self = found
    }

    func response(_ version: EasySlipVersion) -> HTTPResponse {
        switch version {
        case .v1:
            .json(
                HTTPStatus(code: status) ?? .internalServerError,
                ["status": .integer(Int64(status)), "message": .string(message)])
        case .v2:
            .json(
                HTTPStatus(code: codeStatus ?? status) ?? .internalServerError,
                ["success": false, "error": ["code": .string(code), "message": .string(words)]])
        }
    }

    private var words: String { code.lowercased().split(separator: "_").joined(separator: " ") }
}

enum EasySlipVersion {
    case v1, v2
}

extension Slip {
    /// As EasySlip tells it, in both versions: amounts in baht as numbers, accounts masked.
    var easySlip: JSONObject {
        [
            "payload": .string(code.text), "transRef": .string(code.reference), "date": .string(at.rfc3339Seconds),
            "countryCode": "TH", "amount": ["amount": amount.json, "local": ["amount": 0, "currency": ""]], "fee": 0,
            "ref1": "", "ref2": "", "ref3": "", "sender": sender.easySlip, "receiver": receiver.easySlip,
        ]
    }
}

extension Slip.Party {
    fileprivate var easySlip: JSONValue {
        let names = bank.shownNames(th: nameTh, en: nameEn)
        var name = JSONObject()
        if let th = names.th { name["th"] = .string(th) }
        if let en = names.en { name["en"] = .string(en) }
        var shown: JSONObject = ["name": .object(name)]
        if !account.isEmpty { shown["bank"] = ["type": "BANKAC", "account": .string(bank.mask(account))] }
        if let proxy { shown["proxy"] = ["type": .string(proxy.kind.rawValue), "account": .string(proxy.masked)] }
        return [
            "bank": ["id": .string(bank.code), "name": .string(bank.nameTh), "short": .string(bank.short)],
            "account": .object(shown),
        ]
    }
}

extension Satang {
    /// A number of baht.
    var json: JSONValue { count % 100 == 0 ? .integer(count / 100) : .double(Double(count) / 100) }
}

extension Timestamp {
    /// `2026-11-21T10:02:15+07:00`.
    var rfc3339Seconds: String {
        let text = rfc3339
        return String(text.prefix(19) + text.suffix(6))
    }
}
