internal import JSON
internal import Primitives

/// How a payment stands, in no gateway's words.
enum PaymentStatus: String {
    case pending, paid, failed, cancelled, expired, refunded
}

/// What `POST /_control/{gateway}/webhook` asks for.
struct PaymentOrder {
    /// Further tries of a webhook that the server did not take: PayMongo's number.
    static let maxRetries = 12
    /// Bytes of the names in an order.
    static let maxNameBytes = 100
    /// Members of `metadata`.
    static let maxMetadata = 50
    /// Bytes of it.
    static let maxMetadataBytes = 8 * 1024

    var tenant = ""
    /// The payment as the server calls it: 2C2P's invoice number, PayMongo's reference number, in Omise's metadata.
    var payment = ""
    /// A charge that there is, by the gateway's id.
    var charge: String?
    var amount: Money?
    var status = PaymentStatus.paid
    /// What the gateway says when it is asked again; nil: the same as the webhook.
    var asked: PaymentStatus?
    var metadata: JSONObject?
    /// The event's id: of one that was sent, to send it again; else of the new one.
    var event: String?
    /// The gateway's own name of what happened, in the place of the one that follows from the status: `key` of Omise, `type` of
    /// PayMongo, `respCode` of 2C2P.
    var kind: String?
    var method: String?
    var isLive = false
    var delay = Duration.zero
    var hasWrongSignature = false
    /// How old the signature's time is.
    var age = Duration.zero
    var retries = 0
    /// In the place of the server's own address.
    var url: String?

    init(_ json: JSONValue, currency: Currency) throws(BehaviourError) {
        guard let members = json.object?.members else { throw BehaviourError("the body is a JSON object") }
        var unknown = JSONObject()
        try self.init(members, currency: currency, others: &unknown)
        if let member = unknown.members.first { throw .unknown(member) }
    }

    /// Members that are no order's go to `others`.
    init(_ members: [JSONObject.Member], currency: Currency, others: inout JSONObject) throws(BehaviourError) {
        var code = currency
        var decimal: String?
        for member in members {
            switch member.name {
            case "tenant": tenant = try member.name()
            case "payment": payment = try member.name()
            case "charge": charge = try member.name()
            case "event": event = try member.name()
            case "kind": kind = try member.name()
            case "method": method = try member.name()
            case "amount": decimal = member.value.string ?? member.value.text
            case "currency":
                guard let known = member.value.string.flatMap({ Currency(code: $0) }) else {
                    throw BehaviourError("currency is THB or PHP")
                }
                code = known
            case "status": status = try member.paymentStatus()
            case "asked": asked = try member.paymentStatus()
            case "metadata":
                guard let object = member.value.object, object.members.count <= Self.maxMetadata,
                    member.value.bytes.count <= Self.maxMetadataBytes
                else {
                    throw BehaviourError("metadata is an object of at most \(Self.maxMetadata) members")
                }
                metadata = object
            case "mode":
                guard let mode = member.value.string, ["test", "live"].contains(mode) else {
                    throw BehaviourError("mode is test or live")
                }
                isLive = mode == "live"
            case "delayMs": delay = try member.milliseconds()
            case "wrongSignature": hasWrongSignature = try member.flag()
            case "signedSecondsAgo": age = .seconds(try member.count() ?? 0)
            case "retries":
                guard let retries = member.value.integer, (0...Int64(Self.maxRetries)).contains(retries) else {
                    throw BehaviourError("retries is 0 to \(Self.maxRetries)")
                }
                self.retries = Int(retries)
            case "url": url = try member.text()
            default: others[member.name] = member.value
            }
        }
        if let decimal {
            guard let money = Money(decimal: decimal, code), money.hundredths <= WebhookOrder.maxAmount else {
                throw BehaviourError("amount is a decimal with at most two places")
            }
            amount = money
        }
        guard !tenant.isEmpty || url != nil else { throw BehaviourError("tenant is missing") }
        guard !payment.isEmpty || charge != nil || event != nil else { throw BehaviourError("payment is missing") }
    }
}

extension JSONObject.Member {
    /// What can stand in a path and in an identifier: letters, digits, `-`, `_`, `.`, `:`.
    fileprivate func name() throws(BehaviourError) -> String {
        guard let text = value.string, (1...PaymentOrder.maxNameBytes).contains(text.utf8.count),
            text.utf8.allSatisfy({ byte in
                (0x30...0x3A).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || [0x2D, 0x2E, 0x5F].contains(byte)
            })
        else { throw BehaviourError("\(name) is letters, digits, '-', '_', '.' or ':'") }
        return text
    }

    fileprivate func paymentStatus() throws(BehaviourError) -> PaymentStatus {
        guard let status = value.string.flatMap(PaymentStatus.init) else {
            throw BehaviourError("\(name) is pending, paid, failed, cancelled, expired or refunded")
        }
        return status
    }
}
