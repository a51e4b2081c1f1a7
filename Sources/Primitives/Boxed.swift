/// A value that is rarely there: a pointer wide, and on the heap while it is there. A copy shares the memory until one of
/// them changes its value.
package struct Boxed<Value> {
    private final class Box {
        var value: Value
        init(_ value: Value) { self.value = value }
    }

    private var box: Box?

    package init() {}
    package init(_ value: Value) { box = Box(value) }

    package var isEmpty: Bool { box == nil }

    package var value: Value? { box?.value }

    /// The value, to be changed in place; one that is not there comes to be as `initial`.
    package subscript(initially initial: @autoclosure () -> Value) -> Value {
        get { box?.value ?? initial() }
        _modify {
            let own: Box
            if isKnownUniquelyReferenced(&box), let box { own = box } else { own = Box(box?.value ?? initial()) }
            box = own
            yield &own.value
        }
    }

    /// Changes the value in place if it is there.
    @discardableResult
    package mutating func change<Result>(_ change: (inout Value) -> Result) -> Result? {
        if !isKnownUniquelyReferenced(&box), let shared = box { box = Box(shared.value) }
        return box.map { change(&$0.value) }
    }

    /// Frees the memory.
    package mutating func removeValue() { box = nil }
}

// Sendable as its value is: nobody changes a box that another copy holds, too.
extension Boxed: @unchecked Sendable where Value: Sendable {}
