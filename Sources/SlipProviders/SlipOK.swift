package import HTTPClient
internal import JSON
package import Multipart
package import Primitives

/// SlipOK (API documentation 1.7 of 2024-03-26).
package struct SlipOKDialect: SlipDialect {
    package struct Configuration: Sendable {
        /// Digits.
        package var branch: String
        package var key: Secret
        /// Without a slash at the end.
        package var baseURL = "https://api.slipok.com/api/line/apikey"
        package var limits = SlipProviderLimits()

        package init(branch: String, key: Secret) {
            self.branch = branch
            self.key = key
        }
    }

    private let configuration: Configuration
    private var reading: SlipReading { SlipReading(limits: configuration.limits) }

    package init(_ configuration: Configuration) { self.configuration = configuration }

    package var provider: String { "slipok" }

    /// `log` stores the slip with SlipOK, which makes it know duplicates and compare the receiver.
    package func request(_ question: SlipQuestion, boundary: MultipartBoundary) -> HTTPClientRequest {
        var request = HTTPClientRequest(
            method: .post, url: "\(configuration.baseURL)/\(configuration.branch)",
            headers: [("x-authorization", configuration.key.reveal())], timeouts: configuration.limits.timeouts,
            maxBodyBytes: configuration.limits.maxAnswerBytes, needsFreshConnection: question.checksDuplicates)
        let flag: (String, Bool)? = question.checksDuplicates ? ("log", true) : nil
        let amount = question.amount.map { ("amount", $0) }
        switch question.evidence {
        case .payload(let payload): request.setJSON(("data", payload), flag, amount)
        case .url(let url): request.setJSON(("url", url), flag, amount)
        case .image(let image):
            var form = MultipartEncoder(boundary: boundary)
            form.append(image.part("files"), image.bytes)
            if question.checksDuplicates { form.field("log", "true") }
            if let (name, value) = amount { form.field("\(name)", value.number) }
            request.headers.append(("Content-Type", form.contentType))
            request.body = form.body()
        }
        return request
    }

    /// Only `success: true` is a success, and only `code` tells a failure: statuses and `success: false` vary.
    package func answer(_ response: HTTPResponse) -> Result<VerifiedSlip, VerificationFailure> {
        let status = response.head.status
        guard let json = reading.json(response.body) else {
            return .failure(status == 200 ? .unclear : VerificationFailure(status: status))
        }
        if let code = json["code"]?.integer ?? json["code"]?.string.flatMap({ Int64($0) }) {
            return .failure(
                failure(code, json["data"]) ?? (status == 200 ? .unclear : VerificationFailure(status: status)))
        }
        guard status == 200, json["success"]?.bool == true else {
            return .failure(status == 200 ? .unclear : VerificationFailure(status: status))
        }
        guard let data = json["data"], data["success"]?.bool != false, let slip = slip(data) else {
            return .failure(.unclear)
        }
        return .success(slip)
    }

    private func failure(_ code: Int64, _ data: JSONValue?) -> VerificationFailure? {
        switch code {
        case 1000: .badRequest
        case 1001, 1002, 1003, 1015: .unauthorized
        case 1004: .quota
        case 1005, 1006, 1007: .unreadableImage
        case 1008: .invalid
        // "Again in 15 minutes", by the documents.
        case 1009: .pending(retryAfter: .seconds(900))
        case 1010: .pending(retryAfter: delay(data?["delay"]))
        case 1011: .notFoundYet
        case 1012: .duplicate(data.flatMap(slip))
        case 1013: .amountMismatch(data.flatMap(slip))
        case 1014: .receiverMismatch(data.flatMap(slip))
        default: nil
        }
    }

    /// Minutes after the transfer, at least one; ten, as for Bangkok Bank, when it is not told.
    private func delay(_ value: JSONValue?) -> Duration {
        let minutes = value?.integer ?? 10
        let most = configuration.limits.maxWait
        return minutes < 1 ? .seconds(60) : minutes > most.components.seconds / 60 ? most : .seconds(minutes * 60)
    }

    private func slip(_ data: JSONValue) -> VerifiedSlip? {
        guard let amount = reading.amount(data["amount"]), let reference = reading.reference(data["transRef"]),
            let time = time(data)
        else { return nil }
        return VerifiedSlip(
            amount: amount, transRef: reference, sendingBank: reading.text(data["sendingBank"]),
            receivingBank: reading.text(data["receivingBank"]), time: time, sender: party(data["sender"]),
            receiver: party(data["receiver"]), ref1: reading.text(data["ref1"]), ref2: reading.text(data["ref2"]),
            ref3: reading.text(data["ref3"]))
    }

    /// `transTimestamp`, or `yyyyMMdd` and `HH:mm:ss` of Bangkok's clock.
    private func time(_ data: JSONValue) -> Timestamp? {
        if let text = reading.text(data["transTimestamp"]) { return Timestamp(rfc3339: text) }
        guard let date = data["transDate"]?.string, let time = data["transTime"]?.string, date.utf8.count == 8,
            date.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Timestamp(rfc3339: "\(date.prefix(4))-\(date.dropFirst(4).prefix(2))-\(date.suffix(2))T\(time)+07:00")
    }

    private func party(_ value: JSONValue?) -> VerifiedParty {
        VerifiedParty(
            nameThai: reading.text(value?["displayName"]), nameEnglish: reading.text(value?["name"]),
            account: reading.account(value?["account"], ["value"]), proxy: reading.account(value?["proxy"], ["value"]))
    }
}
