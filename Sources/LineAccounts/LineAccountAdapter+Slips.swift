package import Domain
internal import HTTPClient
internal import Multipart
package import Ports
internal import Primitives
internal import Reactor
internal import SlipProviders

extension LineAccountAdapter {
    /// A code that takes longer to find is left to a provider.
    static let maxReadingTime = Duration.seconds(20)

    package func readSlip(_ image: [UInt8], _ completion: @escaping @Sendable (QRAnswer) -> Void) {
        loop.preconditionOnLoop()
        let reading = Reading(completion)
        reading.timer = loop.schedule(after: Self.maxReadingTime) { [self] in finish(reading, .none) }
        reader(image, loop) { [self] answer in
            // Wherever the reader answers, and when.
            loop.submit { [self] in finish(reading, answer) }
        }
    }

    private func finish(_ reading: Reading, _ answer: QRAnswer) {
        guard let completion = reading.completion else { return }
        reading.completion = nil
        reading.timer?.cancel()
        if !isClosed { completion(answer) }
    }

    package func claim(
        _ claim: SlipClaim, transaction: String, _ completion: @escaping @Sendable (ClaimAnswer) -> Void
    ) {
        loop.preconditionOnLoop()
        claims.claim(
            tenant: address.tenant, claim.reference, account: address.id, transaction: transaction
        ) { [self] answer in
            if !isClosed { completion(answer) }
        }
    }

    /// Providers are not asked to remember slips: what they have seen before may have been our own question before a crash, and
    /// whether a transfer was used is for our own records to say.
    package func verify(
        _ evidence: ShownSlip, by verifier: String, _ completion: @escaping @Sendable (VerifierAnswer) -> Void
    ) {
        loop.preconditionOnLoop()
        guard let credential = book.verifiers(of: address.tenant).first(where: { $0.name == verifier }),
            let dialect = credential.dialect(at: endpoints)
        else { return answer(.fault(.configuration), completion) }
        let shown: SlipEvidence
        switch evidence {
        case .payload(let text): shown = .payload(text)
        case .image(let bytes):
            guard let image = SlipImage(bytes) else { return answer(.bad(.unreadable), completion) }
            shown = .image(image)
        }
        let request = dialect.request(SlipQuestion(shown), boundary: MultipartBoundary(from: random))
        send(request) { result in
            switch result {
            case .success(let response): completion(VerifierAnswer(dialect.answer(response), to: evidence))
            case .failure(let failure):
                completion(VerifierAnswer(.failure(VerificationFailure(failure)), to: evidence))
            }
        }
    }
}

/// One image that is looked at. Sendable because it is confined to the adapter's loop.
private final class Reading: @unchecked Sendable {
    /// nil once it is called.
    var completion: (@Sendable (QRAnswer) -> Void)?
    var timer: ScheduledTimer?

    init(_ completion: @escaping @Sendable (QRAnswer) -> Void) { self.completion = completion }
}
