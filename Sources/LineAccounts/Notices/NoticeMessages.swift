package import Domain
package import LINEMessaging
package import Ports
internal import Primitives

/// The words for customers, by the tenant's settings: one message for each thing that is told. A person who is told that
/// something went wrong is told what to do next, too.
package struct NoticeMessages: Sendable {
    private let settings: MessageSettings

    package init(_ settings: MessageSettings) { self.settings = settings }

    package func messages(about subject: Telling.Subject) -> OutgoingMessages {
        switch subject {
        case .imageReceived: OutgoingMessages(.text(receipt))
        case .credited(let amount, let user, let reference):
            OutgoingMessages(credited(CreditNotice(amount: amount, user: user, reference: reference)))
        case .duplicate: OutgoingMessages(.text(Self.duplicate))
        case .failed(let failure): OutgoingMessages(.text(Self.text(of: failure)))
        }
    }

    /// The tenant's own words; the platform's where the tenant has deleted them, because LINE takes no empty text.
    private var receipt: String {
        let words = settings.imageReplyMessage
        return words.allSatisfy(\.isWhitespace)
            ? MessageSettings(tenant: settings.tenant).imageReplyMessage : words
    }

    private func credited(_ notice: CreditNotice) -> OutgoingMessage {
        guard settings.flexMessageEnabled else {
            let link =
                WebLink(settings.gameURL, maxBytes: WebLink.maxActionBytes).map { "\nเข้าเล่นได้ที่ \($0.text)" } ?? ""
            return .text(notice.text + link)
        }
        return .flex(altText: notice.title, contents: ReceiptBubble(notice, settings).json)
    }

    private static let duplicate = """
        สลิปนี้เคยส่งเข้ามาในระบบแล้วค่ะ จึงใช้ซ้ำไม่ได้นะคะ
        หากโอนเงินครั้งใหม่ รบกวนส่งสลิปของรายการใหม่ค่ะ หรือหากยังไม่ได้รับเครดิต รบกวนติดต่อแอดมินนะคะ
        """

    private static func text(of failure: SlipFailure) -> String {
        switch failure {
        case .unreadable:
            """
            ระบบอ่าน QR Code บนสลิปนี้ไม่ได้ค่ะ
            รบกวนส่งภาพสลิปที่บันทึกจากแอปธนาคารโดยตรง ให้เห็น QR Code ชัดเจนครบทั้งภาพอีกครั้งนะคะ
            """
        case .notASlip:
            """
            ระบบไม่พบข้อมูลสลิปโอนเงินในภาพนี้ค่ะ
            รบกวนส่งภาพสลิปโอนเงินจากแอปธนาคารที่มี QR Code อีกครั้งนะคะ
            """
        case .imageUnavailable:
            """
            ระบบเปิดภาพที่ส่งมาไม่ได้ค่ะ
            รบกวนส่งภาพสลิปอีกครั้งนะคะ (ขนาดไม่เกิน 4 MB)
            """
        case .notFound:
            """
            ธนาคารไม่พบรายการโอนตามสลิปนี้ค่ะ
            รบกวนตรวจสอบในแอปธนาคารว่าโอนสำเร็จแล้ว และส่งสลิปอีกครั้งนะคะ หากเงินออกจากบัญชีแล้ว รบกวนติดต่อแอดมินค่ะ
            """
        case .expired:
            """
            สลิปนี้เก่าเกินกว่าที่ธนาคารจะตรวจสอบให้ได้ค่ะ
            หากยังไม่ได้รับเครดิตของรายการนี้ รบกวนติดต่อแอดมินพร้อมแจ้งวันและเวลาที่โอนนะคะ
            """
        case .tooMany:
            """
            ตอนนี้มีสลิปของคุณที่กำลังตรวจสอบอยู่จำนวนมากค่ะ
            รบกวนรอให้ตรวจสอบเสร็จก่อน แล้วส่งสลิปนี้อีกครั้งนะคะ
            """
        case .rejected:
            """
            เจ้าหน้าที่ตรวจสอบแล้ว สลิปนี้ไม่ผ่านการตรวจสอบค่ะ
            หากมีข้อสงสัย รบกวนติดต่อแอดมินนะคะ
            """
        }
    }
}

/// What is told of a credit.
struct CreditNotice {
    let amount: Satang
    let user: UserMatch
    let reference: SlipReference

    /// Stands in notifications.
    var title: String { "เติมเครดิต \(baht) บาท เรียบร้อยแล้วค่ะ" }

    var text: String {
        var lines = [title]
        if let memberCode { lines.append("รหัสสมาชิก \(memberCode)") }
        lines.append("เลขที่อ้างอิง \(maskedReference)")
        lines.append("ขอบคุณที่ใช้บริการนะคะ")
        return lines.joined(separator: "\n")
    }

    /// `1,234.50`.
    var baht: String {
        let parts = amount.decimal.split(separator: ".")
        guard let whole = parts.first, let rest = parts.last else { return amount.decimal }
        var digits = ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { digits.append(",") }
            digits.append(digit)
        }
        return "\(digits).\(rest)"
    }

    /// The end of it: enough to know it again, too little for somebody else's use. At least half is hidden.
    var maskedReference: String {
        let text = reference.transRef
        let shown = min(4, text.count / 2)
        return String(repeating: "x", count: min(text.count - shown, 6)) + text.suffix(shown)
    }

    /// nil where there is none. The name is not shown: whoever sent the picture reads this.
    var memberCode: String? {
        guard let code = user.memberCode, !code.allSatisfy(\.isWhitespace) else { return nil }
        return code
    }
}
