internal import Domain
internal import HTTP1
internal import JSON
internal import Multipart
internal import Ports
internal import Primitives
internal import SlipProviders
internal import Transport

/// `POST /api/scan/verify-slip`: an image, where one is, or the text of its QR code, shown to the tenant's slip services one after
/// the other until one of them gives a verdict.
enum VerifySlipRoute {
    static func verify(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let question = try Question(request.http)
        let tenant = try request.tenant(named: question.tenant).tenant.id
        let verification = Verification(request: request, services: request.gateway.slipServices(of: tenant))
        switch question.evidence {
        case .image(let image): verification.begin(image.bytes)
        case .payload(let payload): verification.begin(.payload(payload), nil)
        case .url(let url):
            request.own.files.fetch(url) { answer in
                request.attempt { () throws(SlipServiceRefusal) in
                    guard case .file(let bytes) = answer else { throw refusal(of: answer) }
                    guard let image = SlipImage(bytes) else {
                        throw .invalid("url", "leads to no JPEG, PNG, GIF or WebP image")
                    }
                    verification.begin(image.bytes)
                }
            }
        }
    }

    private static func refusal(of answer: PublicFileAnswer) -> SlipServiceRefusal {
        switch answer {
        case .notAURL: .invalid("url", "is not an http or https URL")
        // One answer for both: what this server can reach is nobody's business.
        case .notPublic, .unavailable, .file: .invalid("url", "leads to nothing on the public internet")
        case .tooLarge: .invalid("url", "leads to more than \(SlipImage.maxBytes / 1_048_576) MiB")
        }
    }

    private enum Evidence: Sendable {
        case image(SlipImage), url(String), payload(String)
    }

    /// What the body says, as a form or as JSON.
    private struct Question: Sendable {
        let tenant: String?
        let evidence: Evidence

        init(_ request: HTTPRequest) throws(SlipServiceRefusal) {
            let types = request.headers.all("Content-Type")
            guard types.count <= 1 else { throw .invalid("Content-Type", "stands more than once") }
            if let type = types.first, type.lowercased().hasPrefix("multipart/") {
                let form: MultipartForm
                let parts: (tenant: MultipartPart?, file: MultipartPart?, url: MultipartPart?, payload: MultipartPart?)
                do throws(MultipartViolation) {
                    var limits = MultipartLimits()
                    limits.maxParts = SlipServiceLimits.maxSlipParts
                    form = try MultipartForm(
                        request.body, boundary: MultipartBoundary(contentType: type), limits: limits)
                    parts = (
                        try form.only("tenantId"), try form.only("file"), try form.only("url"), try form.only("payload")
                    )
                } catch {
                    throw SlipServiceRefusal(HTTPStatus(code: error.status) ?? .badRequest, error.detail)
                }
                tenant = try Self.text(parts.tenant, "tenantId")
                // A browser sends an empty file where none was chosen.
                let file = parts.file.flatMap { $0.content.isEmpty ? nil : $0.content }
                evidence = try Self.evidence(
                    file, try Self.text(parts.url, "url"), try Self.text(parts.payload, "payload"))
            } else {
                let fields = try BodyFields(request)
                tenant = try fields.text(optional: "tenantId", .bytes(SlipServiceLimits.maxIDBytes))
                evidence = try Self.evidence(
                    nil, try fields.text(optional: "url", .any), try fields.text(optional: "payload", .any))
            }
        }

        private static func text(_ part: MultipartPart?, _ name: String) throws(SlipServiceRefusal) -> String? {
            guard let part, !part.content.isEmpty else { return nil }
            guard let text = part.text else { throw .invalid(name, "is not text") }
            return text
        }

        private static func evidence(
            _ file: [UInt8]?, _ url: String?, _ payload: String?
        ) throws(SlipServiceRefusal) -> Evidence {
            switch (file, url, payload) {
            case (let file?, nil, nil):
                guard let image = SlipImage(file) else {
                    throw .invalid("file", "is no JPEG, PNG, GIF or WebP image")
                }
                return .image(image)
            case (nil, let url?, nil): return .url(url)
            case (nil, nil, let payload?):
                let rule = TextRule.visible(SlipServiceLimits.maxPayloadBytes)
                guard rule.isValid(payload) else { throw .invalid("payload", rule.words) }
                return .payload(payload)
            default: throw .invalid("file, url or payload", "is needed, one of them")
            }
        }
    }
}

