internal import JSON
internal import Primitives

/// Who is told what, when something happens in another session: all rules, in one place. Each is a letter to a person's inbox,
/// which is written with the event and told exactly once.
///
/// Nobody is told of what they did themselves. Amounts, account numbers and what people write to each other are in no text: a
/// push shows them on a locked screen.
package enum NotificationRules {
    // MARK: Orders and bookings

    package static func letters(for event: OrderEvent, of order: Order) -> [Letter] {
        switch event {
        case .statusChanged(let step):
            let told = step.to
            guard let label = order.lifecycle.state(told)?.label else { return [] }
            let name = order.shownName
            return people(of: order, besides: step.subject).compactMap { person in
                .notification(
                    to: person, order.notificationType,
                    title: BilingualText(th: label.th, en: label.en),
                    body: BilingualText(
                        th: "\(order.isBooking ? "การจอง" : "คำสั่งซื้อ") \(name) เปลี่ยนสถานะเป็น “\(label.th)”",
                        en: "\(order.isBooking ? "Booking" : "Order") \(name) is now “\(label.en)”."),
                    data: ["session": .string(order.path), "status": .string(told)])
            }
        case .riderArrived:
            return [
                .notification(
                    to: order.facts.customer, order.notificationType,
                    title: BilingualText(th: "ไรเดอร์มาถึงแล้ว", en: "Your rider has arrived"),
                    body: BilingualText(
                        th: "ไรเดอร์ของคำสั่งซื้อ \(order.shownName) มาถึงจุดส่งแล้ว",
                        en: "The rider of order \(order.shownName) is at the destination."),
                    data: ["session": .string(order.path)])
            ].compactMap(\.self)
        case .riderAssigned, .riderNear, .etaChanged, .cancelled, .paymentChanged: return []
        }
    }

    private static func people(of order: Order, besides actor: String?) -> [String] {
        [order.facts.customer, order.facts.provider].compactMap(\.self).filter { $0 != actor }
    }

    // MARK: Chats of people

    /// Of the first message that somebody has not read, and of no more until they have read it: who writes ten lines is announced once.
    package static func letters(for event: ConversationEvent, of chat: Conversation) -> [Letter] {
        guard case .messageCreated(let message) = event, let readership = chat.readership else { return [] }
        return readership.readers.compactMap { reader in
            guard reader.subject != message.author, reader.unread == 1 else { return nil }
            return .notification(
                to: reader.subject, .message, title: BilingualText(th: "ข้อความใหม่", en: "New message"),
                body: BilingualText(
                    th: "คุณมีข้อความใหม่ที่ยังไม่ได้อ่าน", en: "You have a message that you have not read."),
                data: ["session": .string(Conversation.kind.rawValue + "/" + chat.id)])
        }
    }

    // MARK: Payments

    package static func letters(for event: PaymentEvent, of payment: Payment) -> [Letter] {
        switch event {
        case .statusChanged(let transition):
            guard let (title, body) = texts(of: transition.to) else { return [] }
            return [tell(payment.facts.payer, of: payment, title, body)].compactMap(\.self)
        case .escrowChanged(_, .released, _):
            guard let payee = payment.facts.escrowPayee else { return [] }
            let letter = tell(
                payee, of: payment, BilingualText(th: "ปล่อยเงินแล้ว", en: "Money released"),
                BilingualText(
                    th: "เงินที่พักไว้สำหรับงานของคุณถูกโอนเข้ากระเป๋าเงินของคุณแล้ว",
                    en: "The money that was held for your work is in your wallet."))
            return [letter].compactMap(\.self)
        case .slipStage, .slipRejected, .timerExtended, .noticed, .inquiryDelayed, .ignored, .reviewClaiming,
            .refundRequested, .refundFailed, .escrowChanged:
            return []
        }
    }

    private static func texts(of status: PaymentStatus) -> (BilingualText, BilingualText)? {
        switch status {
        case .accepted:
            (
                BilingualText(th: "ได้รับชำระเงินแล้ว", en: "Payment received"),
                BilingualText(th: "การชำระเงินของคุณสำเร็จแล้ว", en: "Your payment went through.")
            )
        case .rejected:
            (
                BilingualText(th: "ชำระเงินไม่สำเร็จ", en: "Payment failed"),
                BilingualText(
                    th: "การชำระเงินของคุณไม่สำเร็จ โปรดลองอีกครั้งหรือเลือกวิธีอื่น",
                    en: "Your payment did not go through. Please try again or choose another way.")
            )
        case .refunded:
            (
                BilingualText(th: "คืนเงินแล้ว", en: "Payment refunded"),
                BilingualText(th: "เราได้คืนเงินให้คุณแล้ว", en: "Your money is on its way back to you.")
            )
        // What the payer sees by themselves, or what is not settled.
        case .pending, .expired, .cancelled, .review: nil
        }
    }

    private static func tell(
        _ person: String, of payment: Payment, _ title: BilingualText, _ body: BilingualText
    ) -> Letter? {
        var data: JSONObject = ["session": .string(Payment.kind.rawValue + "/" + payment.id)]
        data["order"] = payment.facts.order.map(JSONValue.string)
        return .notification(to: person, .payment, title: title, body: body, data: data)
    }
}

extension Order {
    /// A booking of somebody's time, in the words of the platform that has such.
    fileprivate var isBooking: Bool { lifecycle.name == Lifecycle.trusttrade.name }
    fileprivate var notificationType: NotificationType { isBooking ? .booking : .order }
    /// What people call it.
    fileprivate var shownName: String { facts.number ?? id }
}
