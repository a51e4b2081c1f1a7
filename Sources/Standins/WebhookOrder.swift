internal import JSON
internal import Primitives
internal import SlipQR

/// What `POST /_control/line/webhook` asks for.
struct WebhookOrder {
    /// Webhooks, or events of one webhook, of one order.
    static let maxCount = 100
    /// Satang: what no slip is over.
    static let maxAmount = 100_000_000_000
    /// Bytes of the text of a message or postback.
    static let maxTextBytes = 8 * 1024

    enum Kind: String {
        case slip, image, text, postback, follow, unfollow, verify
    }

    /// What the order says of one side of a transfer; the rest is a user's or an account's of the back end.
    struct Party {
        var nameTh: String?
        var nameEn: String?
        var account: String?
        var bank: Bank?
        var proxy: SlipProxy?

        func applied(to party: Slip.Party) -> Slip.Party {
            // A name that is given replaces both: a party with one of each would be two people.
            let isNamed = nameTh != nil || nameEn != nil
            return Slip.Party(
                nameTh: isNamed ? nameTh : party.nameTh, nameEn: isNamed ? nameEn : party.nameEn,
                account: account ?? party.account, bank: bank ?? party.bank, proxy: proxy ?? party.proxy)
        }
    }

    var tenant: String?
    var oa: String?
    var kind = Kind.slip
    var user = "Uc0ffee00c0ffee00c0ffee00c0ffee01"
    var amount: Satang
    var text = "สวัสดีครับ"
    var data = "action=demo"
    var duplicateOf: String?
    var redeliver: String?
    var sender = Party()
    var receiver = Party()
    var transferredAt: Timestamp?
    /// A picture drawn elsewhere.
    var image: [UInt8]?
    /// The text of the picture's code.
    var payload: String?
    var turnedBy = 0
    var brightness = 1.0
    var hasBadSignature = false
    var count = 1
    /// All events in one webhook.
    var isTogether = false

    init(_ json: JSONValue) throws(BehaviourError) {
        guard let members = json.object?.members, let usual = Satang(50_000) else {
            throw BehaviourError("the body is a JSON object")
        }
        amount = usual
        for member in members {
            let value = member.value
            switch member.name {
            case "tenant": tenant = try member.text()
            case "oa": oa = try member.text()
            case "type":
                guard let kind = value.string.flatMap(Kind.init) else {
                    throw BehaviourError("type is slip, image, text, postback, follow, unfollow or verify")
                }
                self.kind = kind
            case "user":
                guard let user = value.string, LineIdentifier.isUser(user) else {
                    throw BehaviourError("user is U and letters or digits")
                }
                self.user = user
            case "amount":
                guard let amount = Satang(baht: value), (1...Int64(Self.maxAmount)).contains(amount.count) else {
                    throw BehaviourError("amount is a number of baht with at most two decimals")
                }
                self.amount = amount
            case "text": text = try member.shortText() ?? text
            case "data": data = try member.shortText() ?? data
            case "duplicateOf": duplicateOf = try member.text()
            case "redeliver": redeliver = try member.text()
            case "sender": sender = try Party(member)
            case "receiver": receiver = try Party(member)
            case "transferredAt":
                guard let time = value.string.flatMap({ Timestamp(rfc3339: $0) }) else {
                    throw BehaviourError("transferredAt is a time of RFC 3339")
                }
                transferredAt = time
            case "image":
                guard let bytes = value.string.flatMap({ Base64.decode($0.utf8) }), SlipDesk.isImage(bytes) else {
                    throw BehaviourError("image is a picture's file in base64")
                }
                image = bytes
            case "payload": payload = try member.shortText()
            case "turnedBy":
                guard let turn = value.integer, [0, 90, 180, 270].contains(turn) else {
                    throw BehaviourError("turnedBy is 0, 90, 180 or 270")
                }
                turnedBy = Int(turn)
            case "brightness":
                guard let light = value.double, (0...1).contains(light) else {
                    throw BehaviourError("brightness is 0 to 1")
                }
                brightness = light
            case "badSignature": hasBadSignature = try member.flag()
            case "together": isTogether = try member.flag()
            case "count":
                guard let count = value.integer, (1...Int64(Self.maxCount)).contains(count) else {
                    throw BehaviourError("count is 1 to \(Self.maxCount)")
                }
                self.count = Int(count)
            default: throw .unknown(member)
            }
        }
        guard image == nil || kind != .slip || payload != nil else {
            throw BehaviourError("a slip's image needs its payload")
        }
    }
}

extension WebhookOrder.Party {
    init(_ member: JSONObject.Member) throws(BehaviourError) {
        guard let members = member.value.object?.members else {
            throw BehaviourError("\(member.name) is an object of nameTh, nameEn, account, bank, proxy")
        }
        for part in members {
            switch part.name {
            case "nameTh": nameTh = try part.shortText()
            case "nameEn": nameEn = try part.shortText()
            case "account": account = try part.shortText()?.filter { $0.isASCII && $0.isNumber }
            case "bank":
                guard let bank = part.value.string.flatMap(Bank.init) else {
                    throw BehaviourError("\(member.name).bank is a bank's code or short name")
                }
                self.bank = bank
            case "proxy":
                guard let proxy = part.value.string.flatMap({ SlipProxy($0) }) else {
                    throw BehaviourError("\(member.name).proxy is a PromptPay id")
                }
                self.proxy = proxy
            default: throw .unknown(part)
            }
        }
    }
}

extension JSONObject.Member {
    fileprivate func shortText() throws(BehaviourError) -> String? {
        let text = try text()
        guard (text?.utf8.count ?? 0) <= WebhookOrder.maxTextBytes else { throw BehaviourError("\(name) is too long") }
        return text
    }
}
