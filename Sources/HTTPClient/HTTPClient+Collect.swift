extension HTTPClient {
    /// Sends `request` and reports the whole answer at once, whatever its status; at most `request.maxBodyBytes`.
    @discardableResult
    package func collect(
        _ request: HTTPClientRequest, _ receive: @escaping (Result<HTTPResponse, TransportFailure>) -> Void
    ) -> HTTPTransfer {
        var head: HTTPResponseHead?
        var body: [UInt8] = []
        return start(request) { event in
            switch event {
            case .head(let received): head = received
            case .body(let piece): body.append(contentsOf: piece)
            case .completed:
                if let head {
                    receive(.success(HTTPResponse(head: head, body: body)))
                } else {
                    receive(.failure(.protocolViolation))
                }
            case .failed(let failure): receive(.failure(failure))
            }
        }
    }
}
