internal import HTTP1

/// The pages with maps: `/demo/track/{id}` for who waits for an order, `/demo/ride/{id}` for who brings it.
enum MapPageRoute: Sendable {
    /// A file of Leaflet.
    case leaflet
    case track, trackFile, trackToken
    case ride, rideFile
    /// Tokens of `sala dev`.
    case shop, rider

    func serve(_ request: RoutedRequest, _ parameters: PathParameters) {
        switch self {
        case .leaflet: PageEndpoint.serve(request.services.map.leaflet, parameters["file"] ?? "", request)
        case .track: LinkedPage.track.page(request)
        case .trackFile: Self.file(Pages.track, request, parameters)
        case .trackToken: LinkedPage.track.token(request, parameters)
        case .ride: Self.ride(request)
        case .rideFile: Self.file(Pages.ride, request, parameters)
        case .shop: PageEndpoint.token(request, of: .shop)
        case .rider: PageEndpoint.token(request, of: .rider)
        }
    }

    private static func ride(_ request: RoutedRequest) {
        let folder = "/demo/ride"
        guard request.request.path.raw != folder else { return PageEndpoint.lead(request, to: folder + "/") }
        PageEndpoint.serve(Pages.ride, "index.html", request, images: request.services.map.tiles?.origin)
    }

    /// The page's own files, and what it has to know of maps.
    private static func file(_ pages: [String: Page], _ request: RoutedRequest, _ parameters: PathParameters) {
        let name = parameters["file"] ?? ""
        let settings = request.services.map.settings
        PageEndpoint.serve(settings[name] == nil ? pages : settings, name, request)
    }
}
