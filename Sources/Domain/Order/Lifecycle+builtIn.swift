extension Lifecycle {
    /// Those that every tenant has.
    package static let allBuiltIn = [baanfoodie, jeco, trusttrade]

    /// nil when none is called so.
    package static func builtIn(_ name: String) -> Lifecycle? { allBuiltIn.first { $0.name == name } }

    /// Food that is cooked at a branch and brought (seeds' BaanFoodie §2.12). The money or, for cash, the branch sends it to the
    /// kitchen. A delivery that cannot be made is rejected too: it must not stay on its way.
    package static let baanfoodie = checked { () throws(LifecycleFault) in
        try Lifecycle(
            name: "baanfoodie",
            states: [
                State("PENDING", Label(th: "รอยืนยันออเดอร์", en: "Waiting for confirmation")),
                State("PREPARE", Label(th: "กำลังเตรียมอาหาร", en: "Being prepared")),
                State("DELIVERY", Label(th: "กำลังจัดส่ง", en: "On its way")),
                State("COMPLETED", Label(th: "จัดส่งสำเร็จ", en: "Delivered"), isTerminal: true),
                State("REJECTED", Label(th: "ออเดอร์ถูกยกเลิก", en: "Cancelled"), isTerminal: true),
            ],
            initial: "PENDING",
            transitions: [
                Transition(from: "PENDING", to: "PREPARE", by: desk),
                Transition(from: "PENDING", to: "REJECTED", by: desk),
                Transition(from: "PREPARE", to: "DELIVERY", by: desk.union([.rider])),
                Transition(from: "PREPARE", to: "REJECTED", by: desk),
                Transition(from: "DELIVERY", to: "COMPLETED", by: desk.union([.rider])),
                Transition(from: "DELIVERY", to: "REJECTED", by: desk),
            ],
            cancellation: Cancellation(to: "REJECTED", from: ["PENDING"], by: desk.union([.customer])),
            mainLine: ["PENDING", "PREPARE", "DELIVERY", "COMPLETED"],
            payment: PaymentRules(
                moves: [PaymentRules.Move(on: .accepted, from: "PENDING", to: "PREPARE")],
                display: unpaid("PENDING", expired: "EXPIRED", rejected: "REJECTED", cancelled: "CANCELLED")))
    }

    /// Goods that are packed and sent (seeds' JECO, orders). A parcel that is lost is cancelled by the shop.
    package static let jeco = checked { () throws(LifecycleFault) in
        try Lifecycle(
            name: "jeco",
            states: [
                State("pending", Label(th: "รอยืนยันคำสั่งซื้อ", en: "Waiting for confirmation")),
                State("confirmed", Label(th: "ยืนยันคำสั่งซื้อแล้ว", en: "Confirmed")),
                State("processing", Label(th: "กำลังเตรียมสินค้า", en: "Being packed")),
                State("shipped", Label(th: "อยู่ระหว่างจัดส่ง", en: "On its way")),
                State("delivered", Label(th: "จัดส่งสำเร็จ", en: "Delivered"), isTerminal: true),
                State("cancelled", Label(th: "ยกเลิกแล้ว", en: "Cancelled"), isTerminal: true),
            ],
            initial: "pending",
            transitions: [
                Transition(from: "pending", to: "confirmed", by: desk),
                Transition(from: "confirmed", to: "processing", by: desk),
                Transition(from: "processing", to: "shipped", by: desk.union([.rider])),
                Transition(from: "processing", to: "cancelled", by: desk),
                Transition(from: "shipped", to: "delivered", by: desk.union([.rider])),
                Transition(from: "shipped", to: "cancelled", by: desk),
            ],
            cancellation: Cancellation(
                to: "cancelled", from: ["pending", "confirmed"], by: desk.union([.customer])),
            mainLine: ["pending", "confirmed", "processing", "shipped", "delivered"],
            payment: PaymentRules(
                moves: [PaymentRules.Move(on: .accepted, from: "pending", to: "confirmed")],
                display: unpaid(
                    "pending", expired: "expired", rejected: "payment_failed", cancelled: "payment_cancelled")))
    }

    /// Work that somebody is booked for (seeds' TrustTrade, bookings). Its document has a way to complete but none to begin, so
    /// what was accepted may be completed at once. A quarrel over work that has begun is ended by the platform alone.
    package static let trusttrade = checked { () throws(LifecycleFault) in
        try Lifecycle(
            name: "trusttrade",
            states: [
                State("pending", Label(th: "รอผู้ให้บริการตอบรับ", en: "Waiting for the provider")),
                State("accepted", Label(th: "ผู้ให้บริการรับงานแล้ว", en: "Accepted")),
                State("in_progress", Label(th: "กำลังดำเนินงาน", en: "In progress")),
                State("completed", Label(th: "งานเสร็จสมบูรณ์", en: "Completed"), isTerminal: true),
                State("rejected", Label(th: "ผู้ให้บริการปฏิเสธงาน", en: "Declined"), isTerminal: true),
                State("cancelled", Label(th: "ยกเลิกแล้ว", en: "Cancelled"), isTerminal: true),
            ],
            initial: "pending",
            transitions: [
                Transition(from: "pending", to: "accepted", by: desk.union([.provider])),
                Transition(from: "pending", to: "rejected", by: desk.union([.provider])),
                Transition(from: "accepted", to: "in_progress", by: desk.union([.provider])),
                Transition(from: "accepted", to: "completed", by: desk.union([.provider, .customer])),
                Transition(from: "in_progress", to: "completed", by: desk.union([.provider, .customer])),
                Transition(from: "in_progress", to: "cancelled", by: desk),
            ],
            cancellation: Cancellation(
                to: "cancelled", from: ["pending", "accepted"], by: desk.union([.customer, .provider])),
            mainLine: ["pending", "accepted", "in_progress", "completed"])
    }

    /// Who serves every order of the tenant.
    private static let desk: Set<OrderParty> = [.staff, .service]

    /// What is shown while an order waits for money that is late, in doubt or not to come.
    private static func unpaid(
        _ status: String, expired: String, rejected: String, cancelled: String
    ) -> [PaymentRules.Display] {
        func display(_ on: PaymentStatus, _ show: String, _ th: String, _ en: String) -> PaymentRules.Display {
            PaymentRules.Display(status: status, on: on, show: show, label: Label(th: th, en: en))
        }
        return [
            display(.pending, status, "รอชำระเงิน", "Waiting for payment"),
            display(.review, status, "กำลังตรวจสอบการชำระเงิน", "Payment being checked"),
            display(.expired, expired, "หมดเวลาชำระเงิน", "Payment time is over"),
            display(.rejected, rejected, "การชำระเงินไม่สำเร็จ", "Payment failed"),
            display(.cancelled, cancelled, "ยกเลิกการชำระเงินแล้ว", "Payment cancelled"),
        ]
    }

    private static func checked(_ make: () throws(LifecycleFault) -> Lifecycle) -> Lifecycle {
        do throws(LifecycleFault) { return try make() } catch {
            preconditionFailure("a lifecycle of our own is right: \(error)")
        }
    }
}
