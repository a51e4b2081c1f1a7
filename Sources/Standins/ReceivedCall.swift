internal import Authentication
internal import HTTP1
internal import JSON
internal import Multipart
internal import Transport

/// A call that a stand-in received, for `GET /_control/{name}/calls`. Confined to the stand-in's loop.
final class ReceivedCall {
    private let request: JSONObject
    private weak var exchange: HTTPExchange?
    private var isAbandoned = false

    /// Takes the exchange's `peerGone`.
    init(_ exchange: HTTPExchange) {
        var headers = JSONObject()
        for field in exchange.request.headers.fields { headers[field.name.lowercased()] = .string(field.value) }
        request = [
            "method": .string(exchange.request.method.token), "path": .string(exchange.request.target),
            "headers": .object(headers), "body": ShownBody.json(of: exchange.request),
        ]
        self.exchange = exchange
        exchange.peerGone = { [weak self] in self?.isAbandoned = true }
    }

    /// `end` is `open` while it is being answered, `answered`, or `abandoned`: the connection ended before the answer did.
    var json: JSONValue {
        var members = request
        let isOpen = exchange?.isOpen ?? false
        members["end"] = .string(isAbandoned ? "abandoned" : isOpen ? "open" : "answered")
        return .object(members)
    }
}

/// A request's body as a person or a test can read it: JSON as it is, a form as an object of its fields, text as text;
/// files, long texts and other bytes as their number and SHA-256.
enum ShownBody {
    /// Bytes of one text of the body that are kept.
    static let maxTextBytes = 64 * 1024
    /// Bytes of what is kept of a body in all.
    static let maxBytes = 256 * 1024

    static func json(of request: HTTPRequest) -> JSONValue {
        let shown = shown(request)
        return shown.bytes.count <= maxBytes ? shown : summary(request.body)
    }

    private static func shown(_ request: HTTPRequest) -> JSONValue {
        if let form = StandinForm(request) { return .object(form.shown) }
        do { return shortened(try JSONParser.parse(request.body)) } catch {
            return text(request.body) ?? summary(request.body)
        }
    }

    static func summary(_ bytes: [UInt8]) -> JSONValue {
        ["bytes": .integer(Int64(bytes.count)), "sha256": .string(Hex.text(SHA256.digest(bytes)))]
    }

    static func text(_ bytes: [UInt8]) -> JSONValue? {
        guard bytes.count <= maxTextBytes, !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self).map(JSONValue.string)
    }

    /// The same value without its long texts: pictures in base64.
    private static func shortened(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text) where text.utf8.count > maxTextBytes: return summary(Array(text.utf8))
        case .array(let items): return .array(items.map(shortened))
        case .object(let object):
            var members = JSONObject()
            for member in object.members { members[member.name] = shortened(member.value) }
            return .object(members)
        default: return value
        }
    }
}

/// The form that a request's body is.
struct StandinForm {
    private let parts: [MultipartPart]

    /// Nil when the body is none, or not well formed.
    init?(_ request: HTTPRequest) {
        guard let type = request.headers.first("Content-Type"), type.lowercased().hasPrefix("multipart/") else {
            return nil
        }
        var limits = MultipartLimits()
        limits.maxPartBytes = StandinServer.maxBodyBytes
        limits.maxBodyBytes = StandinServer.maxBodyBytes
        do throws(MultipartViolation) {
            parts = try MultipartForm(request.body, boundary: MultipartBoundary(contentType: type), limits: limits)
                .parts
        } catch { return nil }
    }

    /// The content of the first part of that name.
    func content(_ name: String) -> [UInt8]? { parts.first { $0.head.name == name }?.content }

    func text(_ name: String) -> String? { parts.first { $0.head.name == name }?.text }

    var shown: JSONObject {
        var members = JSONObject()
        for part in parts {
            if let filename = part.head.filename {
                var file = ShownBody.summary(part.content).object ?? [:]
                file["filename"] = .string(filename)
                file["type"] = JSONValue(part.head.contentType)
                members[part.head.name] = .object(file)
            } else {
                members[part.head.name] = ShownBody.text(part.content) ?? ShownBody.summary(part.content)
            }
        }
        return members
    }
}

/// Bytes as lower-case hexadecimal digits.
enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
