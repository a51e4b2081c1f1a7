/// Writes the body of a `multipart/form-data` request (RFC 7578).
package struct MultipartEncoder: Sendable {
    private let boundary: MultipartBoundary
    private var bytes: [UInt8] = []

    /// `boundary` must stand in no content: one made `from` chance does not.
    package init(boundary: MultipartBoundary) { self.boundary = boundary }

    /// The value of the request's Content-Type.
    package var contentType: String { boundary.contentType }

    /// A field: no file name and no type of its own, as browsers write it.
    package mutating func field(_ name: String, _ value: String) {
        append(MultipartPartHead(name: name), Array(value.utf8))
    }

    package mutating func append(_ head: MultipartPartHead, _ content: [UInt8]) {
        var lines = "--\(boundary.text)\r\nContent-Disposition: form-data; name=\"\(Self.escaped(head.name))\""
        if let filename = head.filename { lines += "; filename=\"\(Self.escaped(filename))\"" }
        if let type = head.contentType { lines += "\r\nContent-Type: \(Self.singleLine(type))" }
        bytes += Array((lines + "\r\n\r\n").utf8)
        bytes += content
        bytes += Array("\r\n".utf8)
    }

    /// The whole body.
    package func body() -> [UInt8] { bytes + Array("--\(boundary.text)--\r\n".utf8) }

    /// As browsers do (WHATWG HTML §4.10.21.8). Other control characters, which no name has, are left out: a reader would
    /// refuse them.
    private static func escaped(_ name: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\n": out.append(contentsOf: "%0A".unicodeScalars)
            case "\r": out.append(contentsOf: "%0D".unicodeScalars)
            case "\"": out.append(contentsOf: "%22".unicodeScalars)
            case "\0"..<"\t", "\u{0B}"..<" ", "\u{7F}": break
            default: out.append(scalar)
            }
        }
        return String(out)
    }

    private static func singleLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 >= " " && $0 != "\u{7F}" }))
    }
}
