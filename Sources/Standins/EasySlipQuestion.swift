internal import HTTP1
internal import JSON
internal import Primitives

/// What EasySlip is asked beside which slip it is.
struct EasySlipQuestion {
    /// Bytes of a payload, by version.
    static let maxPayloadBytesV1 = 255
    static let maxPayloadBytesV2 = 128
    /// Bytes of an address, and of a remark.
    static let maxTextBytes = 255

    var checksDuplicate = false
    var remark: String?
    var matchesAccount = false
    var amount: Satang?

    typealias Reading = Result<(EasySlipQuestion, SlipFinding), EasySlipRefusal>

    /// Reads a request in any of its documented forms: a payload in the query or in JSON, a file, base64, an address.
    static func read(_ request: HTTPRequest, _ version: EasySlipVersion, _ desk: SlipDesk) -> Reading {
        if request.method == .get {
            var question = EasySlipQuestion()
            question.checksDuplicate = request.query["checkDuplicate"] == "true"
            return payload(request.query["payload"], version, desk).map { (question, $0) }
        }
        if let form = StandinForm(request) {
            return question(version) { form.text($0).map(JSONValue.string) }.flatMap { question in
                guard let image = form.content(version == .v1 ? "file" : "image") else { return .failure(.invalid) }
                return .success((question, desk.find(image: image)))
            }
        }
        guard let json = request.json, json.object != nil else { return .failure(.invalid) }
        let inputs = version == .v1 ? ["image", "data", "url"] : ["payload", "base64", "url"]
        let given = inputs.filter { json[$0]?.string != nil }
        // Exactly one.
        guard given.count == 1, let input = given.first, let text = json[input]?.string else {
            return .failure(.invalid)
        }
        return question(version) { json[$0] }.flatMap { question in
            switch input {
            case "payload": payload(text, version, desk).map { (question, $0) }
            case "url": address(text, request, desk).map { (question, $0) }
            default: .success((question, base64(text).map { desk.find(image: $0) } ?? .noImage))
            }
        }
    }

    private static func question(
        _ version: EasySlipVersion, _ value: (String) -> JSONValue?
    ) -> Result<EasySlipQuestion, EasySlipRefusal> {
        func flag(_ name: String) -> Bool { value(name)?.bool ?? (value(name)?.string == "true") }
        var question = EasySlipQuestion()
        question.checksDuplicate = flag("checkDuplicate")
        guard version == .v2 else { return .success(question) }
        question.matchesAccount = flag("matchAccount")
        if let remark = value("remark")?.string {
            guard (1...maxTextBytes).contains(remark.utf8.count) else { return .failure(.invalid) }
            question.remark = remark
        }
        if let amount = value("matchAmount"), !amount.isNull {
            guard let satang = Satang(baht: amount) else { return .failure(.invalid) }
            question.amount = satang
        }
        return .success(question)
    }

    private static func payload(
        _ text: String?, _ version: EasySlipVersion, _ desk: SlipDesk
    ) -> Result<SlipFinding, EasySlipRefusal> {
        let most = version == .v1 ? maxPayloadBytesV1 : maxPayloadBytesV2
        guard let text, (1...most).contains(text.utf8.count) else {
            return .failure(EasySlipRefusal(.invalidPayload))
        }
        return .success(desk.find(payload: text))
    }

    private static func address(
        _ url: String, _ request: HTTPRequest, _ desk: SlipDesk
    ) -> Result<SlipFinding, EasySlipRefusal> {
        guard (1...maxTextBytes).contains(url.utf8.count) else { return .failure(.invalid) }
        return desk.find(url: url, host: request.headers.first("Host")).mapError { refusal in
            switch refusal {
            case .scheme: EasySlipRefusal(.wrongScheme)
            case .range: EasySlipRefusal(.wrongRange)
            case .unreachable: EasySlipRefusal(.unreachableURL)
            }
        }
    }

    /// The prefix of a data URI may stand before it.
    private static func base64(_ text: String) -> [UInt8]? {
        guard text.hasPrefix("data:") else { return Base64.decode(text.utf8) }
        return text.utf8.firstIndex(of: UInt8(ascii: ",")).flatMap { Base64.decode(text.utf8[$0...].dropFirst()) }
    }
}

/// A request that is refused before a slip is looked for.
struct EasySlipRefusal: Error {
    let failure: EasySlipFailure

    init(_ failure: EasySlipFailure) { self.failure = failure }

    static let invalid = EasySlipRefusal(.invalidRequest)

    func response(_ version: EasySlipVersion) -> HTTPResponse { failure.response(version) }
}

extension Satang {
    /// A number of baht, or its digits; nil when it has parts of a satang.
    init?(baht: JSONValue) {
        if let text = baht.string {
            self.init(decimal: text)
        } else if let whole = baht.integer, (0...10_000_000_000_000).contains(whole) {
            self.init(whole * 100)
        } else if let number = baht.double, (0...10_000_000_000).contains(number) {
            let satang = (number * 100).rounded()
            guard abs(satang - number * 100) < 0.001 else { return nil }
            self.init(Int64(satang))
        } else {
            return nil
        }
    }
}
