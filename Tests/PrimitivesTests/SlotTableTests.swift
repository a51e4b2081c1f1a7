import Primitives
import Testing

@Suite("Slots")
struct SlotTableTests {
    @Test func aKeyHasItsBoundAndAllHaveOne() throws {
        let table = SlotTable<String>(maxTotal: 3, maxPerKey: 2)
        let held = [try table.take("a"), try table.take("a"), try table.take("b")]
        #expect(throws: SlotTable<String>.Refusal.total) { try table.take("c") }
        #expect(held.count == 3 && table.total == 3)
        let wide = SlotTable<String>(maxPerKey: 1)
        let one = try wide.take("a")
        #expect(throws: SlotTable<String>.Refusal.key) { try wide.take("a") }
        #expect(try wide.take("b") !== one)
    }

    @Test func aSlotGoesBackWhenNobodyHoldsItAndTheKeyIsForgotten() throws {
        let table = SlotTable<String>(maxPerKey: 1)
        var slot: SlotTable<String>.Slot? = try table.take("a")
        let copy = slot
        slot = nil
        #expect(table.count(of: "a") == 1 && copy != nil)
        withExtendedLifetime(copy) {}
        try Self.takeAndLetGo(table)
        #expect(table.count(of: "b") == 0)
    }

    private static func takeAndLetGo(_ table: SlotTable<String>) throws {
        for _ in 0..<3 {
            let slot = try table.take("b")
            #expect(table.count(of: "b") == 1 && table.keyCount == 2)
            withExtendedLifetime(slot) {}
        }
    }

    @Test func manyThreadsLeaveNothingBehind() async {
        let table = SlotTable<Int>(maxTotal: 50, maxPerKey: 10)
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for index in 0..<2_000 {
                        let slot = try? table.take((worker + index) % 7)
                        if table.total > 50 { Issue.record("more than the bound") }
                        withExtendedLifetime(slot) {}
                    }
                }
            }
        }
        #expect(table.total == 0 && table.keyCount == 0)
    }
}
