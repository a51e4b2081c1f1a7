internal import Authentication
internal import HTTP1
internal import JSON
internal import Primitives
internal import Transport
internal import WireProtocol

/// The pages that the server itself serves, from inside the executable.
enum PageEndpoint {
    /// - Parameter images: an origin besides our own that pictures may come from.
    private static func contentSecurityPolicy(images: String? = nil) -> String {
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:"
            + (images.map { " " + $0 } ?? "") + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }

    private static let ownPolicy = contentSecurityPolicy()

    static func home(_ request: RoutedRequest) {
        var response = HTTPResponse(status: .seeOther)
        response.headers.set("Location", "/demo/chat/")
        request.exchange.respond(response)
    }

    static func chat(_ request: RoutedRequest, _ parameters: PathParameters) {
        serve(Pages.chat, in: "/demo/chat", request, parameters)
    }

    static func line(_ request: RoutedRequest, _ parameters: PathParameters) {
        serve(Pages.line, in: "/demo/oa", request, parameters)
    }

    static func gold(_ request: RoutedRequest, _ parameters: PathParameters) {
        serve(Pages.gold, in: "/demo/gold", request, parameters)
    }

    private static func serve(
        _ pages: [String: Page], in folder: String, _ request: RoutedRequest, _ parameters: PathParameters
    ) {
        guard request.request.path.raw != folder else { return lead(request, to: folder + "/") }
        let name = parameters["file"] ?? ""
        serve(pages, name.isEmpty ? "index.html" : name, request)
    }

    static func lead(_ request: RoutedRequest, to path: String) {
        var response = HTTPResponse(status: .permanentRedirect)
        response.headers.set("Location", path)
        request.exchange.respond(response)
    }

    /// Answers with the file, or that there is none of the name.
    /// - Parameter images: an origin besides our own that the page's pictures may come from.
    static func serve(_ pages: [String: Page], _ name: String, _ request: RoutedRequest, images: String? = nil) {
        guard let page = pages[name] else {
            return request.exchange.respond(
                HTTPResponse(problem: Fault(.noSuchSession, "no such page"), status: .notFound))
        }
        let representation = page.representation(
            accepting: AcceptEncoding(request.request.headers.all("Accept-Encoding")))
        let isKnown = EntityTag.isKnown(representation.tag, in: request.request.headers.all("If-None-Match"))
        var response = HTTPResponse(status: isKnown ? .notModified : .ok, body: isKnown ? [] : representation.bytes)
        if !isKnown {
            response.headers.set("Content-Type", page.mediaType)
            if representation.coding == .gzip { response.headers.set("Content-Encoding", "gzip") }
            // Files are small and whole; a Range is not looked at.
            response.headers.set("Accept-Ranges", "none")
        }
        if page.gzip != nil { response.headers.vary(on: "Accept-Encoding") }
        response.headers.set("ETag", representation.tag)
        response.headers.set("Cache-Control", "no-cache")
        response.headers.set("Content-Security-Policy", images.map { contentSecurityPolicy(images: $0) } ?? ownPolicy)
        request.exchange.respond(response)
    }

    // MARK: `sala dev`

    static func token(_ request: RoutedRequest, of visitor: DemoVisitor) {
        guard let demo = demo(request) else { return }
        request.respond(secret: ["token": .string(demo.token(visitor))])
    }

    /// What the page for staff asks of the stand-ins. They listen on another port, where a page of this one must not read.
    static func play(_ request: RoutedRequest, _ act: DemoAct) {
        guard let demo = demo(request) else { return }
        demo.play(
            act,
            request.onLoop { answer in
                guard let answer else {
                    return request.refuse(Fault(.providerUnavailable, "the stand-ins do not answer"))
                }
                var response = HTTPResponse(
                    status: HTTPStatus(code: answer.status) ?? .badGateway, json: answer.body)
                response.headers.set("Cache-Control", "no-store")
                request.exchange.respond(response)
            })
    }

    private static func demo(_ request: RoutedRequest) -> DemoServices? {
        guard let demo = request.services.demo, request.origin != .refused else {
            request.exchange.respond(
                HTTPResponse(problem: Fault(.noSuchSession, "there is no demo here"), status: .notFound))
            return nil
        }
        return demo
    }
}

/// A file that is served as it is, plain and, where that is shorter, coded: both made once.
struct Page: Sendable {
    /// One of the two, with a strong tag that changes with its bytes (RFC 9110 §8.8.1).
    struct Representation: Sendable {
        let bytes: [UInt8]
        let coding: ContentCoding
        let tag: String
    }

    let mediaType: String
    let plain: Representation
    let gzip: Representation?

    init(_ bytes: [UInt8], named name: String) {
        mediaType =
            switch name.split(separator: ".").last {
            case "html": "text/html; charset=utf-8"
            case "css": "text/css; charset=utf-8"
            case "js": "text/javascript; charset=utf-8"
            case "svg": "image/svg+xml"
            case "png": "image/png"
            case "json", "webmanifest": "application/json"
            default: "application/octet-stream"
            }
        let digest = SHA256.digest(bytes).prefix(12).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        plain = Representation(bytes: bytes, coding: .identity, tag: "\"\(digest)\"")
        let isWorthIt = bytes.count >= AnswerPolicy.minCodedBytes && AnswerPolicy.isText(mediaType)
        gzip = (isWorthIt ? GzipEncoder(level: 9).encode(bytes) : nil).map {
            Representation(bytes: $0, coding: .gzip, tag: "\"\(digest)-gzip\"")
        }
    }

    func representation(accepting encodings: AcceptEncoding) -> Representation {
        if encodings.preferred == .gzip, let gzip { gzip } else { plain }
    }
}
