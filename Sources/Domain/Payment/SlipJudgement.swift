internal import Primitives

/// Whether a proven transfer is the one that a payment asks for.
enum SlipJudgement: Sendable, Equatable {
    case fits
    case rejected(SlipRejection)
    /// A person has to look.
    case unclear(PaymentReviewReason)

    init(_ proof: SlipProof, for payment: Payment, submittedAt: Timestamp) {
        guard Money(proof.amount) == payment.facts.amount else {
            self = .rejected(.amountMismatch)
            return
        }
        switch payment.facts.payee?.compare(with: proof.receiver) ?? .unknown {
        case .mismatch: self = .rejected(.receiverMismatch)
        case .unknown: self = .unclear(.receiverUnclear)
        case .abbreviated, .equal: self = Self.judge(proof.transferredAt, for: payment, submittedAt)
        }
    }

    private static func judge(
        _ transferredAt: Timestamp?, for payment: Payment, _ submittedAt: Timestamp
    ) -> SlipJudgement {
        guard let transferredAt else { return .fits }
        let earliest = payment.createdAt.advanced(by: .zero - PaymentPolicy.maxClockDifference)
        let latest = submittedAt.advanced(by: PaymentPolicy.maxClockDifference)
        return transferredAt < earliest || latest < transferredAt ? .unclear(.transferTime) : .fits
    }
}

extension PaymentFacts.Payee {
    /// Compares whom the slip names with whom was to be paid. One number that agrees is enough: a transfer to a PromptPay id also shows
    /// the account behind it, which is another number, so that an account never speaks against the id. Without a number that can be
    /// compared, names speak.
    func compare(with receiver: SlipParty) -> NameComparison {
        let proxy = receiver.proxy.flatMap(MaskedNumber.init)
        let account = receiver.account.flatMap(MaskedNumber.init)
        let id = promptPay.map(Self.dialled)
        let byID = [proxy, account].map { shown in id.flatMap { shown?.compare(with: $0) } ?? .unknown }
        // The id that was paid to is another: whatever else fits, it is somebody else's.
        if byID[0] == .mismatch { return .mismatch }
        let byEnd = [proxy, account].map { shown in lastFour.flatMap { shown?.compareEnd(with: $0) } ?? .unknown }
        // Names do not speak beside digits: a shop is called otherwise than whoever has its account.
        if (byID + byEnd).contains(where: \.agrees) { return .equal }
        if byEnd.contains(.mismatch) { return .mismatch }
        guard let name else { return .unknown }
        return NameComparison.compare(shown: receiver, known: [name])
    }

    /// As slips show it: digits alone, a phone number in its national form.
    private static func dialled(_ id: String) -> String {
        let digits = id.filter(\.isASCIIDigit)
        return digits.count == 11 && digits.hasPrefix("66") ? "0" + digits.dropFirst(2) : digits
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}

extension MaskedNumber.Comparison {
    fileprivate var agrees: Bool {
        switch self {
        case .exact, .partial: true
        case .mismatch, .unknown: false
        }
    }
}

extension MaskedNumber {
    /// Compares the last four digits, of which three have to be visible: banks hide the last one.
    fileprivate func compareEnd(with lastFour: String) -> Comparison {
        let end = digits.suffix(4)
        guard end.count == 4, let wanted = MaskedNumber(lastFour)?.digits, wanted.count == 4 else { return .unknown }
        guard zip(end, wanted).allSatisfy({ $0 == nil || $0 == $1 }) else { return .mismatch }
        let visible = end.count { $0 != nil }
        return visible >= Self.minVisibleDigits ? .partial(visible: visible) : .unknown
    }
}
