/// What may become of an order, and through whom: its states, the ways between them, and what people are told. Pure data that was
/// checked when it was made: whatever happens, an order that follows it can come to an end, and an end is an end.
///
/// It is declared by Sala (`builtIn`) or by a tenant as a JSON document (`Protocol/schemas/lifecycle.schema.json`).
package struct Lifecycle: Sendable, Equatable {
    /// What people read.
    package struct Label: Sendable, Equatable {
        package let th: String
        package let en: String

        package init(th: String, en: String) {
            self.th = th
            self.en = en
        }
    }

    package struct State: Sendable, Equatable {
        package let name: String
        package let label: Label
        /// The end: nothing leads out of it.
        package let isTerminal: Bool
        /// The customer does not see the rider meanwhile, who is else seen from the assignment to the arrival; false when terminal.
        package let hidesRider: Bool

        package init(_ name: String, _ label: Label, isTerminal: Bool = false, hidesRider: Bool = false) {
            self.name = name
            self.label = label
            self.isTerminal = isTerminal
            self.hidesRider = hidesRider
        }
    }

    /// A way that people go (`status.advance`).
    package struct Transition: Sendable, Equatable {
        package let from: String
        package let to: String
        /// Any one of them; never `payment`.
        package let by: Set<OrderParty>

        package init(from: String, to: String, by: Set<OrderParty>) {
            self.from = from
            self.to = to
            self.by = by
        }
    }

    /// How an order is called off (`order.cancel`).
    package struct Cancellation: Sendable, Equatable {
        /// A terminal state.
        package let to: String
        package let from: [String]
        /// Any one of them; never `payment`.
        package let by: Set<OrderParty>

        package init(to: String, from: [String], by: Set<OrderParty>) {
            self.to = to
            self.from = from
            self.by = by
        }
    }

    /// What the order's payment does to it.
    package struct PaymentRules: Sendable, Equatable {
        /// A payment that comes to stand at `on` moves the order.
        package struct Move: Sendable, Equatable {
            package let on: PaymentStatus
            package let from: String
            package let to: String

            package init(on: PaymentStatus, from: String, to: String) {
                self.on = on
                self.from = from
                self.to = to
            }
        }

        /// An order at `status` whose payment stands at `on` is shown otherwise than it is called.
        package struct Display: Sendable, Equatable {
            package let status: String
            package let on: PaymentStatus
            /// What the display has as its status: a state's name or another.
            package let show: String
            package let label: Label

            package init(status: String, on: PaymentStatus, show: String, label: Label) {
                self.status = status
                self.on = on
                self.show = show
                self.label = label
            }
        }

        package let moves: [Move]
        package let display: [Display]

        package init(moves: [Move], display: [Display]) {
            self.moves = moves
            self.display = display
        }
    }

    /// 1 to `maxNameBytes` of `a-z0-9_-`.
    package let name: String
    /// 2 to `maxStates`, each with its own name.
    package let states: [State]
    /// Where an order begins; never terminal.
    package let initial: String
    package let transitions: [Transition]
    /// nil: it cannot be called off.
    package let cancellation: Cancellation?
    /// The steps of the timeline, the initial state first.
    package let mainLine: [String]
    /// nil: payments leave it alone.
    package let payment: PaymentRules?

    package static let maxNameBytes = 32
    /// Of a state's name and of what is shown in its place.
    package static let maxStateNameBytes = 20
    /// Unicode scalars, as JSON Schema counts them.
    package static let maxLabelScalars = 60
    package static let minStates = 2
    package static let maxStates = 24
    package static let maxTransitions = 128
    /// Moves, and as many displays.
    package static let maxPaymentRules = 64
    /// Of the whole as JSON: read, and written again.
    package static let maxBytes = 32 * 1024

    /// Throws the first mistake that is found, with the place that it has in the document.
    package init(
        name: String, states: [State], initial: String, transitions: [Transition], cancellation: Cancellation? = nil,
        mainLine: [String], payment: PaymentRules? = nil
    ) throws(LifecycleFault) {
        self.name = name
        self.states = states
        self.initial = initial
        self.transitions = transitions
        self.cancellation = cancellation
        self.mainLine = mainLine
        self.payment = payment
        try check()
    }
}

// MARK: What follows from it

extension Lifecycle {
    /// nil when it has no such state.
    package func state(_ name: String) -> State? { states.first { $0.name == name } }

    /// Whether somebody who is all of `parties` may make this step. Cancelling and what payments do are ways of their own.
    package func allows(from: String, to: String, by parties: Set<OrderParty>) -> Bool {
        transitions.contains { $0.from == from && $0.to == to && !$0.by.isDisjoint(with: parties) }
    }

    /// Where somebody who is all of `parties` may lead an order that is in `from`, in the document's order.
    package func transitions(from: String, by parties: Set<OrderParty>) -> [State] {
        transitions.compactMap { $0.from == from && !$0.by.isDisjoint(with: parties) ? state($0.to) : nil }
    }

    /// The state that cancelling leads to; nil when nobody who is all of `parties` may cancel in this state.
    package func mayCancel(in status: String, by parties: Set<OrderParty>) -> String? {
        guard let cancellation, cancellation.from.contains(status), !cancellation.by.isDisjoint(with: parties) else {
            return nil
        }
        return cancellation.to
    }

    /// Where a payment that comes to stand at `on` leads an order that is in `status`; nil: it stays.
    package func move(on: PaymentStatus, in status: String) -> String? {
        payment?.moves.first { $0.on == on && $0.from == status }?.to
    }

    /// What people are shown for an order in `status` whose payment stands at `payment`, nil when it has none or nothing is known of
    /// it: the two in one (seeds' BaanFoodie §9.3, `deriveDisplayStatus`). A status that it does not have is shown by its name.
    package func display(of status: String, payment standing: PaymentStatus?) -> (status: String, label: Label) {
        if let rule = payment?.display.first(where: { $0.status == status && $0.on == standing }) {
            return (rule.show, rule.label)
        }
        return (status, state(status)?.label ?? Label(th: status, en: status))
    }
}
