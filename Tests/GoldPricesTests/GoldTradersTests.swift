import Domain
import HTTPClient
import Ports
import Primitives
import Reactor
import TestSupport
import Testing

@testable import GoldPrices

@Suite("The gold traders over HTTP")
struct GoldTradersTests {
    /// Written on the loop that the test drives by hand.
    private final class Answer: @unchecked Sendable {
        var values: [GoldAnswer] = []
        /// What the server was asked.
        var asked = ""
    }

    @Test("A price comes once, in a later turn, and the question says what it takes")
    func fetch() throws {
        let loop = try EventLoop(index: 0)
        let client = try HTTPClient(loop: loop)
        let body = """
            {"goldPriceID":1,"asTime":"2026-10-01T17:27:00","seq":2,"bL_BuyPrice":66200.00,"bL_SellPrice":66400.00,\
            "oM965_BuyPrice":64869.64,"oM965_SellPrice":67200.00}
            """
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        let answer = Answer()
        let server = try loop.enter {
            Result {
                try RawServer(loop) { peer in
                    answer.asked += peer.receivedText
                    peer.answer(head + body)
                }
            }
        }.get()
        let end = SystemTime().now.advanced(by: .seconds(20))
        loop.enter {
            let source = GoldTraders(client: client, url: server.url + "/api/GoldPrices/Latest?readjson=false")
            source.fetch { answer.values.append($0) }
            #expect(answer.values.isEmpty)
            while answer.values.isEmpty, SystemTime().now < end { loop.turn(waitingAtMost: .milliseconds(5)) }
        }
        guard case .price(let price)? = answer.values.first else {
            Issue.record("\(answer.values)")
            return
        }
        #expect(price.id == "1" && price.bar.sell.decimal == "66400.00" && answer.values.count == 1)
        let asked = answer.asked
        #expect(asked.hasPrefix("GET /api/GoldPrices/Latest?readjson=false HTTP/1.1\r\n"))
        #expect(asked.lowercased().contains("accept: application/json\r\n"))
        loop.enter {
            client.close()
            server.close()
        }
    }
}
