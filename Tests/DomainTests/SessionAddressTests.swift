import Domain
import Testing

@Suite("Session addresses")
struct SessionAddressTests {
    @Test("an address is at its own path and no other")
    func paths() throws {
        let address = try #require(SessionAddress(tenant: "jeco", path: "conversation/c_1"))
        #expect(address.isAt(address.path))
        for other in ["conversation/c_2", "conversation/c_1x", "conversation/c_", "conversation", "", "x/c_1"] {
            #expect(!address.isAt(other), "\(other)")
        }
        #expect(!address.isAt("conversation_c_1") && !address.isAt("Conversation/c_1"))
    }
}
