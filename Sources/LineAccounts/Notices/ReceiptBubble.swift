internal import JSON
internal import Ports

/// The receipt of a credit as a Flex bubble (LINE Messaging API, 2026-07) in the tenant's colours. LINE refuses a whole message for
/// one empty text, one wrong colour or one address that is not https, so what a tenant has set wrong is left out, or ours.
struct ReceiptBubble {
    private let notice: CreditNotice
    private let settings: MessageSettings

    init(_ notice: CreditNotice, _ settings: MessageSettings) {
        self.notice = notice
        self.settings = settings
    }

    var json: JSONValue {
        var bubble: JSONObject = ["type": "bubble", "size": "mega", "header": header, "body": body]
        bubble["footer"] = footer
        return .object(bubble)
    }

    private var header: JSONValue {
        var contents: [JSONValue] = []
        if let logo = WebLink(settings.flexLogoURL, maxBytes: WebLink.maxImageBytes) {
            contents.append([
                "type": "image", "url": .string(logo.text), "size": "md", "aspectRatio": "3:1", "aspectMode": "fit",
            ])
        }
        contents.append(text("เติมเครดิตสำเร็จ", \.successText, size: "lg", isBold: true, align: "center"))
        return box("vertical", contents, background: color(\.headerFooterBackground), spacing: "md")
    }

    private var body: JSONValue {
        var contents = [
            text("จำนวนเงิน", \.mutedText, size: "sm", align: "center"),
            text("\(notice.baht) บาท", \.primary, size: "xxl", isBold: true, align: "center"),
            ["type": "separator", "margin": "lg", "color": .string(color(\.separator))],
        ]
        if let memberCode = notice.memberCode { contents.append(row("รหัสสมาชิก", memberCode)) }
        contents.append(row("เลขที่อ้างอิง", notice.maskedReference))
        contents.append(text("ขอบคุณที่ใช้บริการนะคะ", \.mutedText, size: "xs", align: "center"))
        return box("vertical", contents, background: color(\.bodyBackground), spacing: "md")
    }

    /// nil without a link.
    private var footer: JSONValue? {
        guard let game = WebLink(settings.gameURL, maxBytes: WebLink.maxActionBytes) else { return nil }
        let button: JSONValue = [
            "type": "button", "style": "primary", "height": "sm", "color": .string(color(\.primary)),
            "action": ["type": "uri", "label": "เข้าเล่นเกม", "uri": .string(game.text)],
        ]
        return box("vertical", [button], background: color(\.headerFooterBackground))
    }

    private func row(_ name: String, _ value: String) -> JSONValue {
        [
            "type": "box", "layout": "horizontal", "margin": "md",
            "contents": [
                text(name, \.mutedText, size: "sm", flex: 2),
                text(value, \.valueText, size: "sm", align: "end", flex: 3),
            ],
        ]
    }

    private func box(
        _ layout: String, _ contents: [JSONValue], background: String, spacing: String? = nil
    ) -> JSONValue {
        var box: JSONObject = ["type": "box", "layout": .string(layout), "contents": .array(contents)]
        box["spacing"] = spacing.map(JSONValue.string)
        box["paddingAll"] = "lg"
        box["backgroundColor"] = .string(background)
        return .object(box)
    }

    private func text(
        _ text: String, _ color: KeyPath<MessageSettings.Colors, String>, size: String, isBold: Bool = false,
        align: String? = nil, flex: Int64? = nil
    ) -> JSONValue {
        var object: JSONObject = [
            "type": "text", "text": .string(text), "size": .string(size), "color": .string(self.color(color)),
            "wrap": true,
        ]
        if isBold { object["weight"] = "bold" }
        object["align"] = align.map(JSONValue.string)
        object["flex"] = flex.map(JSONValue.integer)
        return .object(object)
    }

    /// `#RRGGBB`, else the platform's own.
    private func color(_ path: KeyPath<MessageSettings.Colors, String>) -> String {
        let bytes = Array(settings.colors[keyPath: path].utf8)
        let isColor =
            bytes.count == 7 && bytes.first == 0x23
            && bytes.dropFirst().allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
            }
        return isColor ? settings.colors[keyPath: path] : MessageSettings.Colors()[keyPath: path]
    }
}

/// An address that LINE takes: https, a host, and nothing but visible ASCII.
struct WebLink {
    /// Of an image (LINE, "Image" of Flex messages).
    static let maxImageBytes = 2_000
    /// Of a button (LINE, "URI action").
    static let maxActionBytes = 1_000

    let text: String

    init?(_ text: String, maxBytes: Int) {
        let scheme = "https://"
        guard text.utf8.count <= maxBytes, text.lowercased().hasPrefix(scheme),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }),
            let first = text.utf8.dropFirst(scheme.utf8.count).first,
            (0x30...0x39).contains(first) || (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first)
        else { return nil }
        self.text = text
    }
}
