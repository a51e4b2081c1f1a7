package import Domain
package import JSON

/// What holds for every lifecycle that was accepted, found by asking it and not by reading it; for tests of any document.
package enum LifecycleRules {
    package static func violations(of lifecycle: Lifecycle) -> [String] {
        var found: [String] = []
        func expect(_ holds: Bool, _ what: @autoclosure () -> String) { if !holds { found.append(what()) } }
        let names = lifecycle.states.map(\.name)
        expect(Set(names).count == names.count, "two states share a name")
        expect((2...24).contains(names.count), "\(names.count) states")
        expect(lifecycle.state(lifecycle.initial)?.isTerminal == false, "it begins at its end, or nowhere")
        expect(reached(from: lifecycle.initial, lifecycle) == Set(names), "not every state is reached, or others are")
        for state in lifecycle.states {
            let exits = exits(of: state.name, lifecycle)
            expect(exits.isEmpty == state.isTerminal, "\(state.name) leads to \(exits)")
            expect(!(state.isTerminal && state.hidesRider), "\(state.name) hides the rider at the end")
            let isEnding = reached(from: state.name, lifecycle).contains { lifecycle.state($0)?.isTerminal == true }
            expect(isEnding, "\(state.name) comes to no end")
            expect(
                lifecycle.transitions(from: state.name, by: [.payment]).isEmpty, "a payment walks from \(state.name)")
            expect(lifecycle.mayCancel(in: state.name, by: [.payment]) == nil, "a payment cancels \(state.name)")
            for party in OrderParty.allCases {
                let allowed = names.filter { lifecycle.allows(from: state.name, to: $0, by: [party]) }
                let listed = lifecycle.transitions(from: state.name, by: [party]).map(\.name)
                expect(allowed.sorted() == listed.sorted(), "\(party) at \(state.name): \(allowed) and \(listed)")
            }
            for label in [state.label.th, state.label.en] {
                expect((1...60).contains(label.unicodeScalars.count), "a label of \(state.name)")
            }
        }
        do throws(LifecycleFault) {
            expect(try Lifecycle(json: lifecycle.json) == lifecycle, "it reads otherwise than it is written")
        } catch {
            found.append("what is written is refused: \(error)")
        }
        return found
    }

    /// Whether a JSON pointer (RFC 6901) leads somewhere in the document.
    package static func leads(_ pointer: String, into document: JSONValue) -> Bool {
        guard !pointer.isEmpty else { return true }
        guard pointer.hasPrefix("/") else { return false }
        var value: JSONValue? = document
        for token in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let name = unescaped(token)
            switch value {
            case .object(let object)?: value = object[name]
            case .array?: value = Int(name).flatMap { value?[$0] }
            default: return false
            }
            guard case .some = value else { return false }
        }
        return true
    }

    /// RFC 6901 §4: `~1` before `~0`.
    private static func unescaped(_ token: Substring) -> String {
        var name = String.UnicodeScalarView()
        var scalars = token.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            guard scalar == "~" else {
                name.append(scalar)
                continue
            }
            name.append(scalars.popFirst() == "1" ? "/" : "~")
        }
        return String(name)
    }

    private static func exits(of state: String, _ lifecycle: Lifecycle) -> Set<String> {
        let everybody = Set(OrderParty.allCases)
        return Set(lifecycle.transitions(from: state, by: everybody).map(\.name))
            .union([lifecycle.mayCancel(in: state, by: everybody)].compactMap(\.self))
            .union(PaymentStatus.allCases.compactMap { lifecycle.move(on: $0, in: state) })
    }

    private static func reached(from start: String, _ lifecycle: Lifecycle) -> Set<String> {
        var reached: Set<String> = [start]
        var open = [start]
        while let state = open.popLast() {
            for next in exits(of: state, lifecycle) where reached.insert(next).inserted { open.append(next) }
        }
        return reached
    }
}
