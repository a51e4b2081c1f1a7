internal import HTTP1
internal import WireProtocol

/// The chat's paths that two platforms' documents have in common, `/api/v1/chat/…`: whose they are depends on the tenant.
enum ChatRoute: Sendable {
    case send, list, messages, rename, archive, delete

    /// The same in Pawn Shop's document; nil where it has none.
    private var ofPawnshop: PawnshopRoute? {
        switch self {
        case .list: .conversations
        case .delete: .deleteConversation
        case .send, .messages, .rename, .archive: nil
        }
    }

    private func pawnshop(_ request: RoutedRequest) -> PawnshopRoute? {
        guard let tenant = request.tenant, request.gateway.configuration.pawnshopFacades.contains(tenant) else {
            return nil
        }
        return ofPawnshop
    }

    /// As Pawn Shop's metrics name it.
    var endpoint: String? { ofPawnshop?.endpoint }

    func refuse(_ request: RoutedRequest, _ fault: Fault) {
        if let route = pawnshop(request) { return route.refuse(request, fault) }
        ChatFacade.refuse(request, fault)
    }

    func serve(_ request: RoutedRequest, _ parameters: PathParameters) {
        if let route = pawnshop(request) { return route.serve(request, parameters) }
        switch self {
        case .send: ChatFacade.send(request, parameters)
        case .list: ChatFacade.list(request, parameters)
        case .messages: ChatFacade.messages(request, parameters)
        case .rename: ChatFacade.command(request, parameters, "conversation.rename")
        case .archive: ChatFacade.command(request, parameters, "conversation.archive")
        case .delete: ChatFacade.command(request, parameters, "conversation.delete")
        }
    }
}
