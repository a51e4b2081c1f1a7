internal import JSON
internal import Primitives
internal import SlipPictures
internal import SlipQR

/// A transfer that a control makes: of the bank's, or of SlipOK's webhook.
struct TransferOrder {
    var amount: Satang?
    var sender = WebhookOrder.Party()
    var receiver = WebhookOrder.Party()
    var transferredAt: Timestamp?
    /// A slip that there is, by its reference: it is shown again.
    var duplicateOf: String?

    /// Takes a member that is a transfer's; false when it is not.
    mutating func change(_ member: JSONObject.Member) throws(BehaviourError) -> Bool {
        switch member.name {
        case "amount":
            guard let amount = Satang(baht: member.value), (1...Int64(WebhookOrder.maxAmount)).contains(amount.count)
            else { throw BehaviourError("amount is baht with at most two decimals") }
            self.amount = amount
        case "sender": sender = try WebhookOrder.Party(member)
        case "receiver":
            let proxy = receiver.proxy
            receiver = try WebhookOrder.Party(member)
            receiver.proxy = receiver.proxy ?? proxy
        case "promptpay":
            guard let text = member.value.string else { throw BehaviourError("promptpay is an id or a QR code's text") }
            if let code = PromptPayCode(text) {
                receiver.proxy = code.receiver
                amount = amount ?? code.amount
            } else if let proxy = SlipProxy(text), text.utf8.count <= 20 {
                receiver.proxy = proxy
            } else {
                throw BehaviourError("promptpay is no PromptPay id and no sound code of one")
            }
        case "transferredAt":
            guard let time = member.value.string.flatMap({ Timestamp(rfc3339: $0) }) else {
                throw BehaviourError("transferredAt is a time of RFC 3339")
            }
            transferredAt = time
        case "duplicateOf": duplicateOf = try member.text()
        default: return false
        }
        return true
    }
}

extension SlipDesk {
    /// The slip of a transfer, new or shown again. Who pays is the same person of the demo unless the order says; who is paid
    /// has no account that is told when a PromptPay id is.
    func slip(_ order: TransferOrder, usual: Satang?, at now: Timestamp) throws(BehaviourError) -> Slip {
        if let reference = order.duplicateOf {
            guard let slip = book.slip(reference: reference) else {
                throw BehaviourError("duplicateOf: no such slip")
            }
            return slip
        }
        guard let amount = order.amount ?? usual, amount > .zero else { throw BehaviourError("amount is missing") }
        guard let payer = BackendPeople.users(of: "bank").first?.party,
            let payee = BackendPeople.accounts(of: "bank").last?.party
        else { throw BehaviourError("nobody to pay") }
        let sender = order.sender.applied(to: payer)
        guard let code = mint.next(bank: sender.bank.code, at: now) else {
            throw BehaviourError("no reference for that bank")
        }
        var receiver = order.receiver.applied(to: payee)
        if receiver.proxy != nil, order.receiver.account == nil { receiver.account = "" }
        return Slip(
            code: code, amount: amount, at: order.transferredAt ?? now, sender: sender, receiver: receiver)
    }
}

extension Slip {
    /// What a control's answer says of it.
    var facts: JSONObject {
        [
            "transRef": .string(code.reference), "bank": .string(code.sendingBank), "payload": .string(code.text),
            "amount": .string(amount.decimal), "transferredAt": .string(at.rfc3339Seconds),
        ]
    }
}
