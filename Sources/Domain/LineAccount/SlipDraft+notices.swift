internal import Primitives

// Telling the customer: see `NoticeState` for what is promised.

extension SlipDraft {
    /// Sends a notice again whose outcome is not known; one whose key has lived too long is given up.
    mutating func tellAgain(_ kind: NoticeKind, attempt: Int, at now: Timestamp) {
        guard case .sending(let mark) = entry.notice(kind) else { return }
        guard now < mark.markedAt.advanced(by: SlipRetryPolicy.maxPushAge) else {
            return end(mark.way == .push ? .unsent(.expired) : .told(.reply, isCertain: false), of: kind)
        }
        guard let telling = entry.telling(mark, attempt: attempt, isRepeat: true) else { return }
        run(.tell(telling))
    }

    mutating func receive(_ answer: TellingAnswer, to telling: Telling, at now: Timestamp) {
        guard case .sending(let mark) = entry.notice(telling.mark.kind), mark == telling.mark else { return }
        switch mark.way {
        case .reply: receive(answer, toReply: telling)
        case .push: receive(answer, toPush: telling, at: now)
        }
    }

    private mutating func receive(_ answer: TellingAnswer, toReply telling: Telling) {
        let kind = telling.mark.kind
        switch answer {
        case .accepted, .acceptedBefore: end(.told(.reply, isCertain: true), of: kind)
        case .unclear where !telling.isRepeat:
            // The token works once, so once more is safe.
            if let again = entry.telling(telling.mark, attempt: telling.attempt + 1, isRepeat: true) {
                run(.tell(again))
            }
        case .tokenInvalid where !telling.isRepeat, .rateLimited where !telling.isRepeat,
            .quotaExhausted where !telling.isRepeat, .refused where !telling.isRepeat:
            // Surely not told. A receipt is not worth a push.
            if kind == .result { begin(.result, by: .push) } else { end(.unsent(.refused), of: kind) }
        case .unclear, .tokenInvalid, .rateLimited, .quotaExhausted, .refused:
            // The first attempt may have been taken.
            end(.told(.reply, isCertain: false), of: kind)
        }
    }

    private mutating func receive(_ answer: TellingAnswer, toPush telling: Telling, at now: Timestamp) {
        let kind = telling.mark.kind
        switch answer {
        case .accepted, .acceptedBefore:
            note(QuotaReport.line, isExhausted: false)
            end(.told(.push, isCertain: true), of: kind)
        case .quotaExhausted:
            note(QuotaReport.line, isExhausted: true)
            end(.unsent(.monthlyQuota), of: kind)
        case .refused, .tokenInvalid: end(.unsent(.refused), of: kind)
        case .rateLimited, .unclear:
            let attempt = telling.attempt + 1
            run(
                .startTimer(
                    .notice(transaction: slip.transaction, kind, attempt: attempt),
                    at: now.advanced(by: SlipRetryPolicy.pushDelay(telling.attempt))))
        }
    }
}
