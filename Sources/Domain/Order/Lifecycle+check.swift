extension Lifecycle {
    /// Everything that makes data a lifecycle. Each mistake is thrown with the place that it has in the document.
    func check() throws(LifecycleFault) {
        guard Self.isName(name) else {
            throw LifecycleFault(path: "/name", detail: "a name is 1 to \(Self.maxNameBytes) of a-z, 0-9, _ and -")
        }
        let names = try checkStates()
        try checkInitial(names)
        try checkTransitions(names)
        try checkCancellation(names)
        try checkMainLine(names)
        try checkPayment(names)
        try checkWays()
    }

    // MARK: Parts

    /// Whether each state, by its name, is terminal.
    private func checkStates() throws(LifecycleFault) -> [String: Bool] {
        guard (Self.minStates...Self.maxStates).contains(states.count) else {
            throw LifecycleFault(path: "/states", detail: "there are \(Self.minStates) to \(Self.maxStates) states")
        }
        var names: [String: Bool] = [:]
        for (index, state) in states.enumerated() {
            let path = "/states/\(index)"
            try Self.checkStateName(state.name, "\(path)/name")
            try Self.checkLabel(state.label, "\(path)/label")
            guard names.updateValue(state.isTerminal, forKey: state.name) == nil else {
                throw LifecycleFault(path: "\(path)/name", detail: "another state is called \(Self.quoted(state.name))")
            }
            guard !(state.isTerminal && state.hidesRider) else {
                throw LifecycleFault(path: "\(path)/hidesRider", detail: "a terminal state shows no rider in any case")
            }
        }
        return names
    }

    private func checkInitial(_ names: [String: Bool]) throws(LifecycleFault) {
        try Self.checkReference(initial, "/initial", names)
        guard names[initial] == false else {
            throw LifecycleFault(path: "/initial", detail: "\(Self.quoted(initial)) is terminal")
        }
    }

    private func checkTransitions(_ names: [String: Bool]) throws(LifecycleFault) {
        guard transitions.count <= Self.maxTransitions else {
            throw LifecycleFault(path: "/transitions", detail: "there are at most \(Self.maxTransitions) transitions")
        }
        var seen = Set<Way>()
        for (index, transition) in transitions.enumerated() {
            let path = "/transitions/\(index)"
            try Self.checkWay(transition.from, transition.to, path, names)
            try Self.checkParties(transition.by, "\(path)/by")
            guard seen.insert(Way(from: transition.from, to: transition.to)).inserted else {
                let way = "from \(Self.quoted(transition.from)) to \(Self.quoted(transition.to))"
                throw LifecycleFault(path: path, detail: "there is another transition \(way)")
            }
        }
    }

    private func checkCancellation(_ names: [String: Bool]) throws(LifecycleFault) {
        guard let cancellation else { return }
        try Self.checkReference(cancellation.to, "/cancellation/to", names)
        guard names[cancellation.to] == true else {
            let detail = "\(Self.quoted(cancellation.to)) is not terminal"
            throw LifecycleFault(path: "/cancellation/to", detail: detail)
        }
        guard !cancellation.from.isEmpty else {
            throw LifecycleFault(path: "/cancellation/from", detail: "there is at least one state")
        }
        try Self.checkList(cancellation.from, "/cancellation/from", names)
        for (index, from) in cancellation.from.enumerated() {
            try Self.checkSource(from, "/cancellation/from/\(index)", names)
        }
        try Self.checkParties(cancellation.by, "/cancellation/by")
    }

    private func checkMainLine(_ names: [String: Bool]) throws(LifecycleFault) {
        try Self.checkList(mainLine, "/mainLine", names)
        guard mainLine.first == initial else {
            throw LifecycleFault(path: "/mainLine", detail: "it begins with \(Self.quoted(initial))")
        }
    }

    private func checkPayment(_ names: [String: Bool]) throws(LifecycleFault) {
        guard let payment else { return }
        for (count, name) in [(payment.moves.count, "moves"), (payment.display.count, "display")]
        where count > Self.maxPaymentRules {
            throw LifecycleFault(path: "/payment/\(name)", detail: "there are at most \(Self.maxPaymentRules)")
        }
        var moved = Set<Standing>()
        for (index, move) in payment.moves.enumerated() {
            let path = "/payment/moves/\(index)"
            try Self.checkWay(move.from, move.to, path, names)
            guard moved.insert(Standing(status: move.from, payment: move.on)).inserted else {
                let standing = "\(Self.quoted(move.on.rawValue)) from \(Self.quoted(move.from))"
                throw LifecycleFault(path: path, detail: "there is another move on \(standing)")
            }
        }
        var shown = Set<Standing>()
        for (index, display) in payment.display.enumerated() {
            let path = "/payment/display/\(index)"
            try Self.checkReference(display.status, "\(path)/status", names)
            try Self.checkStateName(display.show, "\(path)/show")
            try Self.checkLabel(display.label, "\(path)/label")
            guard shown.insert(Standing(status: display.status, payment: display.on)).inserted else {
                let standing = "\(Self.quoted(display.on.rawValue)) at \(Self.quoted(display.status))"
                throw LifecycleFault(path: path, detail: "there is another display on \(standing)")
            }
        }
    }

    /// Every state can be reached, and an end from every state.
    private func checkWays() throws(LifecycleFault) {
        var onward: [String: [String]] = [:]
        var back: [String: [String]] = [:]
        for way in ways {
            onward[way.from, default: []].append(way.to)
            back[way.to, default: []].append(way.from)
        }
        let reached = Self.reached(from: [initial], onward)
        let ending = Self.reached(from: states.filter(\.isTerminal).map(\.name), back)
        for (index, state) in states.enumerated() {
            guard reached.contains(state.name) else {
                let detail = "nothing leads from \(Self.quoted(initial)) to \(Self.quoted(state.name))"
                throw LifecycleFault(path: "/states/\(index)", detail: detail)
            }
            guard ending.contains(state.name) else {
                let detail = "nothing leads from \(Self.quoted(state.name)) to a terminal state"
                throw LifecycleFault(path: "/states/\(index)", detail: detail)
            }
        }
    }

    private var ways: [Way] {
        var ways = transitions.map { Way(from: $0.from, to: $0.to) }
        if let cancellation { ways += cancellation.from.map { Way(from: $0, to: cancellation.to) } }
        ways += (payment?.moves ?? []).map { Way(from: $0.from, to: $0.to) }
        return ways
    }

    private static func reached(from start: [String], _ steps: [String: [String]]) -> Set<String> {
        var reached = Set(start)
        var open = start
        while let state = open.popLast() {
            for next in steps[state] ?? [] where reached.insert(next).inserted { open.append(next) }
        }
        return reached
    }

    // MARK: Rules that several parts share

    /// Whether a lifecycle may be called so.
    package static func isName(_ name: String) -> Bool {
        (1...maxNameBytes).contains(name.utf8.count) && name.utf8.allSatisfy(isOfName)
    }

    private static func checkStateName(_ name: String, _ path: String) throws(LifecycleFault) {
        guard (1...maxStateNameBytes).contains(name.utf8.count), name.utf8.allSatisfy(isOfStateName) else {
            throw LifecycleFault(path: path, detail: "a name is 1 to \(maxStateNameBytes) of A-Z, a-z, 0-9 and _")
        }
    }

    private static func checkLabel(_ label: Label, _ path: String) throws(LifecycleFault) {
        for (language, text) in [("th", label.th), ("en", label.en)] {
            let scalars = text.unicodeScalars
            guard (1...maxLabelScalars).contains(scalars.count), !scalars.contains(where: isControl),
                scalars.contains(where: { !$0.properties.isWhitespace })
            else {
                let detail = "a label is 1 to \(maxLabelScalars) characters in one line, and not all spaces"
                throw LifecycleFault(path: "\(path)/\(language)", detail: detail)
            }
        }
    }

    private static func checkWay(
        _ from: String, _ to: String, _ path: String, _ names: [String: Bool]
    ) throws(LifecycleFault) {
        try checkReference(from, "\(path)/from", names)
        try checkReference(to, "\(path)/to", names)
        try checkSource(from, "\(path)/from", names)
        guard from != to else { throw LifecycleFault(path: "\(path)/to", detail: "it leads nowhere else") }
    }

    private static func checkReference(
        _ name: String, _ path: String, _ names: [String: Bool]
    ) throws(LifecycleFault) {
        guard names[name] != nil else {
            throw LifecycleFault(path: path, detail: "there is no state \(quoted(name))")
        }
    }

    private static func checkSource(_ name: String, _ path: String, _ names: [String: Bool]) throws(LifecycleFault) {
        guard names[name] == false else {
            throw LifecycleFault(path: path, detail: "\(quoted(name)) is terminal: nothing leads out of it")
        }
    }

    private static func checkList(
        _ list: [String], _ path: String, _ names: [String: Bool]
    ) throws(LifecycleFault) {
        var seen = Set<String>()
        for (index, name) in list.enumerated() {
            try checkReference(name, "\(path)/\(index)", names)
            guard seen.insert(name).inserted else {
                throw LifecycleFault(path: "\(path)/\(index)", detail: "\(quoted(name)) stands there twice")
            }
        }
    }

    private static func checkParties(_ parties: Set<OrderParty>, _ path: String) throws(LifecycleFault) {
        guard !parties.isEmpty else { throw LifecycleFault(path: path, detail: "there is at least one party") }
        guard !parties.contains(.payment) else {
            throw LifecycleFault(path: path, detail: "what a payment does stands in payment.moves")
        }
    }

    /// For people; cut, since it may be anything.
    static func quoted(_ name: String) -> String { "\"\(String(name.unicodeScalars.prefix(40)))\"" }

    private static func isOfName(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F || byte == 0x2D
    }

    private static func isOfStateName(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 || scalar.value == 0x7F }

    private struct Way: Hashable {
        let from: String
        let to: String
    }

    private struct Standing: Hashable {
        let status: String
        let payment: PaymentStatus
    }
}
