import Domain
import JSON
import Testing

@Suite("A lifecycle's document")
struct LifecycleTests {
    @Test("is read, and written as it was")
    func roundTrip() throws {
        let lifecycle = try Lifecycle(json: LifecycleDocument.right)
        #expect(lifecycle.json == LifecycleDocument.right)
        #expect(lifecycle.name == "kitchen" && lifecycle.initial == "new" && lifecycle.states.count == 4)
        #expect(lifecycle.state("cooking")?.hidesRider == true && lifecycle.state("done")?.isTerminal == true)
        #expect(lifecycle.state("burnt") == nil)
    }

    @Test("may leave out what is optional")
    func smallest() throws {
        var document = LifecycleDocument.right.setting("/cancellation", nil).setting("/payment", nil)
        document = document.setting("/states/3", nil).setting("/states/1/hidesRider", false)
        let lifecycle = try Lifecycle(json: document)
        #expect(lifecycle.json == document.setting("/states/1/hidesRider", nil))
        #expect(lifecycle.mayCancel(in: "new", by: Set(OrderParty.allCases)) == nil)
        #expect(lifecycle.move(on: .accepted, in: "new") == nil)
        #expect(lifecycle.display(of: "new", payment: .expired).status == "new")
    }

    @Test("says who may do what")
    func queries() throws {
        let lifecycle = try Lifecycle(json: LifecycleDocument.right)
        #expect(lifecycle.allows(from: "new", to: "cooking", by: [.staff, .rider]))
        #expect(!lifecycle.allows(from: "new", to: "cooking", by: [.customer, .payment]))
        #expect(!lifecycle.allows(from: "new", to: "done", by: Set(OrderParty.allCases)))
        #expect(!lifecycle.allows(from: "new", to: "gone", by: [.customer]), "cancelling is another way")
        #expect(lifecycle.transitions(from: "cooking", by: [.rider]).map(\.name) == ["done"])
        #expect(lifecycle.transitions(from: "cooking", by: [.customer]).isEmpty)
        #expect(lifecycle.mayCancel(in: "new", by: [.customer, .staff]) == "gone")
        #expect(lifecycle.mayCancel(in: "new", by: [.staff]) == nil)
        #expect(lifecycle.mayCancel(in: "cooking", by: [.customer]) == nil)
        #expect(lifecycle.move(on: .accepted, in: "new") == "cooking")
        #expect(lifecycle.move(on: .accepted, in: "cooking") == nil)
        #expect(lifecycle.move(on: .expired, in: "new") == nil)
    }

    @Test("merges the payment's standing into what is shown")
    func display() throws {
        let lifecycle = try Lifecycle(json: LifecycleDocument.right)
        let late = lifecycle.display(of: "new", payment: .expired)
        #expect(late.status == "EXPIRED" && late.label == Lifecycle.Label(th: "หมดเวลา", en: "Too late"))
        for standing in [nil, .pending, .accepted] as [PaymentStatus?] {
            let plain = lifecycle.display(of: "new", payment: standing)
            #expect(plain.status == "new" && plain.label.en == "New")
        }
        #expect(lifecycle.display(of: "cooking", payment: .expired).status == "cooking")
        let unknown = lifecycle.display(of: "burnt", payment: nil)
        #expect(unknown.status == "burnt" && unknown.label == Lifecycle.Label(th: "burnt", en: "burnt"))
    }

    /// What is changed, where the mistake is said to be, and what is said of it.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let change: String
        let value: JSONValue?
        let path: String
        let detail: String

        init(_ change: String, _ value: JSONValue?, at path: String? = nil, _ detail: String) {
            self.change = change
            self.value = value
            self.path = path ?? change
            self.detail = detail
        }

