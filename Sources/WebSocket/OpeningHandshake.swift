internal import Primitives

/// The server's side of the opening handshake (RFC 6455 §4.2), as a pure function of the request's header lines.
package enum OpeningHandshake {
    /// What of the request matters; each array holds one item a header line.
    package struct Request: Sendable {
        package var isGet: Bool
        package var isHTTP11: Bool
        package var hasBody: Bool
        package var upgrade: [String]
        package var connection: [String]
        package var key: [String]
        package var version: [String]
        package var subprotocol: [String]

        package init(
            isGet: Bool, isHTTP11: Bool, hasBody: Bool, upgrade: [String], connection: [String], key: [String],
            version: [String], subprotocol: [String]
        ) {
            self.isGet = isGet
            self.isHTTP11 = isHTTP11
            self.hasBody = hasBody
            self.upgrade = upgrade
            self.connection = connection
            self.key = key
            self.version = version
            self.subprotocol = subprotocol
        }

        /// The sub-protocols that the client offers, in its order; at most 32 of them are looked at.
        package var subprotocols: [String] { Array(OpeningHandshake.list(subprotocol).prefix(32)) }
    }

    package struct Acceptance: Equatable, Sendable {
        /// The value of `Sec-WebSocket-Accept`.
        package let accept: String
        package let subprotocol: String?

        /// The whole 101 response.
        package var response: [UInt8] {
            var text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            text += "Sec-WebSocket-Accept: \(accept)\r\n"
            if let subprotocol { text += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
            return Array((text + "\r\n").utf8)
        }
    }

    package enum Refusal: Equatable, Sendable {
        /// 400, with a constant sentence.
        case badRequest(String)
        /// 405: the handshake is a GET.
        case methodNotAllowed
        /// 426 with `Upgrade: websocket`: a plain request came.
        case upgradeRequired
        /// 426 with `Sec-WebSocket-Version: 13`.
        case versionUnsupported
    }

    package enum Answer: Equatable, Sendable {
        case accept(Acceptance)
        case refuse(Refusal)
    }

    /// `choosing`: whether the server speaks that sub-protocol; the client's first that it does is chosen.
    package static func answer(_ request: Request, choosing speaks: (String) -> Bool) -> Answer {
        guard request.isGet else { return .refuse(.methodNotAllowed) }
        let upgrades = list(request.upgrade).map { $0.lowercased() }
        guard !upgrades.isEmpty else { return .refuse(.upgradeRequired) }
        guard upgrades.contains("websocket") else { return .refuse(.badRequest("Upgrade does not name websocket.")) }
        guard request.isHTTP11 else { return .refuse(.badRequest("A WebSocket needs HTTP/1.1.")) }
        guard list(request.connection).contains(where: { $0.lowercased() == "upgrade" }) else {
            return .refuse(.badRequest("Connection does not name Upgrade."))
        }
        guard !request.hasBody else { return .refuse(.badRequest("The handshake has no body.")) }
        guard request.version.count == 1, let version = request.version.first, !version.isEmpty else {
            return .refuse(.badRequest("Sec-WebSocket-Version stands once."))
        }
        guard version == "13" else { return .refuse(.versionUnsupported) }
        guard request.key.count == 1, let key = request.key.first, key.utf8.count == 24,
            Base64.decode(Array(key.utf8))?.count == 16
        else { return .refuse(.badRequest("Sec-WebSocket-Key is 16 bytes in base 64, once.")) }
        return .accept(Acceptance(accept: accept(for: key), subprotocol: request.subprotocols.first(where: speaks)))
    }

    /// `Sec-WebSocket-Accept` for a key (RFC 6455 §4.2.2).
    package static func accept(for key: String) -> String {
        Base64.encode(SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    /// The items of a comma-separated list over several lines, without empty ones.
    private static func list(_ values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",") }.map { item in
            String(item.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }.filter { !$0.isEmpty }
    }
}
