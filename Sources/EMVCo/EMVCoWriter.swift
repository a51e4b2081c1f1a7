/// Writes the fields of a text or of a template, in the order of the calls.
package struct EMVCoWriter {
    package private(set) var text: String

    /// Goes on behind `text`, whatever that is.
    package init(text: String = "") { self.text = text }

    /// A tag of two digits, and at most `EMVCoFields.maxValueBytes` of ASCII: the caller has made sure.
    package mutating func write(_ tag: String, _ value: String) {
        let count = value.utf8.count
        precondition(tag.utf8.count == 2 && count <= EMVCoFields.maxValueBytes, "a field is as long as it can say")
        text += tag + (count < 10 ? "0" : "") + String(count) + value
    }

    /// What `fields` writes is the value of one field.
    package mutating func writeTemplate(_ tag: String, _ fields: (inout EMVCoWriter) -> Void) {
        var template = EMVCoWriter()
        fields(&template)
        write(tag, template.text)
    }

    /// The text with its checksum, four upper-case hexadecimal digits, as the last field.
    package func sealed(checksumTag tag: String) -> String {
        let body = text + tag + "04"
        let digits = String(CRC16.checksum(body.utf8), radix: 16, uppercase: true)
        return body + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }
}
