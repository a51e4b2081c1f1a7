package import JSON

/// A picture or a file that people send each other. Its bytes lie with the platform's file service; the message says where, and what.
package struct MessageAttachment: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case image, file }

    package static let maxURLBytes = 2_048
    package static let maxNameBytes = 255
    /// 100 MiB: no bytes come here, so it bounds what is said only.
    package static let maxSize: Int64 = 100 * 1_024 * 1_024
    package static let maxContentTypeBytes = 127

    package let kind: Kind
    /// `https` only: what a reader's device opens.
    package let url: String
    package let contentType: String
    package let size: Int64
    package let name: String

    package init(json: JSONValue) throws(FaultReason) {
        guard let kind = json["type"]?.string.flatMap(Kind.init(rawValue:)) else {
            throw .invalid("an attachment's type is image or file")
        }
        guard let url = json["url"]?.string, Self.isReference(url) else {
            throw .invalid("an attachment's url is an https address of at most \(Self.maxURLBytes) bytes")
        }
        guard let contentType = json["contentType"]?.string, Self.isMediaType(contentType),
            kind == .file || contentType.hasPrefix("image/")
        else {
            throw .invalid("an attachment's contentType is a media type, of an image image/…")
        }
        guard let size = json["size"]?.integer, (1...Self.maxSize).contains(size) else {
            throw .invalid("an attachment's size is 1 to \(Self.maxSize) bytes")
        }
        guard let name = json["name"]?.string, Self.isFileName(name) else {
            throw .invalid(
                "an attachment's name has 1 to \(Self.maxNameBytes) bytes, no slash and no control characters")
        }
        (self.kind, self.url, self.contentType, self.size, self.name) = (kind, url, contentType, size, name)
    }

    package var json: JSONValue {
        [
            "type": .string(kind.rawValue), "url": .string(url), "contentType": .string(contentType),
            "size": .integer(size), "name": .string(name),
        ]
    }

    private static func isReference(_ text: String) -> Bool {
        let scheme = "https://"
        guard text.utf8.count <= maxURLBytes, text.utf8.count > scheme.utf8.count, text.hasPrefix(scheme) else {
            return false
        }
        let rest = text.utf8.dropFirst(scheme.utf8.count)
        // A name of a host first; nothing that a page or a header could be broken with.
        guard let first = rest.first, first != 0x2F, first != 0x3F, first != 0x23, first != 0x3A else { return false }
        let host = rest.prefix { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 }
        return !host.contains(0x40)
            && rest.allSatisfy { (0x21...0x7E).contains($0) && !#""<>\^`{|}"#.utf8.contains($0) }
    }

    /// `type/subtype` (RFC 6838), without parameters.
    private static func isMediaType(_ text: String) -> Bool {
        guard text.utf8.count <= maxContentTypeBytes else { return false }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.utf8.allSatisfy { byte in
                        switch byte {
                        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                        default: "!#$&-^_.+".utf8.contains(byte)
                        }
                    }
            }
    }

    private static func isFileName(_ text: String) -> Bool {
        guard (1...maxNameBytes).contains(text.utf8.count), text != ".", text != ".." else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            scalar != "/" && scalar != "\\" && scalar.properties.generalCategory != .control
                && !scalar.properties.isBidiControl
        }
    }
}
