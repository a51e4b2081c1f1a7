package import SlipQR

/// What a customer's picture shows.
package enum SlipImageReading: Sendable, Equatable {
    /// A slip's mini-QR, and its text as it stands there.
    case slip(SlipQR, payload: String)
    /// A code that is no slip's, such as one to pay with, and none that might be a slip's.
    case foreign
    /// Nothing that could be read, or no picture. A slip service may do better; so it may with a code that is a slip's but for its
    /// checksum, and with the TrueMoney wallet's slips, which are looked up in another way.
    case none
}

/// What the codes of one picture add up to: a slip's wins, then what might be one.
struct SlipImageFindings {
    private(set) var slip: SlipImageReading?
    private var isDoubtful = false
    private var isForeign = false

    var reading: SlipImageReading { slip ?? (isForeign && !isDoubtful ? .foreign : .none) }

    mutating func add(_ text: String) {
        guard slip == nil else { return }
        do throws(SlipQRViolation) {
            slip = .slip(try SlipQR(text), payload: text)
        } catch {
            switch error {
            case .checksumWrong, .trueMoney: isDoubtful = true
            case .tooLong, .malformed, .fieldRepeated, .checksumMissing, .paymentCode, .notASlip: isForeign = true
            }
        }
    }
}
