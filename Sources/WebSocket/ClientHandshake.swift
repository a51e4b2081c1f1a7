package import Primitives

/// The client's side of the opening handshake (RFC 6455 §4.1): what to send, and whether the answer is one.
package struct ClientHandshake: Sendable {
    /// Why an answer opens no WebSocket.
    package enum Failure: String, Error, Equatable, Sendable {
        /// The status is not 101.
        case notSwitching
        /// `Upgrade` is not `websocket`, or `Connection` does not name `Upgrade`.
        case notUpgraded
        /// `Sec-WebSocket-Accept` is not what our key demands, or stands more or less than once.
        case wrongAccept
        /// A sub-protocol that was not offered.
        case unknownSubprotocol
        /// An extension; none was offered.
        case unknownExtension
    }

    /// What of the response matters; one string for each field line of that name.
    package struct Response: Sendable {
        package var status: Int
        package var upgrade: [String]
        package var connection: [String]
        package var accept: [String]
        package var subprotocol: [String]
        package var extensions: [String]

        package init(
            status: Int, upgrade: [String], connection: [String], accept: [String], subprotocol: [String] = [],
            extensions: [String] = []
        ) {
            self.status = status
            self.upgrade = upgrade
            self.connection = connection
            self.accept = accept
            self.subprotocol = subprotocol
            self.extensions = extensions
        }
    }

    /// The value of `Sec-WebSocket-Key`: 16 fresh random bytes.
    package let key: String
    /// What we offer, most wanted first.
    package let subprotocols: [String]

    package init(subprotocols: [String] = [], from random: some RandomSource) {
        key = Base64.encode(random.bytes(16))
        self.subprotocols = subprotocols
    }

    /// The request's fields, apart from `Host`, which the caller knows.
    package var fields: [(name: String, value: String)] {
        var fields = [
            (name: "Upgrade", value: "websocket"), (name: "Connection", value: "Upgrade"),
            (name: "Sec-WebSocket-Key", value: key), (name: "Sec-WebSocket-Version", value: "13"),
        ]
        if !subprotocols.isEmpty { fields.append(("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", "))) }
        return fields
    }

    /// The sub-protocol that the server chose (nil: none), when the response opens the WebSocket.
    package func receive(_ response: Response) throws(Failure) -> String? {
        guard response.status == 101 else { throw .notSwitching }
        let upgrade = HeaderList(response.upgrade)
        guard upgrade.items.count == 1, upgrade.contains("websocket"),
            HeaderList(response.connection).contains("upgrade")
        else { throw .notUpgraded }
        guard response.accept == [OpeningHandshake.accept(for: key)] else { throw .wrongAccept }
        guard HeaderList(response.extensions).items.isEmpty else { throw .unknownExtension }
        guard let chosen = response.subprotocol.first else { return nil }
        guard response.subprotocol.count == 1, subprotocols.contains(chosen) else { throw .unknownSubprotocol }
        return chosen
    }
}
