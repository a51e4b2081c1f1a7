import Authentication
import Testing

@Suite("Grants")
struct GrantTests {
    @Test(
        "A grant in the agreed form is read",
        arguments: [
            ("payment/981:read", "payment", "981", Grant.Access.read),
            ("line-oa/oa-1:write", "line-oa", "oa-1", .write),
            ("order/a:b:read", "order", "a:b", .read),
            ("order/read:write", "order", "read", .write),
            ("conversation/A.b_c~d@e-f:read", "conversation", "A.b_c~d@e-f", .read),
        ])
    func accepted(text: String, kind: String, id: String, access: Grant.Access) throws {
        let grant = try #require(Grant(text))
        #expect(grant.kind == kind)
        #expect(grant.id == id)
        #expect(grant.access == access)
        #expect(grant.text == text)
    }

    @Test(
        "Anything else is not a grant",
        arguments: [
            "", ":", "/", "payment", "payment/981", "payment/:read", "/981:read", "payment/981:", "payment/981:Read",
            "payment/981:admin", "payment/981:read ", " payment/981:read", "payment/981:read,write", "payment/*:read",
            "*/981:read", "Payment/981:read", "payment/9/1:read", "payment/98 1:read", "payment:read/981",
            "payment/981%00:read", "payment/๙๘๑:read", "payment/981:read\n", "pay_ment/1:read",
            "payment/\(String(repeating: "9", count: 65)):read", "\(String(repeating: "p", count: 33))/1:read",
        ])
    func refused(text: String) {
        #expect(Grant(text) == nil)
    }

    @Test("Writing includes reading; nothing else is included")
    func access() throws {
        let read = try #require(Grant("payment/981:read"))
        let write = try #require(Grant("payment/981:write"))
        #expect(read.allows(.read, kind: "payment", id: "981"))
        #expect(!read.allows(.write, kind: "payment", id: "981"))
        #expect(write.allows(.read, kind: "payment", id: "981"))
        #expect(write.allows(.write, kind: "payment", id: "981"))
        #expect(!write.allows(.read, kind: "payment", id: "98"))
        #expect(!write.allows(.read, kind: "order", id: "981"))
    }
}
