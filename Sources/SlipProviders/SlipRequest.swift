package import HTTPClient
internal import JSON
package import Multipart
package import Primitives

/// What a provider is given to find a transfer by.
package enum SlipEvidence: Equatable, Sendable {
    /// The text of the slip's QR code: the fastest, and nothing is uploaded.
    case payload(String)
    case image(SlipImage)
    /// Where the provider itself fetches the image. Of our own making only: one that a sender chose would let them direct
    /// the provider.
    case url(String)
}

/// An image as providers take them.
package struct SlipImage: Equatable, Sendable {
    package enum Format: String, Equatable, Sendable, CaseIterable {
        case jpeg, png, gif, webp

        package var contentType: String { "image/\(rawValue)" }
        var filename: String { self == .jpeg ? "slip.jpg" : "slip.\(rawValue)" }
    }

    /// EasySlip's bound; SlipOK names none.
    package static let maxBytes = 4 * 1024 * 1024

    package let bytes: [UInt8]
    /// By its first bytes, whatever the sender called it.
    package let format: Format

    /// Nil when it is too large, or none of these formats.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.maxBytes else { return nil }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            format = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            format = .png
        } else if bytes.starts(with: "GIF87a".utf8) || bytes.starts(with: "GIF89a".utf8) {
            format = .gif
        } else if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
            format = .webp
        } else {
            return nil
        }
        self.bytes = bytes
    }

    func part(_ name: String) -> MultipartPartHead {
        MultipartPartHead(name: name, filename: format.filename, contentType: format.contentType)
    }
}

/// What else the provider is asked to do.
package struct SlipQuestion: Equatable, Sendable {
    package var evidence: SlipEvidence
    /// The provider remembers slips and tells those it has seen. A request that is sent again is then one, too.
    package var checksDuplicates = false
    /// What the slip's amount is compared with, where the provider can.
    package var amount: Satang?

    package init(_ evidence: SlipEvidence) { self.evidence = evidence }
}

/// How one provider is asked, and what its answers mean. Pure; `HTTPClient` carries them.
package protocol SlipDialect: Sendable {
    /// `easyslip`, `slipok`: for records and metrics.
    var provider: String { get }
    /// `boundary` is used when an image is uploaded.
    func request(_ question: SlipQuestion, boundary: MultipartBoundary) -> HTTPClientRequest
    /// Judged by the body; the status counts where that says nothing.
    func answer(_ response: HTTPResponse) -> Result<VerifiedSlip, VerificationFailure>
}

/// Bounds of a provider's call.
package struct SlipProviderLimits: Sendable {
    /// An answer has some two KiB.
    package var maxAnswerBytes = 256 * 1024
    /// One text of an answer.
    package var maxTextBytes = 1024
    /// A transfer's reference; 25 are documented.
    package var maxReferenceBytes = 40
    /// The longest wait that a provider can ask for.
    package var maxWait = Duration.seconds(3_600)
    /// Uploads and slow banks included.
    package var totalTimeout = Duration.seconds(20)

    package init() {}

    var timeouts: HTTPTimeouts { HTTPTimeouts(firstByte: totalTimeout, total: totalTimeout) }
}

extension HTTPClientRequest {
    /// The body is an object of the evidence, and of what else is asked, each with its member's name.
    mutating func setJSON(
        _ evidence: (String, String), _ flag: (String, Bool)?, _ amount: (String, Satang)?
    ) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member(evidence.0, .string(evidence.1))
        if let flag { writer.member(flag.0, .bool(flag.1)) }
        if let amount {
            writer.name(amount.0)
            writer.raw(amount.1.number.utf8)
        }
        writer.endObject()
        headers.append(("Content-Type", "application/json"))
        body = writer.bytes
    }
}
