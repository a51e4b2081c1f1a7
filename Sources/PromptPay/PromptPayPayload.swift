internal import EMVCo
package import Primitives

/// The text of a QR code to pay with in Thailand (EMV QR Code, Merchant-Presented Mode): whom, and how much.
package struct PromptPayPayload: Hashable, Sendable {
    /// Bytes of a text that is read; what is written has at most 256.
    package static let maxBytes = 512
    /// Bytes of the amount's decimal (EMVCo, ID 54): 9,999,999,999.99 baht.
    package static let maxAmountBytes = 13

    package let target: PromptPayTarget
    /// Baht, above zero. Without one, who pays types it.
    package let amount: Money?

    /// Nil when the amount is not baht, is zero, or has more than `maxAmountBytes`.
    package init?(_ target: PromptPayTarget, amount: Money? = nil) {
        if let amount {
            guard amount.currency == .baht, !amount.isZero, amount.decimal.utf8.count <= Self.maxAmountBytes else {
                return nil
            }
        }
        self.target = target
        self.amount = amount
    }

    /// What the QR code holds, its fields in ascending order. One with an amount says that it is for one payment.
    package var text: String {
        var writer = EMVCoWriter()
        writer.write(Tag.format, "01")
        writer.write(Tag.use, amount == nil ? "11" : "12")
        var additional: String?
        switch target {
        case .proxy(let proxy):
            writer.writeTemplate(Tag.transfer) { template in
                template.write("00", Application.transfer)
                template.write(proxy.kind.rawValue, proxy.digits)
            }
        case .biller(let biller):
            writer.writeTemplate(Tag.bill) { template in
                template.write("00", Application.bill)
                template.write("01", biller.id)
                template.write("02", biller.reference1)
                if let reference = biller.reference2 { template.write("03", reference) }
            }
            additional = biller.reference3
        }
        writer.write(Tag.currency, Self.bahtNumber)
        if let amount { writer.write(Tag.amount, amount.decimal) }
        writer.write(Tag.country, Self.country)
        if let additional { writer.writeTemplate(Tag.additional) { $0.write(Self.terminal, additional) } }
        return writer.sealed(checksumTag: Tag.checksum)
    }

    /// Reads the text of a QR code. Fields are found by their tags, in whatever order; those that are not known are read over, such
    /// as the shop's name, and whether the code is for one payment.
    package init(_ text: String) throws(PromptPayViolation) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maxBytes else { throw .tooLong }
        // A slip's first field is a template, whose first is the number of slip verification.
        guard !bytes.dropFirst(4).starts(with: "0006000001".utf8) else { throw .slip }
        let fields = try Self.fields(bytes[...], checksum: .init(tag: Tag.checksum, mayLackZeros: false))
        guard fields.has("01", in: Tag.format) else { throw .notPromptPay }
        target = try Self.target(in: fields)
        guard fields.has(Self.country, in: Tag.country) else { throw .otherCountry }
        guard fields.has(Self.bahtNumber, in: Tag.currency) else { throw .otherCurrency }
        guard let decimal = fields[Tag.amount] else {
            amount = nil
            return
        }
        guard decimal.count <= Self.maxAmountBytes,
            let amount = Money(decimal: String(decoding: decimal, as: UTF8.self), .baht), !amount.isZero
        else { throw .amountUnfit }
        self.amount = amount
    }

    private static func target(in fields: EMVCoFields) throws(PromptPayViolation) -> PromptPayTarget {
        let transfer = try template(Tag.transfer, of: Application.transfer, in: fields)
        let bill = try template(Tag.bill, of: Application.bill, in: fields)
        switch (transfer, bill) {
        case (nil, nil): throw .notPromptPay
        case (_?, _?): throw .severalTargets
        case (let transfer?, nil): return .proxy(try proxy(in: transfer))
        case (nil, let bill?): return .biller(try biller(in: bill, fields))
        }
    }

    private static func proxy(in transfer: EMVCoFields) throws(PromptPayViolation) -> PromptPayProxy {
        let found = PromptPayProxy.Kind.allCases.filter { transfer[$0.rawValue] != nil }
        guard found.count + (transfer[bankAccount] == nil ? 0 : 1) <= 1 else { throw .severalTargets }
        // None, or a bank account, whose form is not published.
        guard let kind = found.first, let digits = transfer[kind.rawValue],
            let proxy = PromptPayProxy(kind, payload: digits)
        else { throw .targetUnfit }
        return proxy
    }

    private static func biller(in bill: EMVCoFields, _ fields: EMVCoFields) throws(PromptPayViolation) -> Biller {
        guard let id = bill["01"], let reference1 = bill["02"] else { throw .targetUnfit }
        var reference3: ArraySlice<UInt8>?
        if let additional = fields[Tag.additional] { reference3 = try Self.fields(additional)[terminal] }
        guard
            let biller = Biller(
                payload: id, reference1: reference1, reference2: bill["03"], reference3: reference3)
        else { throw .targetUnfit }
        return biller
    }

    /// Nil when the field is not there or is another scheme's: its number stands first, and what follows is the scheme's own.
    private static func template(
        _ tag: String, of application: String, in fields: EMVCoFields
    ) throws(PromptPayViolation) -> EMVCoFields? {
        guard let template = fields[tag], template.dropFirst(4).starts(with: application.utf8) else { return nil }
        let inner = try Self.fields(template)
        return inner.has(application, in: "00") ? inner : nil
    }

    private static func fields(
        _ text: ArraySlice<UInt8>, checksum: EMVCoFields.Checksum? = nil
    ) throws(PromptPayViolation) -> EMVCoFields {
        do throws(EMVCoViolation) { return try EMVCoFields(text, checksum: checksum) } catch {
            switch error {
            case .malformed: throw .malformed
            case .fieldRepeated: throw .fieldRepeated
            case .checksumMissing: throw .checksumMissing
            case .checksumWrong: throw .checksumWrong
            }
        }
    }

    private enum Tag {
        static let format = "00"
        static let use = "01"
        static let transfer = "29"
        static let bill = "30"
        static let currency = "53"
        static let amount = "54"
        static let country = "58"
        static let additional = "62"
        static let checksum = "63"
    }

    private enum Application {
        static let transfer = "A000000677010111"
        static let bill = "A000000677010112"
    }

    /// In the template of a transfer.
    private static let bankAccount = "04"
    /// In the additional data.
    private static let terminal = "07"
    /// ISO 4217.
    private static let bahtNumber = "764"
    private static let country = "TH"
}
