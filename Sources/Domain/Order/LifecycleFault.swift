/// Why a document is no lifecycle, and where.
package struct LifecycleFault: Error, Sendable, Equatable {
    /// A JSON pointer (RFC 6901) into the document: `/transitions/3/to`; empty for the whole of it.
    package let path: String
    /// `there is no state "X"`
    package let detail: String

    package init(path: String, detail: String) {
        self.path = path
        self.detail = detail
    }
}

extension LifecycleFault: CustomStringConvertible {
    package var description: String { path.isEmpty ? detail : "\(path): \(detail)" }
}
