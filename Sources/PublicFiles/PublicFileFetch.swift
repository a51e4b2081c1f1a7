package import HTTPClient
package import Ports
internal import Primitives
internal import Proxies
internal import Reactor

/// Files of the public internet over libcurl. Each address is judged when it is connected to, after its name was resolved and for
/// every redirect anew: a name that resolves to another address a moment later leads nowhere else.
///
/// Sendable because it is confined to the client's loop (`preconditionOnLoop`).
package final class PublicFileFetch: PublicFileSource, @unchecked Sendable {
    private let client: HTTPClient
    private let limits: PublicFileLimits
    private let admitsLoopback: Bool

    /// - Parameter admitsLoopback: this machine too, for development, where the stand-ins are here. Never in production.
    package init(client: HTTPClient, limits: PublicFileLimits = PublicFileLimits(), admitsLoopback: Bool = false) {
        self.client = client
        self.limits = limits
        self.admitsLoopback = admitsLoopback
    }

    package func fetch(_ url: String, _ completion: @escaping @Sendable (PublicFileAnswer) -> Void) {
        client.loop.preconditionOnLoop()
        let end = client.loop.time.now.advanced(by: limits.totalTimeout)
        guard url.utf8.count <= limits.maxURLBytes, let url = URLReference.absolute(url) else {
            return client.loop.afterwards { completion(.notAURL) }
        }
        fetch(url, redirects: 0, until: end, completion)
    }

    private func fetch(
        _ url: String, redirects: Int, until end: Instant, _ completion: @escaping @Sendable (PublicFileAnswer) -> Void
    ) {
        let rest = max(.milliseconds(1), end.since(client.loop.time.now))
        let refused = Refused()
        var request = HTTPClientRequest(
            url: url, headers: [("Accept", "image/*")],
            timeouts: HTTPTimeouts(connect: min(.seconds(5), rest), firstByte: rest, idle: rest, total: rest),
            maxBodyBytes: limits.maxBytes)
        request.admits = { [admitsLoopback] bytes in
            let isAdmitted =
                switch IPAddress(networkOrder: bytes)?.reach {
                case .global?: true
                case .loopback?: admitsLoopback
                case .special?, nil: false
                }
            if !isAdmitted { refused.isRefused = true }
            return isAdmitted
        }
        client.collect(request) { [self] result in
            switch result {
            case .failure(.tooLarge): completion(.tooLarge)
            case .failure(.invalidRequest): completion(.notAURL)
            // Of several addresses one may be public, and not there.
            case .failure: completion(refused.isRefused ? .notPublic : .unavailable)
            case .success(let response) where response.head.status == 200: completion(.file(response.body))
            case .success(let response):
                guard [301, 302, 303, 307, 308].contains(response.head.status), redirects < limits.maxRedirects,
                    let location = response.head["location"], location.utf8.count <= limits.maxURLBytes,
                    let next = URLReference.absolute(location, base: url), next.utf8.count <= limits.maxURLBytes
                else { return completion(.unavailable) }
                fetch(next, redirects: redirects + 1, until: end, completion)
            }
        }
    }

    /// Written by libcurl's callbacks, which run on the client's loop, and read there: confined to it.
    private final class Refused: @unchecked Sendable {
        var isRefused = false
    }
}
