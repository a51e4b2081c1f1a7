/// Who we are on a connection: a server gets masked frames and sends unmasked ones, a client the reverse
/// (RFC 6455 §5.1).
package enum WebSocketRole: Sendable {
    case server, client
}
