package import Primitives
internal import Reactor

/// Reads a slip's mini-QR from the picture that a customer sent: a screenshot, or a photo of another screen or of paper.
///
/// Takes a processor for some ten milliseconds to seconds: `SlipReaderPool` keeps it off the loops. What is not found in the picture as
/// it is, is looked for in a few changed ones: see `Step`.
package enum SlipImageReader {
    /// Bytes of a file: `SlipImage.maxBytes`, as what is larger reaches no slip service.
    package static let maxBytes = 4 * 1024 * 1024
    /// Pixels in which codes are looked for; a larger picture is shrunk to at most these.
    package static let maxPixels = 4 * 1024 * 1024
    /// Pixels that a JPEG's header may say: phones make 50 million. At an eighth they are fewer than `maxPixels`.
    package static let maxJPEGPixels = 64 * 1024 * 1024
    /// Pixels that a PNG's header may say: it is decoded in full. A screenshot has four million.
    package static let maxPNGPixels = 16 * 1024 * 1024
    /// Bytes that libjpeg may keep of a progressive JPEG: one of some 20 million pixels.
    package static let maxJPEGCoefficientBytes = 64 * 1024 * 1024
    /// Passes over the picture of a progressive JPEG. Ten are usual; each may be a few bytes and costs all its pixels.
    package static let maxJPEGScans = 64
    /// Pixels of a side: the smallest QR code has so many modules.
    package static let minSide = 21
    /// Codes of one picture that are looked at.
    package static let maxCodes = 32
    /// Pixels of a picture that may be full of finder patterns: ZBar compares each with each, which takes it a second here, and
    /// sixteen in four times as many pixels.
    static let maxDensePixels = 1024 * 1024
    /// Lines through finder patterns in a picture of more pixels; one code has a hundred.
    static let maxFinderLines = 16_384
    /// From the file to the beginning of the last step. A picture of finder patterns makes each take a second.
    package static let maxSearchTime = Duration.seconds(2)

    /// The bytes of a file; `time` is only for `maxSearchTime`.
    package static func read(_ bytes: [UInt8], time: any TimeSource = SystemTime()) -> SlipImageReading {
        let deadline = time.now.advanced(by: maxSearchTime)
        guard let image = GrayImage(file: bytes) else { return .none }
        return read(image, time: time, until: deadline)
    }

    /// A picture of at most `maxPixels`.
    package static func read(_ image: GrayImage, time: any TimeSource) -> SlipImageReading {
        read(image, time: time, until: time.now.advanced(by: maxSearchTime))
    }

    private static func read(_ image: GrayImage, time: any TimeSource, until deadline: Instant) -> SlipImageReading {
        var findings = SlipImageFindings()
        for step in Step.allCases where time.now < deadline {
            guard let changed = step.apply(to: image) else { continue }
            for text in QRCodes.texts(in: changed) { findings.add(text) }
            if let slip = findings.slip { return slip }
        }
        return findings.reading
    }
}
