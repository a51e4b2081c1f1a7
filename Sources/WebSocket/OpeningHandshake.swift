internal import Primitives

/// The server's side of the opening handshake (RFC 6455 §4.2), as a pure function of what the request says. It reads no
/// HTTP: the caller gives it the field values.
package enum OpeningHandshake {
    /// What of the request matters. Each array holds one string for each field line of that name, in order.
    package struct Request: Sendable {
        /// The sub-protocols that are looked at; the rest of a longer offer is ignored.
        package static let maxSubprotocols = 32

        package var isGet: Bool
        /// HTTP/1.1: an upgrade does not exist in HTTP/1.0.
        package var isHTTP11: Bool
        package var hasBody: Bool
        package var upgrade: [String]
        package var connection: [String]
        package var key: [String]
        package var version: [String]
        package var subprotocol: [String]
        package var extensions: [String]

        package init(
            isGet: Bool, isHTTP11: Bool, hasBody: Bool, upgrade: [String], connection: [String], key: [String],
            version: [String], subprotocol: [String], extensions: [String] = []
        ) {
            self.isGet = isGet
            self.isHTTP11 = isHTTP11
            self.hasBody = hasBody
            self.upgrade = upgrade
            self.connection = connection
            self.key = key
            self.version = version
            self.subprotocol = subprotocol
            self.extensions = extensions
        }

        /// The sub-protocols that the client offers, in its order of preference; only those that are tokens, so that
        /// the chosen one may stand in our response as it is.
        package var subprotocols: [String] {
            guard !subprotocol.isEmpty else { return [] }
            return HeaderList(subprotocol).items.prefix(Self.maxSubprotocols).filter { HeaderList.isToken($0) }
                .map(String.init)
        }
    }

    /// The request is a handshake that we take part in.
    package struct Acceptance: Equatable, Sendable {
        /// The value of `Sec-WebSocket-Accept`.
        package let accept: String
        /// The value of `Sec-WebSocket-Protocol`; nil: the field is left out.
        package let subprotocol: String?
        /// How messages are compressed from here on; nil: they are not.
        package let compression: CompressionParameters?

        /// The whole 101 response.
        package var response: [UInt8] {
            var out: [UInt8] = []
            out.reserveCapacity(256)
            out.append(contentsOf: Self.head)
            out.append(contentsOf: accept.utf8)
            if let subprotocol {
                out.append(contentsOf: "\r\nSec-WebSocket-Protocol: ".utf8)
                out.append(contentsOf: subprotocol.utf8)
            }
            if let compression {
                out.append(contentsOf: "\r\nSec-WebSocket-Extensions: ".utf8)
                out.append(contentsOf: compression.response.utf8)
            }
            out.append(contentsOf: Self.end)
            return out
        }

        /// What is the same in each: up to the value of `Sec-WebSocket-Accept`, and behind the last value.
        private static let head = Array(
            ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: ").utf8)
        private static let end = Array("\r\n\r\n".utf8)
    }

    /// Why a request is no handshake for us.
    package enum Refusal: Equatable, Sendable {
        /// The request contradicts RFC 6455 §4.1; the text is one of our own sentences.
        case badRequest(String)
        /// The handshake is a GET: `Allow: GET` belongs in the response.
        case methodNotAllowed
        /// A plain request: `Upgrade: websocket` belongs in the response (RFC 9110 §15.5.22).
        case upgradeRequired
        /// Another version than 13: `Sec-WebSocket-Version: 13` belongs in the response (RFC 6455 §4.4).
        case versionUnsupported

        package var status: Int {
            switch self {
            case .badRequest: 400
            case .methodNotAllowed: 405
            case .upgradeRequired, .versionUnsupported: 426
            }
        }

        /// The fields that the response must have.
        package var fields: [(name: String, value: String)] {
            switch self {
            case .badRequest: []
            case .methodNotAllowed: [("Allow", "GET")]
            case .upgradeRequired: [("Upgrade", "websocket")]
            case .versionUnsupported: [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
            }
        }
    }

    package enum Answer: Equatable, Sendable {
        case accept(Acceptance)
        case refuse(Refusal)
    }

    /// Judges a request.
    ///
    /// - Parameter speaks: whether the server speaks that sub-protocol. The first of the client's that it does is chosen;
    ///   when there is none the handshake goes on without one, and the client decides (RFC 6455 §4.2.2).
    /// - Parameter compress: what the server answers to the client's extensions (`CompressionPool.answer`); nil: the
    ///   handshake goes on without any. A field that is not in the form of RFC 6455 §9.1 fails the handshake, as it asks.
    package static func answer(
        _ request: Request, choosing speaks: (String) -> Bool,
        compressing compress: ([ExtensionOffer]) -> CompressionParameters? = { _ in nil }
    ) -> Answer {
        guard request.isGet else { return .refuse(.methodNotAllowed) }
        let upgrade = HeaderList(request.upgrade)
        guard !upgrade.isEmpty else { return .refuse(.upgradeRequired) }
        guard upgrade.contains("websocket") else { return .refuse(.badRequest("Upgrade does not name websocket.")) }
        guard request.isHTTP11 else { return .refuse(.badRequest("A WebSocket needs HTTP/1.1.")) }
        guard HeaderList(request.connection).contains("upgrade") else {
            return .refuse(.badRequest("Connection does not name Upgrade."))
        }
        guard !request.hasBody else { return .refuse(.badRequest("The handshake has no body.")) }
        guard request.version.count == 1, let version = request.version.first, !version.isEmpty else {
            return .refuse(.badRequest("Sec-WebSocket-Version stands once."))
        }
        guard version == "13" else { return .refuse(.versionUnsupported) }
        guard request.key.count == 1, let key = request.key.first, isKey(key) else {
            return .refuse(.badRequest("Sec-WebSocket-Key is 16 bytes in base 64, once."))
        }
        let offers: [ExtensionOffer]
        do {
            offers = try ExtensionOffer.parse(request.extensions)
        } catch {
            return .refuse(.badRequest("Sec-WebSocket-Extensions is not a list of extensions."))
        }
        return .accept(
            Acceptance(
                accept: accept(for: key), subprotocol: request.subprotocols.first(where: speaks),
                compression: compress(offers)))
    }

    /// `Sec-WebSocket-Accept` for a key (RFC 6455 §4.2.2).
    package static func accept(for key: String) -> String {
        var message: [UInt8] = []
        message.reserveCapacity(key.utf8.count + salt.count + SHA1.paddingBytes)
        message.append(contentsOf: key.utf8)
        message.append(contentsOf: salt)
        return Base64.encode(SHA1.digest(message))
    }

    private static let salt = Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)

    /// 16 bytes are 24 digits; the length is looked at first, so that a long value is not decoded.
    private static func isKey(_ text: String) -> Bool {
        text.utf8.count == 24 && Base64.decode(Array(text.utf8))?.count == 16
    }
}
