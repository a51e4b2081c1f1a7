/// Why work was refused to protect the server or the others: the values of the metric's label.
package enum RefusalReason: String, CaseIterable, Sendable {
    /// The request rate of a client address (429).
    case rate
    /// The handshakes of the whole server (503).
    case handshakes
    /// The connections of the listener, and of one address at the listener (reset).
    case connections, address
    /// The sockets and streams of one address, and of one subject (4101, 429).
    case sockets, subject
    /// A loop comes to what is ready too late (503, 4100, 2002), or its journal has too much to write (commands: 503, 2002).
    case overload, backlog
    /// A webhook that its sender did not sign (401, and 429 for who does it often).
    case signature
    /// No descriptor was left (reset).
    case descriptors
}
