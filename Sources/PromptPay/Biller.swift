/// Who is paid by bill payment, and for what: the references say which bill.
package struct Biller: Hashable, Sendable {
    /// Bytes of each reference that is made here: what banks take.
    package static let maxReferenceBytes = 20

    /// A tax id of 13 digits, with or without the two of a suffix.
    package let id: String
    package let reference1: String
    package let reference2: String?
    /// Kept beside the others, as the terminal's label.
    package let reference3: String?

    /// Nil unless the id has 13 or 15 digits and each reference has 1 to `maxReferenceBytes` upper-case letters and digits.
    package init?(id: String, reference1: String, reference2: String? = nil, reference3: String? = nil) {
        let references = [reference1, reference2, reference3].compactMap { $0 }
        guard Self.isID(id.utf8),
            references.allSatisfy({ (1...Self.maxReferenceBytes).contains($0.utf8.count) }),
            references.allSatisfy({ $0.utf8.allSatisfy { Self.isDigit($0) || (0x41...0x5A).contains($0) } })
        else { return nil }
        self.id = id
        self.reference1 = reference1
        self.reference2 = reference2
        self.reference3 = reference3
    }

    /// What stands in a QR code. Billers are not held to what banks advise: a reference may be any printable ASCII that fits its field.
    init?(
        payload id: ArraySlice<UInt8>, reference1: ArraySlice<UInt8>, reference2: ArraySlice<UInt8>?,
        reference3: ArraySlice<UInt8>?
    ) {
        let references = [reference1, reference2, reference3].compactMap { $0 }
        guard Self.isID(id), references.allSatisfy({ !$0.isEmpty && $0.allSatisfy { (0x20...0x7E).contains($0) } })
        else {
            return nil
        }
        self.id = String(decoding: id, as: UTF8.self)
        self.reference1 = String(decoding: reference1, as: UTF8.self)
        self.reference2 = reference2.map { String(decoding: $0, as: UTF8.self) }
        self.reference3 = reference3.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func isID(_ digits: some Collection<UInt8>) -> Bool {
        [13, 15].contains(digits.count) && digits.allSatisfy(isDigit)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
