package import Ports

extension ProviderFailure {
    /// What a status means where the body says nothing better. The three providers agree on these.
    init(status: Int, retryAfter: Duration?) {
        switch status {
        case 401, 403: self = .permanent(.badCredentials)
        case 402: self = .permanent(.quota)
        case 404, 300..<400: self = .permanent(.notFound)
        case 408, 504: self = .transient(.timeout, retryAfter: retryAfter)
        case 409: self = .transient(.serverError, retryAfter: retryAfter)
        case 429: self = .transient(.rateLimited, retryAfter: retryAfter)
        case 503, 529: self = .transient(.overloaded, retryAfter: retryAfter)
        // A client that went away (499) did not mean us: we are still here.
        case 499, 500...: self = .transient(.serverError, retryAfter: retryAfter)
        case 400..<500: self = .permanent(.badRequest)
        default: self = .transient(.protocolViolation, retryAfter: retryAfter)
        }
    }

    package var fault: ProviderFault {
        switch self {
        case .transient(let fault, _), .permanent(let fault): fault
        }
    }

    package var retryAfter: Duration? { if case .transient(_, let delay) = self { delay } else { nil } }

    /// The same with `delay`, unless the failure has one of its own or is permanent.
    func waiting(_ delay: Duration?) -> ProviderFailure {
        guard case .transient(let fault, let own) = self else { return self }
        return .transient(fault, retryAfter: own ?? delay)
    }

    /// Follows the provider's `x-should-retry`, which overrides what the status suggests. What an account or a policy
    /// forbids stays forbidden.
    func obeying(shouldRetry: String?) -> ProviderFailure {
        switch (shouldRetry, self) {
        case ("true", .permanent(let fault)) where ![.quota, .badCredentials, .policy].contains(fault):
            .transient(fault, retryAfter: nil)
        case ("false", .transient(let fault, _)): .permanent(fault)
        default: self
        }
    }
}
