package import HTTPClient
internal import JSON
package import Multipart
package import Primitives

/// EasySlip (documents as of 2026-11), in its two versions, which ask in different ways and name errors differently; the
/// slip within is the same.
package struct EasySlipDialect: SlipDialect {
    package enum Version: Sendable, Equatable { case v1, v2 }

    package struct Configuration: Sendable {
        package var version: Version
        package var key: Secret
        /// Without a slash at the end; the version's own is used unless it is set.
        package var baseURL: String
        package var limits = SlipProviderLimits()

        package init(version: Version, key: Secret) {
            self.version = version
            self.key = key
            baseURL = version == .v1 ? "https://developer.easyslip.com/api/v1" : "https://api.easyslip.com/v2"
        }
    }

    private let configuration: Configuration
    private var reading: SlipReading { SlipReading(limits: configuration.limits) }

    package init(_ configuration: Configuration) { self.configuration = configuration }

    package var provider: String { "easyslip" }

    // MARK: Requests

    package func request(_ question: SlipQuestion, boundary: MultipartBoundary) -> HTTPClientRequest {
        var request = HTTPClientRequest(
            method: .post, url: configuration.baseURL + (configuration.version == .v1 ? "/verify" : "/verify/bank"),
            headers: [("Authorization", "Bearer \(configuration.key.reveal())")],
            timeouts: configuration.limits.timeouts, maxBodyBytes: configuration.limits.maxAnswerBytes,
            needsFreshConnection: question.checksDuplicates)
        let flag: (String, Bool) = ("checkDuplicate", question.checksDuplicates)
        let amount = configuration.version == .v2 ? question.amount.map { ("matchAmount", $0) } : nil
        switch (configuration.version, question.evidence) {
        case (.v1, .payload(let payload)):
            request.method = .get
            request.url += "?payload=\(PercentEncoding.segment(payload))&checkDuplicate=\(question.checksDuplicates)"
        case (.v2, .payload(let payload)):
            request.setJSON(("payload", payload), flag, amount)
        case (_, .url(let url)):
            request.setJSON(("url", url), flag, amount)
        case (let version, .image(let image)):
            var form = MultipartEncoder(boundary: boundary)
            form.append(image.part(version == .v1 ? "file" : "image"), image.bytes)
            form.field("checkDuplicate", "\(question.checksDuplicates)")
            if let (name, value) = amount { form.field("\(name)", value.number) }
            request.headers.append(("Content-Type", form.contentType))
            request.body = form.body()
        }
        return request
    }

    // MARK: Answers

    package func answer(_ response: HTTPResponse) -> Result<VerifiedSlip, VerificationFailure> {
        let status = response.head.status
        guard let json = reading.json(response.body) else {
            return .failure(status == 200 ? .unclear : VerificationFailure(status: status))
        }
        return configuration.version == .v1 ? first(json, status) : second(json, status)
    }

    private func first(_ json: JSONValue, _ status: Int) -> Result<VerifiedSlip, VerificationFailure> {
        if let message = json["message"]?.string {
            if message == "duplicate_slip" { return .failure(.duplicate(json["data"].flatMap(slip))) }
            if let failure = Self.messages[message] { return .failure(failure) }
            return .failure(status == 200 ? .unclear : VerificationFailure(status: status))
        }
        guard status == 200, json["status"]?.integer == 200 else {
            return .failure(status == 200 ? .unclear : VerificationFailure(status: status))
        }
        guard let slip = json["data"].flatMap(slip) else { return .failure(.unclear) }
        return .success(slip)
    }

    private func second(_ json: JSONValue, _ status: Int) -> Result<VerifiedSlip, VerificationFailure> {
        if let code = json["error"]?["code"]?.string, let failure = Self.codes[code] { return .failure(failure) }
        guard status == 200, json["success"]?.bool == true else {
            return .failure(status == 200 ? .unclear : VerificationFailure(status: status))
        }
        guard let data = json["data"], let slip = data["rawSlip"].flatMap(slip) else { return .failure(.unclear) }
        // Both are told with a status of success.
        if data["isDuplicate"]?.bool == true { return .failure(.duplicate(slip)) }
        if data["isAmountMatched"]?.bool == false, data["amountInOrder"]?.isNull == false {
            return .failure(.amountMismatch(slip))
        }
        return .success(slip)
    }

    private func slip(_ data: JSONValue) -> VerifiedSlip? {
        guard let amount = reading.amount(data["amount"]?["amount"]),
            let reference = reading.reference(data["transRef"]),
            let time = reading.text(data["date"]).flatMap({ Timestamp(rfc3339: $0) })
        else { return nil }
        return VerifiedSlip(
            amount: amount, transRef: reference, sendingBank: reading.text(data["sender"]?["bank"]?["id"]),
            receivingBank: reading.text(data["receiver"]?["bank"]?["id"]), time: time, sender: party(data["sender"]),
            receiver: party(data["receiver"]), ref1: reading.text(data["ref1"]), ref2: reading.text(data["ref2"]),
            ref3: reading.text(data["ref3"]))
    }

    /// An account's number is `account` by EasySlip's documents, and `value` by one client's types.
    private func party(_ value: JSONValue?) -> VerifiedParty {
        let account = value?["account"]
        return VerifiedParty(
            nameThai: reading.text(account?["name"]?["th"]), nameEnglish: reading.text(account?["name"]?["en"]),
            account: reading.account(account?["bank"], ["account", "value"])
                ?? reading.account(account, ["value"]),
            proxy: reading.account(account?["proxy"], ["account", "value"]))
    }

    /// Version 1. Only some statuses are documented, so the word alone decides.
    private static let messages: [String: VerificationFailure] = [
        "invalid_payload": .invalid, "invalid_image": .unreadableImage, "image_size_too_large": .unreadableImage,
        "invalid_request": .badRequest, "unauthorized": .unauthorized, "access_denied": .unauthorized,
        "application_expired": .unauthorized, "application_deactivated": .unauthorized,
        "account_not_verified": .unauthorized, "quota_exceeded": .quota, "slip_not_found": .notFoundYet,
        "qrcode_not_found": .unreadableImage, "transaction_not_found": .notFoundYet,
        "slip_pending": .pending(retryAfter: .seconds(300)), "slip_expired": .expired, "server_error": .outage,
        "api_server_error": .outage,
    ]

    /// Version 2.
    private static let codes: [String: VerificationFailure] = [
        "MISSING_API_KEY": .unauthorized, "INVALID_API_KEY": .unauthorized, "BRANCH_INACTIVE": .unauthorized,
        "SERVICE_BANNED": .unauthorized, "SERVICE_DELETED": .unauthorized, "USER_BANNED": .unauthorized,
        "IP_NOT_ALLOWED": .unauthorized, "QUOTA_EXCEEDED": .quota, "VALIDATION_ERROR": .badRequest,
        "URL_PROTOCOL_NOT_ALLOWED": .badRequest, "URL_INVALID_IP_RANGE": .badRequest,
        "IMAGE_URL_UNREACHABLE": .badRequest, "IMAGE_SIZE_TOO_LARGE": .unreadableImage,
        "INVALID_IMAGE_TYPE": .unreadableImage, "INVALID_IMAGE_FORMAT": .unreadableImage,
        "SLIP_NOT_FOUND": .notFoundYet, "SLIP_PENDING": .pending(retryAfter: .seconds(300)), "NOT_FOUND": .notFoundYet,
    ]
}