extension TextRule {
    /// Judged elsewhere.
    fileprivate static let any = TextRule(words: "is a text") { _ in true }
}

/// One slip on its way through the tenant's slip services.
private struct Verification: Sendable {
    let request: SlipServiceRequest
    let services: any LineAccountServices

    /// The text of the slip's QR code is as good as the image, and uploads nothing.
    func begin(_ image: [UInt8]) {
        services.readSlip(image) { answer in
            switch answer {
            case .slip(let reference, let payload): begin(.payload(payload), reference)
            case .foreign: refuse(.badRequest, "the image is no slip")
            case .none, .noImage: begin(.image(image), nil)
            }
        }
    }

    /// `reference`: what the QR code says; the service must say the same.
    func begin(_ slip: ShownSlip, _ reference: SlipReference?) {
        let verifiers = services.live.verifiers
        guard !verifiers.isEmpty else {
            return refuse(.internalServerError, "no slip service is set up for this tenant")
        }
        ask(slip, reference, verifiers[...], [])
    }

    private func ask(
        _ slip: ShownSlip, _ reference: SlipReference?, _ verifiers: ArraySlice<String>, _ faults: [VerifierFault]
    ) {
        guard let first = verifiers.first else { return giveUp(faults) }
        services.verify(slip, by: first) { answer in
            switch answer {
            case .genuine(let report): accept(report, reference)
            case .pending: refuse(.badRequest, "the bank has not published the transfer yet: try again in some minutes")
            case .notFound: refuse(.badRequest, "the bank knows no such transfer")
            case .bad(.unreadable): refuse(.badRequest, "no slip can be read in the image")
            case .bad(.expired): refuse(.badRequest, "the bank does not answer about this transfer any more")
            case .bad: refuse(.badRequest, "it is no slip")
            case .fault(let fault): ask(slip, reference, verifiers.dropFirst(), faults + [fault])
            }
        }
    }

    /// Every service had a fault; none of them is the slip's.
    private func giveUp(_ faults: [VerifierFault]) {
        if faults.contains(.unavailable) || faults.contains(.unclear) {
            request.refuse(
                SlipServiceRefusal(
                    .serviceUnavailable, "Verification failed: no slip service gave an answer", retryAfterSeconds: 30))
        } else {
            refuse(
                .internalServerError,
                faults.contains(.quota)
                    ? "Verification failed: the slip services' quota is used up"
                    : "Verification failed: the slip services do not accept this tenant's credentials")
        }
    }

    private func accept(_ report: SlipReport, _ reference: SlipReference?) {
        guard report.amount > .zero, let transRef = report.transRef else {
            return refuse(.internalServerError, "Verification failed: the slip service's answer is not complete")
        }
        let bank = report.bank ?? reference?.bank
        guard reference == nil || reference?.transRef == transRef && reference?.bank == bank else {
            return refuse(.internalServerError, "Verification failed: the slip service answered about another transfer")
        }
        var sender = report.sender
        // The bank that names the transfer, which `submit-credit` reads from here.
        sender.bank = bank ?? sender.bank
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("success", true)
        writer.name("data")
        writer.beginObject()
        writer.name("data")
        writer.beginObject()
        writer.member("sender", sender.json)
        writer.member("receiver", report.receiver.json)
        writer.name("amount")
        writer.beginObject()
        writer.name("amount")
        writer.raw(report.amount.number.utf8)
        writer.endObject()
        writer.member("date", JSONValue(report.transferredAt?.rfc3339))
        writer.member("transRef", .string(transRef))
        writer.endObject()
        writer.endObject()
        writer.endObject()
        request.routed.exchange.respond(HTTPResponse(status: .ok, json: writer.bytes))
    }

    private func refuse(_ status: HTTPStatus, _ message: String) {
        request.refuse(SlipServiceRefusal(status, message))
    }
}

extension SlipParty {
    fileprivate var json: JSONValue {
        [
            "name": ["th": JSONValue(thaiName), "en": JSONValue(englishName)],
            "account": [
                "value": JSONValue(account ?? proxy), "bank": ["short": JSONValue(bank.map(BankShortName.of))],
            ],
        ]
    }
}
