/// A bound of its own for the bodies of one route, in place of `HTTPLimits.maxBodyBytes`.
package struct BodyAllowance: Sendable, Equatable {
    private let method: HTTPMethod
    private let pattern: PathPattern
    /// Bytes after de-chunking.
    package let maxBytes: Int

    /// Nil when `pattern` is not a `PathPattern`.
    package init?(_ method: HTTPMethod, _ pattern: String, maxBytes: Int) {
        guard let pattern = PathPattern(pattern) else { return nil }
        self.method = method
        self.pattern = pattern
        self.maxBytes = maxBytes
    }

    func isFor(_ line: RequestLine) -> Bool { line.method == method && pattern.matches(line.target.path.segments) }
}
