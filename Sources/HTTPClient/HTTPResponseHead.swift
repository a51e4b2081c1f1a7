/// The status and header fields of an answer (RFC 9112 §4, RFC 9113 §8.3.2). Interim (1xx) answers are never reported.
package struct HTTPResponseHead: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        /// Lower case, as HTTP/2 sends it.
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package let status: Int
    package let fields: [Field]

    package init(status: Int, fields: [Field] = []) {
        self.status = status
        self.fields = fields
    }

    package var isSuccess: Bool { (200..<300).contains(status) }

    /// The first field of that (lower-case) name.
    package subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// A whole answer, for requests whose body is wanted in one piece.
package struct HTTPResponse: Sendable, Equatable {
    package let head: HTTPResponseHead
    package let body: [UInt8]

    package init(head: HTTPResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}
