internal import Primitives

/// One call to one provider, and which are left if it does not answer.
package struct VerificationRound: Sendable, Equatable {
    /// What is verified: the mini-QR's text, or the image that is held.
    package enum Input: Sendable, Equatable {
        case payload(String)
        case image
    }
    /// How often verification had failed before: the number of the round.
    package let number: Int
    package let input: Input
    package let verifier: String
    package let remaining: [String]
    /// What those before it said in this round.
    package let faults: [VerifierFault]

    package init(number: Int, input: Input, verifier: String, remaining: [String], faults: [VerifierFault] = []) {
        self.number = number
        self.input = input
        self.verifier = verifier
        self.remaining = remaining
        self.faults = faults
    }
}

extension VerificationRound {
    /// The first call of a round; nil when there is no provider to ask.
    init?(number: Int, input: Input, among verifiers: [String]) {
        guard let first = verifiers.first else { return nil }
        self.init(number: number, input: input, verifier: first, remaining: Array(verifiers.dropFirst()))
    }

    /// What follows from a provider's answer.
    enum Verdict: Sendable, Equatable {
        case genuine(SlipProof)
        /// The next provider of this round is asked.
        case next(VerificationRound)
        /// A new round, later; when there were enough of them, `otherwise`.
        case later(DelayReason, atLeast: Duration, otherwise: End)
        case ended(End)
    }

    /// How a verification ends without proof.
    enum End: Sendable, Equatable {
        case failed(SlipFailure)
        case review(ReviewReason)
    }

    /// - Parameters:
    ///   - reference: the one that the slip's QR showed; nil when it could not be read.
    ///   - sentAt: when the customer sent the slip. A bank that knows nothing of a fresh transfer may yet hear of it.
    func verdict(
        on answer: VerifierAnswer, reference: SlipReference?, sentAt: Timestamp, at now: Timestamp
    ) -> Verdict {
        let isFresh = number > 0 || now <= sentAt.advanced(by: SlipRetryPolicy.maxFreshAge)
        switch answer {
        case .genuine(let report):
            guard report.amount > .zero else { return .ended(.review(.unclearAnswer)) }
            guard let reference = report.reference(for: reference) else { return .ended(.review(.referenceMismatch)) }
            return .genuine(
                SlipProof(
                    verifier: verifier, reference: reference, amount: report.amount,
                    transferredAt: report.transferredAt?.wholeMilliseconds, sender: report.sender,
                    receiver: report.receiver, wasSeenBefore: report.wasSeenBefore))
        case .pending(let after):
            return isFresh
                ? .later(.slipPending, atLeast: after ?? .zero, otherwise: .review(.bankDelayed))
                : .ended(.review(.bankDelayed))
        case .notFound:
            return isFresh
                ? .later(.slipNotFound, atLeast: .zero, otherwise: .failed(.notFound)) : .ended(.failed(.notFound))
        case .bad(let failure): return .ended(.failed(failure))
        case .fault(let fault): return failOver(fault)
        }
    }

    /// The next provider; after the last one, later, or a person.
    private func failOver(_ fault: VerifierFault) -> Verdict {
        let faults = faults + [fault]
        if let next = remaining.first {
            return .next(
                VerificationRound(
                    number: number, input: input, verifier: next, remaining: Array(remaining.dropFirst()),
                    faults: faults))
        }
        if faults.contains(.unavailable) {
            return .later(.unavailable, atLeast: .zero, otherwise: .review(.providersUnavailable))
        }
        if faults.contains(.unclear) {
            return .later(.unavailable, atLeast: .zero, otherwise: .review(.unclearAnswer))
        }
        return .ended(.review(faults.contains(.quota) ? .providerQuota : .providerConfiguration))
    }
}

extension SlipProof {
    /// Whether the transfer is neither long past nor yet to come. Judged by when the customer sent the slip, so that waiting does not
    /// make it old.
    func isTimely(sentAt: Timestamp) -> Bool {
        guard let transferredAt else { return true }
        return sentAt < transferredAt.advanced(by: SlipRetryPolicy.maxTransferAge)
            && transferredAt < sentAt.advanced(by: SlipRetryPolicy.maxTransferLead)
    }
}

extension SlipReport {
    /// The reference that the report is about: the one that is known when nothing in the report speaks against it, without one
    /// the report's own; nil when it is another or incomplete.
    fileprivate func reference(for known: SlipReference?) -> SlipReference? {
        guard let known else {
            guard let bank, let transRef else { return nil }
            return SlipReference(bank: bank, transRef: transRef)
        }
        if let bank, bank != known.bank { return nil }
        guard let transRef, transRef == known.transRef else { return nil }
        return known
    }
}

extension Timestamp {
    /// As it is written in events.
    fileprivate var wholeMilliseconds: Timestamp { Timestamp(microseconds: microseconds - microseconds % 1_000) }
}
