internal import Authentication
internal import HTTP1
internal import JSON
internal import Primitives
internal import Transport
internal import WireProtocol

/// The pages that the server itself serves, from inside the executable.
enum PageEndpoint {
    private static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    static func home(_ request: RoutedRequest) {
        var response = HTTPResponse(status: .seeOther)
        response.headers.set("Location", "/demo/chat/")
        request.exchange.respond(response)
    }

    static func chat(_ request: RoutedRequest, _ parameters: PathParameters) {
        guard request.request.path.raw != "/demo/chat" else {
            var response = HTTPResponse(status: .permanentRedirect)
            response.headers.set("Location", "/demo/chat/")
            return request.exchange.respond(response)
        }
        let name = parameters["file"] ?? ""
        guard let page = Pages.chat[name.isEmpty ? "index.html" : name] else {
            return request.exchange.respond(
                HTTPResponse(problem: Fault(.noSuchSession, "no such page"), status: .notFound))
        }
        let isKnown = request.request.headers.first("If-None-Match") == page.tag
        var response = HTTPResponse(status: isKnown ? .notModified : .ok, body: isKnown ? [] : page.bytes)
        response.headers.set("Content-Type", page.mediaType)
        response.headers.set("ETag", page.tag)
        response.headers.set("Cache-Control", "no-cache")
        response.headers.set("Content-Security-Policy", contentSecurityPolicy)
        response.headers.set("X-Frame-Options", "DENY")
        request.exchange.respond(response)
    }

    static func chatToken(_ request: RoutedRequest) {
        guard let token = request.services.demoToken, request.origin != .refused else {
            return request.exchange.respond(
                HTTPResponse(problem: Fault(.noSuchSession, "no demo token here"), status: .notFound))
        }
        request.respond(json: ["token": .string(token())])
    }
}

/// A file that is served as it is.
struct Page: Sendable {
    let bytes: [UInt8]
    let mediaType: String
    /// Changes with the content.
    let tag: String

    init(_ bytes: [UInt8], named name: String) {
        self.bytes = bytes
        mediaType =
            switch name.split(separator: ".").last {
            case "html": "text/html; charset=utf-8"
            case "css": "text/css; charset=utf-8"
            case "js": "text/javascript; charset=utf-8"
            case "svg": "image/svg+xml"
            case "json", "webmanifest": "application/json"
            default: "application/octet-stream"
            }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        tag = "\"" + String(hash, radix: 36) + "\""
    }
}
