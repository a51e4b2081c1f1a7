/// A whole form, gathered in memory: at most `MultipartLimits.maxBodyBytes`.
package struct MultipartForm: Equatable, Sendable {
    /// In the order of the body.
    package let parts: [MultipartPart]

    /// Reads a whole body.
    package init(
        _ body: [UInt8], boundary: MultipartBoundary, limits: MultipartLimits = MultipartLimits()
    ) throws(MultipartViolation) {
        var decoder = MultipartDecoder(boundary: boundary, limits: limits)
        var parts: [MultipartPart] = []
        var head: MultipartPartHead?
        var content: [UInt8] = []
        try decoder.receive(body) { item in
            switch item {
            case .part(let begun):
                head = begun
                content = []
            case .content(let bytes): content.append(contentsOf: bytes)
            case .partEnd: if let head { parts.append(MultipartPart(head: head, content: content)) }
            }
        }
        try decoder.end()
        self.parts = parts
    }

    /// The part of that name; nil when there is none. Throws `nameRepeated` when there are several: who took the first
    /// would be told something else than who took the last.
    package func only(_ name: String) throws(MultipartViolation) -> MultipartPart? {
        let named = parts.filter { $0.head.name == name }
        guard named.count <= 1 else { throw .nameRepeated }
        return named.first
    }
}
