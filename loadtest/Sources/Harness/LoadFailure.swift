/// Why a run could not be made. What a run *found* is no failure but a violation in its result.
struct LoadFailure: Error {
    /// The exit code: 64 wrong usage, 69 the server is not there or does not answer.
    enum Kind: Int32 {
        case usage = 64
        case unavailable = 69
    }

    let kind: Kind
    let text: String

    init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}
