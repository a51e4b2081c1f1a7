/// What a part says of itself before its content (RFC 7578 §4.2–4.5).
package struct MultipartPartHead: Equatable, Sendable {
    /// The form field's name; may be empty, may stand on several parts.
    package let name: String
    /// Nil for a field, a text for a file. Whatever the sender likes to call it: never a path.
    package let filename: String?
    /// As sent; nil when the part has none, which means `text/plain`.
    package let contentType: String?

    package init(name: String, filename: String? = nil, contentType: String? = nil) {
        self.name = name
        self.filename = filename
        self.contentType = contentType
    }
}

/// One part of a form with its whole content.
package struct MultipartPart: Equatable, Sendable {
    package let head: MultipartPartHead
    package let content: [UInt8]

    package init(head: MultipartPartHead, content: [UInt8]) {
        self.head = head
        self.content = content
    }

    /// The content as text; nil when it is not UTF-8.
    package var text: String? { String(validating: content, as: UTF8.self) }
}
