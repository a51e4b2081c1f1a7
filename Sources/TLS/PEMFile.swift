/// The content of a file in PEM (RFC 7468) and the name under which errors speak of it. It never describes the content:
/// that may be a private key.
package struct PEMFile: Sendable, CustomStringConvertible, CustomReflectable {
    package let name: String
    package let content: [UInt8]

    package init(name: String, content: [UInt8]) {
        self.name = name
        self.content = content
    }

    package var description: String { name }
    package var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
