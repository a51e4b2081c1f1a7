package import JSON

// MARK: Reading

extension Lifecycle {
    /// Reads a document strictly: what it does not know is refused.
    package init(json: JSONValue) throws(LifecycleFault) {
        let document = LifecycleNode(json)
        try document.object(
            ["name", "states", "initial", "transitions", "mainLine"], optional: ["cancellation", "payment"])
        // A list is read to its end only within its bound.
        try Self.bound(document, "states", Self.maxStates)
        try Self.bound(document, "transitions", Self.maxTransitions)
        try Self.bound(document, "mainLine", Self.maxStates)
        var states: [State] = []
        for node in try document.items("states") { states.append(try State(node)) }
        var transitions: [Transition] = []
        for node in try document.items("transitions") { transitions.append(try Transition(node)) }
        let cancellation = document.member(ifPresent: "cancellation")
        let payment = document.member(ifPresent: "payment")
        try self.init(
            name: try document.string("name"), states: states, initial: try document.string("initial"),
            transitions: transitions, cancellation: try Self.read(cancellation, Cancellation.init),
            mainLine: try document.strings("mainLine"), payment: try Self.read(payment, PaymentRules.init))
    }

    private static func read<Part>(
        _ node: LifecycleNode?, _ make: (LifecycleNode) throws(LifecycleFault) -> Part
    ) throws(LifecycleFault) -> Part? {
        guard let node else { return nil }
        return try make(node)
    }

    fileprivate static func bound(_ node: LifecycleNode, _ name: String, _ most: Int) throws(LifecycleFault) {
        let list = try node.member(name)
        guard (list.value.array?.count ?? 0) <= most else { throw list.fault("there are at most \(most) \(name)") }
    }

    fileprivate static func parties(_ node: LifecycleNode) throws(LifecycleFault) -> Set<OrderParty> {
        var parties = Set<OrderParty>()
        for item in try node.items("by") {
            let party: OrderParty = try item.choice()
            guard party != .payment else { throw item.fault("what a payment does stands in payment.moves") }
            guard parties.insert(party).inserted else { throw item.fault("\(party.rawValue) stands there twice") }
        }
        return parties
    }
}

extension Lifecycle.Label {
    fileprivate init(_ node: LifecycleNode) throws(LifecycleFault) {
        try node.object(["th", "en"])
        self.init(th: try node.string("th"), en: try node.string("en"))
    }
}

extension Lifecycle.State {
    fileprivate init(_ node: LifecycleNode) throws(LifecycleFault) {
        try node.object(["name", "label"], optional: ["terminal", "hidesRider"])
        self.init(
            try node.string("name"), try Lifecycle.Label(try node.member("label")),
            isTerminal: try node.flag("terminal"), hidesRider: try node.flag("hidesRider"))
    }
}

extension Lifecycle.Transition {
    fileprivate init(_ node: LifecycleNode) throws(LifecycleFault) {
        try node.object(["from", "to", "by"])
        self.init(from: try node.string("from"), to: try node.string("to"), by: try Lifecycle.parties(node))
    }
}

extension Lifecycle.Cancellation {
    fileprivate init(_ node: LifecycleNode) throws(LifecycleFault) {
        try node.object(["to", "from", "by"])
        try Lifecycle.bound(node, "from", Lifecycle.maxStates)
        self.init(to: try node.string("to"), from: try node.strings("from"), by: try Lifecycle.parties(node))
    }
}

extension Lifecycle.PaymentRules {
    fileprivate init(_ node: LifecycleNode) throws(LifecycleFault) {
        try node.object(["moves", "display"])
        try Lifecycle.bound(node, "moves", Lifecycle.maxPaymentRules)
        try Lifecycle.bound(node, "display", Lifecycle.maxPaymentRules)
        var moves: [Move] = []
        for item in try node.items("moves") { moves.append(try Move(item)) }
        var display: [Display] = []
        for item in try node.items("display") { display.append(try Display(item)) }
        self.init(moves: moves, display: display)
    }
}

extension Lifecycle.PaymentRules.Move {
    fileprivate init(_ node: LifecycleNode) throws(LifecycleFault) {
        try node.object(["on", "from", "to"])
        self.init(on: try node.member("on").choice(), from: try node.string("from"), to: try node.string("to"))
    }
}

extension Lifecycle.PaymentRules.Display {
    fileprivate init(_ node: LifecycleNode) throws(LifecycleFault) {
        try node.object(["status", "on", "show", "label"])
        self.init(
            status: try node.string("status"), on: try node.member("on").choice(), show: try node.string("show"),
            label: try Lifecycle.Label(try node.member("label")))
    }
}

// MARK: Writing

extension Lifecycle {
    /// The document, in the one form that it has: members in this order, parties in theirs, and no member that is false. What
    /// `init(json:)` reads from it is equal.
    package var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "states": .array(states.map(\.json)), "initial": .string(initial),
            "transitions": .array(transitions.map(\.json)),
        ]
        object["cancellation"] = cancellation?.json
        object["mainLine"] = .array(mainLine.map(JSONValue.string))
        object["payment"] = payment?.json
        return .object(object)
    }

    fileprivate static func json(_ parties: Set<OrderParty>) -> JSONValue {
        .array(OrderParty.allCases.filter(parties.contains).map { .string($0.rawValue) })
    }
}

extension Lifecycle.Label {
    /// `{"th":…,"en":…}`
    package var json: JSONValue { ["th": .string(th), "en": .string(en)] }
}

extension Lifecycle.State {
    fileprivate var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "label": label.json]
        if isTerminal { object["terminal"] = true }
        if hidesRider { object["hidesRider"] = true }
        return .object(object)
    }
}

extension Lifecycle.Transition {
    fileprivate var json: JSONValue { ["from": .string(from), "to": .string(to), "by": Lifecycle.json(by)] }
}

extension Lifecycle.Cancellation {
    fileprivate var json: JSONValue {
        ["to": .string(to), "from": .array(from.map(JSONValue.string)), "by": Lifecycle.json(by)]
    }
}

extension Lifecycle.PaymentRules {
    fileprivate var json: JSONValue {
        [
            "moves": .array(
                moves.map { ["on": .string($0.on.rawValue), "from": .string($0.from), "to": .string($0.to)] }),
            "display": .array(
                display.map { rule in
                    [
                        "status": .string(rule.status), "on": .string(rule.on.rawValue), "show": .string(rule.show),
                        "label": rule.label.json,
                    ]
                }),
        ]
    }
}
