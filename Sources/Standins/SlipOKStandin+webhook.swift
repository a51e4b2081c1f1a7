internal import HTTP1
internal import JSON
internal import Primitives
internal import SlipQR
internal import Transport

extension SlipOKStandin {
    /// The message that SlipOK sends about a slip. Its form is not documented: this one is of our own making, the answer of a
    /// verification with the payment it is for.
    func event(
        _ order: PaymentOrder, _ transfer: TransferOrder, at now: Timestamp
    ) throws(BehaviourError) -> PaymentEvent {
        let slip = try desk.slip(transfer, usual: Satang(34_500), at: now)
        // Of one that is to fail only the webhook knows: who asks the slip services hears that there is none.
        if order.status == .paid, transfer.duplicateOf == nil { desk.book.add(slip) }
        let id = order.event ?? "\(slip.code.reference):\(now.microseconds)"
        let body: JSONValue = ["txnId": .string(order.payment), "data": .object(slip.slipOK(number: id))]
        let bytes = body.bytes
        var facts = slip.facts
        facts["payment"] = .string(order.payment)
        let secret = webhookSecret.reveal()
        return PaymentEvent(id: id, facts: facts) { sending in
            PaymentMessage(
                headers: [(PaymentSignature.slipOKField, sending.hasWrongSignature ? secret + "-wrong" : secret)],
                body: bytes)
        }
    }
}
