/// A part's header: lines up to an empty one. Lines end in CR LF only, are never folded, and hold UTF-8.
struct PartHeadDecoder: Sendable {
    private typealias Character = HeaderParameters.Character

    private let limits: MultipartLimits
    private var line: [UInt8] = []
    private var endsInCarriageReturn = false
    private var byteCount = 0
    private var fieldCount = 0
    private var disposition: (name: String, filename: String?)?
    private var contentType: String?
    private var hasTransferEncoding = false

    init(limits: MultipartLimits) { self.limits = limits }

    /// Bytes that the header makes this decoder hold.
    var bufferedBytes: Int { line.count }

    /// Takes the header's next byte. The part's head once the byte ends the header, else nil.
    mutating func receive(_ byte: UInt8) throws(MultipartViolation) -> MultipartPartHead? {
        guard byteCount < limits.maxHeaderBytes else { throw .headerTooLarge }
        byteCount += 1
        if endsInCarriageReturn {
            guard byte == Character.lineFeed else { throw .bareCarriageReturn }
            endsInCarriageReturn = false
            if line.isEmpty { return try head() }
            try takeField()
            line.removeAll(keepingCapacity: true)
            return nil
        }
        switch byte {
        case Character.carriageReturn: endsInCarriageReturn = true
        case Character.lineFeed: throw .bareLineFeed
        case 0x00..<0x09, 0x0A..<0x20, 0x7F: throw .controlCharacter
        default: line.append(byte)
        }
        return nil
    }

    private func head() throws(MultipartViolation) -> MultipartPartHead {
        guard let disposition else { throw .dispositionMissing }
        return MultipartPartHead(name: disposition.name, filename: disposition.filename, contentType: contentType)
    }

    private mutating func takeField() throws(MultipartViolation) {
        guard fieldCount < limits.maxHeaderFields else { throw .tooManyFields }
        fieldCount += 1
        let name = line.prefix(while: Character.isToken)
        // Also refuses folding: such a line begins with a space.
        guard !name.isEmpty, name.endIndex < line.endIndex, line[name.endIndex] == Character.colon else {
            throw .malformedField
        }
        var value = line[(name.endIndex + 1)...].drop(while: Character.isSpace)
        while let last = value.last, Character.isSpace(last) { value.removeLast() }
        guard let text = String(validating: value, as: UTF8.self) else { throw .fieldNotUTF8 }
        // Names that are not known are read over (RFC 7578 §4.8).
        switch String(decoding: name.map(Character.lowercased), as: UTF8.self) {
        case "content-disposition":
            guard disposition == nil else { throw .fieldRepeated }
            disposition = try Self.disposition(value)
        case "content-type":
            guard contentType == nil else { throw .fieldRepeated }
            contentType = text
        case "content-transfer-encoding":
            guard !hasTransferEncoding else { throw .fieldRepeated }
            hasTransferEncoding = true
            // RFC 7578 §4.7 has done away with it; these leave the bytes as they are.
            guard ["7bit", "8bit", "binary"].contains(text.lowercased()) else { throw .transferEncodingUnsupported }
        default: break
        }
    }

    private static func disposition(
        _ value: ArraySlice<UInt8>
    ) throws(MultipartViolation) -> (name: String, filename: String?) {
        let parameters: HeaderParameters
        do throws(HeaderParameters.Problem) { parameters = try HeaderParameters(value) } catch {
            switch error {
            case .malformed: throw .malformedDisposition
            case .parameterRepeated: throw .parameterRepeated
            }
        }
        guard parameters.word == "form-data" else { throw .malformedDisposition }
        guard let name = parameters["name"] else { throw .nameMissing }
        if let filename = parameters["filename"] { return (unescaped(name), unescaped(filename)) }
        // RFC 7578 §4.2 forbids it and old clients send it alone; without it the file would pass for a field.
        guard let extended = parameters["filename*"] else { return (unescaped(name), nil) }
        return (unescaped(name), try self.extended(extended))
    }

    /// A name as browsers write it: `%0A`, `%0D` and `%22` stand for what a quoted name cannot hold, every other percent
    /// sign for itself (WHATWG HTML §4.10.21.8). The line is UTF-8, and cuts at ASCII bytes leave it so.
    private static func unescaped(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == Character.percent, bytes.count - index > 2,
                let byte = escapes[[bytes[index + 1], bytes[index + 2]]]
            {
                out.append(byte)
                index += 3
            } else {
                out.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static let escapes: [[UInt8]: UInt8] = [
        Array("0A".utf8): Character.lineFeed, Array("0D".utf8): Character.carriageReturn,
        Array("22".utf8): Character.quote,
    ]

    /// `UTF-8'language'text`, percent-encoded (RFC 8187 §3.2).
    private static func extended(_ bytes: [UInt8]) throws(MultipartViolation) -> String {
        let parts = bytes.split(separator: 0x27, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, String(decoding: parts[0], as: UTF8.self).lowercased() == "utf-8" else {
            throw .malformedDisposition
        }
        var out: [UInt8] = []
        var rest = parts[2]
        while let byte = rest.popFirst() {
            guard byte == Character.percent else {
                out.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimalValue),
                let low = rest.popFirst().flatMap(hexadecimalValue)
            else { throw .malformedDisposition }
            out.append(high << 4 | low)
        }
        guard let text = String(validating: out, as: UTF8.self) else { throw .fieldNotUTF8 }
        return text
    }

    private static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
