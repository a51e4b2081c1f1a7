/// What happens to a transfer, in order: at most one `head`, any number of `body`, then exactly one `completed` or
/// `failed`. A cancelled transfer reports nothing more.
package enum HTTPTransferEvent: Sendable, Equatable {
    case head(HTTPResponseHead)
    /// Never empty.
    case body([UInt8])
    /// The answer is whole: its declared length or last chunk came, or, where neither is declared, the connection ended.
    case completed
    case failed(TransportFailure)
}
