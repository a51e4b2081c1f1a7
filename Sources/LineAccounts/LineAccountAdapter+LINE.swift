package import Domain
internal import HTTPClient
internal import LINEMessaging
package import Ports
internal import Reactor

extension LineAccountAdapter {
    /// How long the loading animation is shown unless a message comes: about what a verification takes.
    private static let loadingSeconds = 20

    package func fetchImage(message: String, _ completion: @escaping @Sendable (FetchedImage) -> Void) {
        loop.preconditionOnLoop()
        // Without a channel nobody knows what became of the image: no verdict.
        guard let line else { return answer(.unavailable, completion) }
        send(line.content(message: message)) { completion(FetchedImage($0)) }
    }

    package func tell(_ telling: Telling, _ completion: @escaping @Sendable (TellingAnswer) -> Void) {
        loop.preconditionOnLoop()
        guard let line, let settings else { return answer(.refused, completion) }
        let messages = NoticeMessages(settings.messages).messages(about: telling.subject)
        switch telling.mark.way {
        case .reply:
            guard let token = telling.replyToken else { return answer(.tokenInvalid, completion) }
            send(line.reply(messages, token: token)) { completion(TellingAnswer($0, to: .reply)) }
        case .push:
            guard let key = RetryKey(uuid: telling.mark.key) else { return answer(.refused, completion) }
            send(line.push(messages, to: telling.user, key: key)) { completion(TellingAnswer($0, to: .push)) }
        }
    }

    package func showLoading(user: String) {
        loop.preconditionOnLoop()
        guard let line else { return }
        send(line.showLoading(user: user, seconds: Self.loadingSeconds)) { _ in }
    }

    package func readQuota(_ completion: @escaping @Sendable (QuotaReport?) -> Void) {
        loop.preconditionOnLoop()
        guard let line else { return answer(nil, completion) }
        send(line.quota()) { [self] result in
            guard let response = result.success, let quota = Quota.reading(response) else { return completion(nil) }
            send(line.consumption()) { result in
                guard let response = result.success, let used = Consumption.reading(response)?.total else {
                    return completion(nil)
                }
                completion(QuotaReport(quota, used: used))
            }
        }
    }
}

extension Result {
    fileprivate var success: Success? { if case .success(let value) = self { value } else { nil } }
}

extension Quota {
    fileprivate static func reading(_ response: HTTPResponse) -> Quota? {
        do throws(MessagingFailure) { return try Quota(response) } catch { return nil }
    }
}

extension Consumption {
    fileprivate static func reading(_ response: HTTPResponse) -> Consumption? {
        do throws(MessagingFailure) { return try Consumption(response) } catch { return nil }
    }
}
