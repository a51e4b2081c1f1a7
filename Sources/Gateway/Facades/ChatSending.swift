internal import Domain
internal import HTTP1
internal import JSON
internal import Sessions
internal import WireProtocol

/// A message for the advisor that a façade's request brings.
struct ChatOrder: Sendable {
    let address: SessionAddress
    let text: String
    /// The command's idempotency key.
    let key: String?

    init(address: SessionAddress, text: String, key: String?) throws(Fault) {
        if let key, !ClientFrame.isValid(key: key) {
            throw Fault(.invalidCommand, "Idempotency-Key has 1 to \(ClientFrame.maxKeyBytes) visible ASCII characters")
        }
        self.address = address
        self.text = text
        self.key = key
    }

    /// Sends it, and answers the request in that form when the advisor has answered.
    func send(for request: RoutedRequest, as caller: Caller, _ form: any ChatReplyForm) {
        if let fault = request.gateway.refusalOfCommand(to: address) { return form.refuse(fault) }
        let reply = ChatReply(request: request, address: address, caller: caller, form: form)
        let answer: @Sendable (Result<CommandAnswer, Fault>) -> Void = request.onLoop { result in
            switch result {
            case .failure(let fault): form.refuse(fault)
            case .success(let answer): reply.messageSent(answer)
            }
        }
        let ticket = CommandTicket(
            command: SessionCommand(caller: caller, name: "message.send", data: ["text": .string(text)]), key: key,
            answer: answer)
        let address = address
        request.services.withRegistry(of: address) { $0.submit(address, ticket) }
    }
}
