/// What a PROXY protocol header says of a connection (HAProxy, "The PROXY protocol", §2.2).
package enum ProxyHeader: Equatable, Sendable {
    /// The proxy speaks for itself, such as to see if we are alive; or it does not tell the client's address.
    case local
    /// The client's address.
    case client(IPAddress)
}

/// What a proxy can do wrong in a PROXY protocol header. The connection is dropped without an answer: whom it is for is
/// not known.
package enum ProxyViolation: String, Error, Equatable, Sendable, CaseIterable {
    /// The connection begins with something else, such as version 1, which is text.
    case noSignature
    case versionUnknown, commandUnknown, familyUnknown
    /// The header is longer than `ProxyHeaderDecoder.maxBytes`.
    case tooLong
    /// The addresses of its family do not fit into the header.
    case addressesTruncated
    /// An additional field does not end with the header.
    case fieldsMalformed
    /// It has a checksum that is not its own.
    case checksumWrong
}