        var testDescription: String { "\(change) \(value?.text.prefix(60) ?? "missing")" }
    }

    static let mistakes: [Mistake] = shapes + names + references + ways + bounds

    static let shapes: [Mistake] = [
        Mistake("", "text", "it is a JSON object"),
        Mistake("/colour", 1, "there is no member \"colour\""),
        Mistake("/a~b/c", 1, at: "/a~0b", "there is no member \"a~b\""),
        Mistake("/" + String(repeating: "x", count: 65), 1, at: "", "there is no member \"xxx"),
        Mistake("/states/1/color", 1, "there is no member \"color\""),
        Mistake("/states/1/label/de", "x", "there is no member \"de\""),
        Mistake("/transitions/0/when", "x", "there is no member \"when\""),
        Mistake("/cancellation/reason", "x", "there is no member \"reason\""),
        Mistake("/payment/show", [], "there is no member \"show\""),
        Mistake("/payment/moves/0/by", [], "there is no member \"by\""),
        Mistake("/payment/display/0/th", "x", "there is no member \"th\""),
        Mistake("/name", nil, at: "", "name is missing"),
        Mistake("/states", nil, at: "", "states is missing"),
        Mistake("/initial", nil, at: "", "initial is missing"),
        Mistake("/transitions", nil, at: "", "transitions is missing"),
        Mistake("/mainLine", nil, at: "", "mainLine is missing"),
        Mistake("/states/2/name", nil, at: "/states/2", "name is missing"),
        Mistake("/states/2/label", nil, at: "/states/2", "label is missing"),
        Mistake("/states/2/label/th", nil, at: "/states/2/label", "th is missing"),
        Mistake("/states/2/label/en", nil, at: "/states/2/label", "en is missing"),
        Mistake("/transitions/1/by", nil, at: "/transitions/1", "by is missing"),
        Mistake("/cancellation/to", nil, at: "/cancellation", "to is missing"),
        Mistake("/payment/moves", nil, at: "/payment", "moves is missing"),
        Mistake("/payment/display", nil, at: "/payment", "display is missing"),
        Mistake("/payment/display/0/label", nil, at: "/payment/display/0", "label is missing"),
        Mistake("/name", 7, "it is a text"),
        Mistake("/states", "new", "it is a list"),
        Mistake("/states/0", "new", "it is a JSON object"),
        Mistake("/states/0/terminal", "yes", "it is true or false"),
        Mistake("/states/0/hidesRider", .null, "it is true or false"),
        Mistake("/cancellation", .null, "it is a JSON object"),
        Mistake("/payment", [], "it is a JSON object"),
        Mistake("/mainLine/1", 1, "it is a text"),
        Mistake("/transitions/1/by", "staff", "it is a list"),
    ]

    static let names: [Mistake] = [
        Mistake("/name", "", "a name is 1 to 32 of"),
        Mistake("/name", "Kitchen", "a name is 1 to 32 of"),
        Mistake("/name", .string(String(repeating: "k", count: 33)), "a name is 1 to 32 of"),
        Mistake("/states/0/name", "", "a name is 1 to 20 of"),
        Mistake("/states/0/name", "on-the-way", "a name is 1 to 20 of"),
        Mistake("/states/0/name", "ใหม่", "a name is 1 to 20 of"),
        Mistake("/states/0/name", .string(String(repeating: "n", count: 21)), "a name is 1 to 20 of"),
        Mistake("/states/3/name", "done", "another state is called \"done\""),
        Mistake("/states/0/label/th", "", "a label is 1 to 60 characters"),
        Mistake("/states/0/label/en", "  ", "a label is 1 to 60 characters"),
        Mistake("/states/0/label/en", "a\nb", "a label is 1 to 60 characters"),
        Mistake("/states/0/label/en", .string(String(repeating: "x", count: 61)), "a label is 1 to 60 characters"),
        Mistake("/payment/display/0/show", "TOO LATE", "a name is 1 to 20 of"),
        Mistake("/payment/display/0/label/th", "", "a label is 1 to 60 characters"),
    ]

    static let references: [Mistake] = [
        Mistake("/initial", "X", "there is no state \"X\""),
        Mistake("/transitions/1/from", "X", "there is no state \"X\""),
        Mistake("/transitions/1/to", "X", "there is no state \"X\""),
        Mistake("/cancellation/to", "X", "there is no state \"X\""),
        Mistake("/cancellation/from/1", "X", "there is no state \"X\""),
        Mistake("/mainLine/3", "X", "there is no state \"X\""),
        Mistake("/payment/moves/0/from", "X", "there is no state \"X\""),
        Mistake("/payment/moves/0/to", "X", "there is no state \"X\""),
        Mistake("/payment/display/0/status", "X", "there is no state \"X\""),
        Mistake("/payment/moves/0/on", "paid", "it is one of pending, accepted"),
        Mistake("/payment/display/0/on", "paid", "it is one of pending, accepted"),
        Mistake("/transitions/0/by/1", "cook", "it is one of customer, provider"),
        Mistake("/transitions/0/by/1", "payment", "payment.moves"),
        Mistake("/cancellation/by/1", "payment", "payment.moves"),
        Mistake("/transitions/0/by/1", "staff", "staff stands there twice"),
        Mistake("/transitions/0/by", [], "there is at least one party"),
        Mistake("/cancellation/by", [], "there is at least one party"),
        Mistake("/cancellation/from", [], "there is at least one state"),
        Mistake("/cancellation/from/1", "new", "\"new\" stands there twice"),
        Mistake("/mainLine/3", "new", "\"new\" stands there twice"),
    ]

    static let ways: [Mistake] = [
        Mistake("/initial", "done", "\"done\" is terminal"),
        Mistake("/states/2/hidesRider", true, "a terminal state shows no rider in any case"),
        Mistake(
            "/transitions/2", ["from": "done", "to": "new", "by": ["staff"]], at: "/transitions/2/from",
            "\"done\" is terminal: nothing leads out of it"),
        Mistake("/payment/moves/0/from", "gone", "\"gone\" is terminal: nothing leads out of it"),
        Mistake("/cancellation/from/1", "done", "\"done\" is terminal: nothing leads out of it"),
        Mistake("/cancellation/to", "cooking", "\"cooking\" is not terminal"),
        Mistake("/transitions/0/to", "new", "it leads nowhere else"),
        Mistake("/payment/moves/0/to", "new", "it leads nowhere else"),
        Mistake(
            "/transitions/2", ["from": "new", "to": "cooking", "by": ["service"]],
            "there is another transition from \"new\" to \"cooking\""),
        Mistake(
            "/payment/moves/1", ["on": "accepted", "from": "new", "to": "done"],
            "there is another move on \"accepted\" from \"new\""),
        Mistake(
            "/payment/display/1",
            ["status": "new", "on": "expired", "show": "LATE", "label": ["th": "ก", "en": "a"]],
            "there is another display on \"expired\" at \"new\""),
        Mistake("/mainLine", [], "it begins with \"new\""),
        Mistake("/mainLine", ["cooking", "new"], "it begins with \"new\""),
        // Nothing else leads to "gone".
        Mistake("/cancellation", nil, at: "/states/3", "nothing leads from \"new\" to \"gone\""),
        Mistake("/states/2/terminal", nil, at: "/states/1", "nothing leads from \"cooking\" to a terminal state"),
        Mistake("/transitions/1", nil, at: "/states/1", "nothing leads from \"cooking\" to a terminal state"),
    ]

    static let bounds: [Mistake] = [
        Mistake("/states", [["name": "new", "label": ["th": "ใหม่", "en": "New"]]], "there are 2 to 24 states"),
        Mistake(
            "/states",
            .array((0..<25).map { ["name": .string("s\($0)"), "label": ["th": "ก", "en": "a"]] }),
            "there are at most 24 states"),
        Mistake(
            "/transitions",
            .array((0..<129).map { _ in ["from": "new", "to": "done", "by": ["staff"]] }),
            "there are at most 128 transitions"),
        Mistake("/mainLine", .array((0..<25).map { _ in "new" }), "there are at most 24 mainLine"),
        Mistake("/cancellation/from", .array((0..<25).map { _ in "new" }), "there are at most 24 from"),
        Mistake("/payment/moves", .array((0..<65).map { _ in 1 }), "there are at most 64 moves"),
        Mistake("/payment/display", .array((0..<65).map { _ in 1 }), "there are at most 64 display"),
    ]

    @Test("is refused with the place of the mistake", arguments: mistakes)
    func mistake(_ mistake: Mistake) throws {
        let fault = #expect(throws: LifecycleFault.self) {
            try Lifecycle(json: LifecycleDocument.right.setting(mistake.change, mistake.value))
        }
        #expect(fault?.path == mistake.path)
        #expect(
            fault?.detail.hasPrefix(mistake.detail) == true || fault?.detail.hasSuffix(mistake.detail) == true,
            "\(fault?.detail ?? "")")
    }

    @Test("may reach a state by a payment alone")
    func reachedByPayment() throws {
        let document = LifecycleDocument.right.setting("/transitions/0", nil)
        #expect(try Lifecycle(json: document).json == document)
        let unpaid = document.setting("/payment/moves", [])
        #expect(throws: LifecycleFault(path: "/states/1", detail: "nothing leads from \"new\" to \"cooking\"")) {
            try Lifecycle(json: unpaid)
        }
    }

    @Test("that is built is held to the same rules")
    func builtByHand() {
        let label = Lifecycle.Label(th: "ก", en: "a")
        #expect(
            throws: LifecycleFault(path: "/transitions/0/by", detail: "what a payment does stands in payment.moves")
        ) {
            try Lifecycle(
                name: "x", states: [.init("a", label), .init("b", label, isTerminal: true)], initial: "a",
                transitions: [.init(from: "a", to: "b", by: [.payment])], mainLine: ["a"])
        }
    }
}
