internal import HTTP1

/// `/demo/gold/`: the gold price for who looks at it.
enum GoldPageRoute: Sendable {
    case page
    /// Tokens of `sala dev`: of who looks at the page, and of who answers for the price.
    case token, staff
    /// The stand-in announces a price.
    case announce

    func serve(_ request: RoutedRequest, _ parameters: PathParameters) {
        switch self {
        case .page: PageEndpoint.gold(request, parameters)
        case .token: PageEndpoint.token(request, of: .goldBuyer)
        case .staff: PageEndpoint.token(request, of: .goldStaff)
        case .announce: PageEndpoint.play(request, .announce(request.request.body))
        }
    }
}
