import Primitives
import Testing

@Suite("A value that is rarely there")
struct BoxedTests {
    @Test("it comes to be when it is changed, and is gone when it is removed")
    func life() {
        var boxed = Boxed<[Int]>()
        #expect(boxed.isEmpty && boxed.value == nil)
        #expect(boxed.change { $0.append(1) } == nil && boxed.isEmpty)
        boxed[initially: [1]].append(2)
        boxed[initially: [7]].append(3)
        #expect(boxed.value == [1, 2, 3] && boxed[initially: []] == [1, 2, 3])
        #expect(boxed.change { $0.removeFirst() } == 1)
        boxed.removeValue()
        #expect(boxed.isEmpty && boxed.value == nil)
    }

    @Test("a copy does not change with the original, whichever way that is changed")
    func copies() {
        var boxed = Boxed([1])
        let first = boxed
        boxed[initially: []].append(2)
        let second = boxed
        boxed.change { $0.append(3) }
        #expect(first.value == [1] && second.value == [1, 2] && boxed.value == [1, 2, 3])
    }

    @Test("it is a pointer wide")
    func size() { #expect(MemoryLayout<Boxed<[4 of UInt64]>>.size == MemoryLayout<UnsafeRawPointer>.size) }
}
