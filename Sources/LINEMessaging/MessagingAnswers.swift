package import HTTPClient
internal import JSON

/// What became of a reply or a push.
package enum SendAnswer: Equatable, Sendable {
    /// Accepted, which is not delivered: who blocked the account gets nothing, and nobody is told. `messages`: their ids.
    case accepted(messages: [String], requestID: String?)
    /// An earlier attempt with this retry key was accepted (409): a success, whose `requestID` is that attempt's.
    case acceptedBefore(messages: [String], requestID: String?)
    case failed(MessagingFailure)

    package init(_ response: HTTPResponse) {
        switch response.head.status {
        case 200..<300:
            self = .accepted(messages: Self.messages(response.body), requestID: response.head["x-line-request-id"])
        case 409:
            self = .acceptedBefore(
                messages: Self.messages(response.body), requestID: response.head["x-line-accepted-request-id"])
        case let status: self = .failed(MessagingFailure(status: status, body: response.body))
        }
    }

    /// Accepted is accepted, also when the list cannot be read.
    private static func messages(_ body: [UInt8]) -> [String] {
        (JSONValue(answer: body)?["sentMessages"]?.array ?? []).prefix(OutgoingMessages.maxCount)
            .compactMap { $0["id"]?.string }
    }
}

/// What became of a request for a message's content.
package enum ContentAnswer: Equatable, Sendable {
    case ready(bytes: [UInt8], type: String?)
    /// LINE still makes it ready (202): ask again.
    case preparing
    /// LINE does not have it any more, or never had.
    case gone
    case failed(MessagingFailure)

    package init(_ response: HTTPResponse) {
        switch response.head.status {
        case 202: self = .preparing
        // Nothing is no content.
        case 200 where !response.body.isEmpty:
            self = .ready(bytes: response.body, type: response.head["content-type"])
        case 404, 410: self = .gone
        case let status: self = .failed(MessagingFailure(status: status, body: response.body))
        }
    }
}

/// Whether a call was carried out that answers nothing (the loading animation).
package enum CallAnswer: Equatable, Sendable {
    case done
    case failed(MessagingFailure)

    package init(_ response: HTTPResponse) {
        let status = response.head.status
        self =
            response.head.isSuccess ? .done : .failed(MessagingFailure(status: status, body: response.body))
    }
}

/// A user who has the account as a friend.
package struct Profile: Equatable, Sendable {
    package let user: String
    package let displayName: String
    package let pictureURL: String?
    package let statusMessage: String?
    package let language: String?

    /// `notFound`: unknown, no friend, or the account is blocked.
    package init(_ response: HTTPResponse) throws(MessagingFailure) {
        let json = try JSONValue(success: response)
        guard let user = json["userId"]?.string, let name = json["displayName"]?.string else { throw .unclear }
        self.user = user
        displayName = name
        pictureURL = json["pictureUrl"]?.string
        statusMessage = json["statusMessage"]?.string
        language = json["language"]?.string
    }
}

/// How many messages a month the channel may push.
package enum Quota: Equatable, Sendable {
    case unlimited
    case limited(Int64)

    package init(_ response: HTTPResponse) throws(MessagingFailure) {
        let json = try JSONValue(success: response)
        switch json["type"]?.string {
        case "none": self = .unlimited
        case "limited":
            guard case .integer(let value)? = json["value"], value >= 0 else { throw .unclear }
            self = .limited(value)
        default: throw .unclear
        }
    }
}

/// How many of them it has pushed this month, about.
package struct Consumption: Equatable, Sendable {
    package let total: Int64

    package init(_ response: HTTPResponse) throws(MessagingFailure) {
        guard case .integer(let total)? = try JSONValue(success: response)["totalUsage"], total >= 0 else {
            throw .unclear
        }
        self.total = total
    }
}

extension JSONValue {
    /// Nil when the answer is no JSON.
    init?(answer body: [UInt8]) {
        do throws(JSONError) { self = try JSONParser.parse(body) } catch { return nil }
    }

    fileprivate init(success response: HTTPResponse) throws(MessagingFailure) {
        guard response.head.status == 200 else {
            throw MessagingFailure(status: response.head.status, body: response.body)
        }
        guard let json = JSONValue(answer: response.body) else { throw .unclear }
        self = json
    }
}
