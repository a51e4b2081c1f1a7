internal import Domain
internal import HTTPClient
internal import LINEMessaging
internal import Ports

// What LINE's answers mean to a session.

extension QuotaReport {
    init(_ quota: Quota, used: Int64) {
        switch quota {
        case .unlimited: self.init(name: Self.line, used: used, limit: nil, isExhausted: false)
        case .limited(let limit):
            self.init(name: Self.line, used: used, limit: limit, isExhausted: used >= limit)
        }
    }
}

extension FetchedImage {
    init(_ result: Result<HTTPResponse, TransportFailure>) {
        switch result {
        case .success(let response):
            switch ContentAnswer(response) {
            case .ready(let bytes, _): self = .image(bytes)
            case .preparing: self = .pending
            case .gone: self = .gone
            case .failed: self = .unavailable
            }
        case .failure(.tooLarge): self = .gone
        case .failure: self = .unavailable
        }
    }
}

extension TellingAnswer {
    init(_ result: Result<HTTPResponse, TransportFailure>, to way: NoticeWay) {
        switch result {
        case .success(let response):
            switch SendAnswer(response) {
            case .accepted: self = .accepted
            // A reply has no key that LINE could know again.
            case .acceptedBefore: self = way == .push ? .acceptedBefore : .refused
            case .failed(let failure): self = TellingAnswer(failure)
            }
        // Nothing has left this machine, so it was surely not told, and may be later.
        case .failure(let failure) where !failure.mayHaveArrived:
            self = failure == .invalidRequest ? .refused : .rateLimited
        case .failure: self = .unclear
        }
    }

    private init(_ failure: MessagingFailure) {
        switch failure {
        case .invalidReplyToken: self = .tokenInvalid
        case .rateLimited, .notSent: self = .rateLimited
        case .monthlyLimit: self = .quotaExhausted
        case .unavailable, .unclear: self = .unclear
        case .badRequest, .undeliverable, .unauthorized, .forbidden, .notFound, .tooLarge: self = .refused
        }
    }
}
