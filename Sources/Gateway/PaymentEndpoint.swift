internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Multipart
internal import Ports
internal import Primitives
internal import PromptPay
internal import QRPictures
internal import Sessions
internal import SlipProviders
internal import Transport
internal import WireProtocol

/// What a payment has besides every session's routes: the QR code to pay it with, and where a picture of its slip is sent before
/// `slip.submit` names it.
enum PaymentEndpoint {
    /// A picture, and what a form puts around it.
    static let maxPictureBodyBytes = SlipImage.maxBytes + 64 * 1024

    static let bodyAllowances: [BodyAllowance] = ["/v1/sessions/payment/{id}/pictures"].compactMap {
        BodyAllowance(.post, $0, maxBytes: maxPictureBodyBytes)
    }

    /// What the facts of a payment must be besides what its machine asks: a QR code can be made of them.
    static func check(_ facts: PaymentFacts) throws(FaultReason) {
        guard let id = facts.payee?.promptPay else { return }
        do throws(PromptPayProxyViolation) { _ = try PromptPayProxy(id) } catch {
            throw .invalid("payee.promptpay is no PromptPay id: \(error.rawValue)")
        }
    }

    private static func withAddress(
        _ request: RoutedRequest, _ parameters: PathParameters, _ use: (Principal, SessionAddress) -> Void
    ) {
        request.withPrincipal { principal in
            let path = SessionKind.payment.rawValue + "/" + (parameters["id"] ?? "")
            guard let address = SessionAddress(tenant: principal.tenant, path: path) else {
                return request.refuse(Fault(.noSuchSession))
            }
            use(principal, address)
        }
    }

    // MARK: Pictures

    /// `POST …/pictures`: the picture as it is, or a form's `file`. 201 with the name that `slip.submit` takes as `image`.
    static func holdPicture(_ request: RoutedRequest, _ parameters: PathParameters) {
        withAddress(request, parameters) { principal, address in
            let picture: SlipImage
            do throws(Fault) { picture = try self.picture(request.request) } catch { return request.refuse(error) }
            let held: @Sendable (Bool) -> Void = request.onLoop { mayPay in
                guard mayPay else {
                    return request.refuse(Fault(.forbidden, "this subject may not show a slip for that payment"))
                }
                guard let name = request.services.pictures.hold(picture.bytes, for: address) else {
                    return request.refuse(
                        Fault(.overloaded, "too many pictures are being looked at", retryAfter: .seconds(5)))
                }
                request.respond(.created, secret: ["image": .string(name)])
            }
            let refused: @Sendable (Fault) -> Void = request.onLoop { request.refuse($0) }
            let caller = principal.caller
            request.services.withRegistry(of: address) {
                $0.readPayment(address, caller, refused, { $0.mayPay(caller) }, held)
            }
        }
    }

    static func picture(_ request: HTTPRequest) throws(Fault) -> SlipImage {
        var bytes = request.body
        let types = request.headers.all("Content-Type")
        guard types.count <= 1 else { throw Fault(.malformed, "one Content-Type, please") }
        if let type = types.first, type.lowercased().hasPrefix("multipart/") {
            do throws(MultipartViolation) {
                var limits = MultipartLimits()
                limits.maxParts = 4
                let form = try MultipartForm(
                    request.body, boundary: MultipartBoundary(contentType: type), limits: limits)
                bytes = try form.only("file").map { Array($0.content) } ?? []
            } catch {
                throw Fault(.malformed, error.detail)
            }
        }
        guard let picture = SlipImage(bytes) else {
            throw Fault(
                .invalidCommand,
                "a JPEG, PNG, GIF or WebP picture of at most \(SlipImage.maxBytes / 1_048_576) MiB is needed")
        }
        return picture
    }

    // MARK: QR

    /// `GET …/qr`: the code to pay with, as text, as a PNG (a data URL) and as SVG; or as a picture alone, where `Accept` asks
    /// for one.
    static func qr(_ request: RoutedRequest, _ parameters: PathParameters) {
        withAddress(request, parameters) { principal, address in
            let found: @Sendable (PaymentFacts) -> Void = request.onLoop { facts in answer(request, facts) }
            let refused: @Sendable (Fault) -> Void = request.onLoop { request.refuse($0) }
            let caller = principal.caller
            request.services.withRegistry(of: address) {
                $0.readPayment(address, caller, refused, { $0.facts }, found)
            }
        }
    }

    private static func answer(_ request: RoutedRequest, _ facts: PaymentFacts) {
        guard let payload = payload(of: facts) else {
            return request.refuse(Fault(.rejected, "the payment has no PromptPay id to pay to"))
        }
        let symbol: QRSymbol
        let png: [UInt8]
        do throws(QRPictureFailure) {
            symbol = try QRSymbol(payload)
            png = try symbol.png()
        } catch {
            return request.refuse(Fault(.internal, "the code cannot be drawn"))
        }
        let accepted = request.request.headers.all("Accept").joined(separator: ",").lowercased()
        var response: HTTPResponse
        if accepted.hasPrefix("image/svg") {
            response = HTTPResponse(status: .ok, body: Array(symbol.svg.utf8))
            response.headers.set("Content-Type", "image/svg+xml; charset=utf-8")
        } else if accepted.hasPrefix("image/") {
            response = HTTPResponse(status: .ok, body: png)
            response.headers.set("Content-Type", "image/png")
        } else {
            let json: JSONValue = [
                "payload": .string(payload), "amount": .string(facts.amount.decimal),
                "png": .string("data:image/png;base64," + Base64.encode(png)), "svg": .string(symbol.svg),
            ]
            response = HTTPResponse(status: .ok, json: json.bytes)
        }
        response.headers.set("Cache-Control", "private, no-store")
        response.headers.set("Vary", "Accept")
        request.exchange.respond(response)
    }

    /// nil when it is not paid by PromptPay.
    static func payload(of facts: PaymentFacts) -> String? {
        guard let id = facts.payee?.promptPay else { return nil }
        do throws(PromptPayProxyViolation) {
            return PromptPayPayload(.proxy(try PromptPayProxy(id)), amount: facts.amount)?.text
        } catch {
            return nil
        }
    }
}
