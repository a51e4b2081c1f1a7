import Primitives
import Reactor
import TestSupport
import Testing
import Transport

@testable import Gateway

@Suite("Request rates of addresses")
struct RateLimiterTests {
    private let time = VirtualTime()
    private let one = CountedAddress("192.0.2.1")
    private let two = CountedAddress("192.0.2.2")

    @Test func aMinutesWorthAtOnceAndThenAsTimeBringsItBack() {
        let limiter = RateLimiter(ClientLimits(), time: time)
        for left in (0..<100).reversed() {
            let verdict = limiter.take(.general, from: one)
            #expect(verdict.reading.wait == nil && verdict.reading.remaining == left && verdict.limit == 100)
        }
        #expect(limiter.take(.general, from: one).reading.wait == .milliseconds(600))
        time.advance(by: .milliseconds(599))
        #expect(limiter.take(.general, from: one).reading.wait == .milliseconds(1))
        time.advance(by: .milliseconds(1))
        #expect(limiter.take(.general, from: one).reading.wait == nil)
        #expect(limiter.take(.general, from: one).reading.wait != nil)
    }

    @Test func classesAndAddressesHaveBucketsOfTheirOwn() {
        let limiter = RateLimiter(ClientLimits(), time: time)
        for (rateClass, count) in [(RateClass.authentication, 10), (.search, 30), (.general, 100), (.handshake, 120)] {
            for address in [one, two] {
                #expect((0..<count).allSatisfy { _ in limiter.take(rateClass, from: address).reading.wait == nil })
                #expect(limiter.take(rateClass, from: address).reading.wait != nil)
            }
        }
        #expect(limiter.count == 8)
    }

    @Test func theHeadersSayWhatIsLeftAndWhenThereIsMore() {
        let limiter = RateLimiter(ClientLimits(), time: time)
        func headers() -> [String] { limiter.take(.authentication, from: one).headers.map(\.value) }
        #expect(headers() == ["10", "9", "6"])
        time.advance(by: .seconds(3))
        #expect(headers() == ["10", "8", "9"])
        for _ in 0..<8 { _ = headers() }
        #expect(headers() == ["10", "0", "3"], "the time to the next one, rounded up")
    }

    @Test func theTableIsBoundedAndRemembersWhoUsedMost() {
        var limits = ClientLimits()
        limits.maxBuckets = 64
        let limiter = RateLimiter(limits, time: time, shards: 1)
        while limiter.take(.general, from: one).reading.wait == nil {}
        for index in 0..<10_000 {
            _ = limiter.take(.general, from: CountedAddress("10.0.\(index / 256).\(index % 256)"))
        }
        #expect(limiter.count <= 64)
        #expect(limiter.take(.general, from: one).reading.wait != nil, "many others do not wash its debt away")
    }

    @Test func bucketsThatAreFullAgainGoFirst() {
        var limits = ClientLimits()
        limits.maxBuckets = 64
        let limiter = RateLimiter(limits, time: time, shards: 1)
        for index in 0..<64 { _ = limiter.take(.general, from: CountedAddress("10.0.0.\(index)")) }
        #expect(limiter.count == 64)
        time.advance(by: .seconds(1))
        _ = limiter.take(.general, from: one)
        #expect(limiter.count == 1)
    }

    @Test func theLoopsShareIt() async {
        let limiter = RateLimiter(ClientLimits(), time: time)
        let taken = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { [one] in (0..<50).count { _ in limiter.take(.general, from: one).reading.wait == nil } }
            }
            return await group.reduce(0, +)
        }
        #expect(taken == 100)
    }
}

@Suite("Request rates over HTTP")
struct RateLimitedRequestTests {
    private func world(_ configure: (inout GatewayConfiguration) -> Void = { _ in }) throws -> GatewayWorld {
        try GatewayWorld {
            $0.clients.generalPerMinute = 3
            $0.clients.authenticationPerMinute = 2
            $0.clients.searchPerMinute = 1
            $0.clients.handshakesPerMinute = 2
            configure(&$0)
        }
    }

    /// Sends one request on a connection of its own; returns the answer as text.
    private func ask(_ world: GatewayWorld, _ line: String, _ more: String = "") throws -> String {
        let client = try RawClient(port: world.listener.port)
        client.send("\(line) HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\(more)\r\n")
        #expect(
            world.until([]) {
                client.poll()
                return client.isOver
            })
        return client.text
    }

    @Test func beyondTheRateIs429WithAProblemAndSaysWhen() throws {
        let world = try world()
        let address = "GET /v1/sessions/conversation/c_1"
        for left in [2, 1, 0] {
            let answer = try ask(world, address)
            #expect(answer.hasPrefix("HTTP/1.1 401 "))
            #expect(answer.contains("RateLimit-Limit: 3\r\nRateLimit-Remaining: \(left)\r\nRateLimit-Reset: "))
        }
        let refused = try ask(world, address)
        #expect(refused.hasPrefix("HTTP/1.1 429 ") && refused.contains("Content-Type: application/problem+json\r\n"))
        #expect(refused.contains("Retry-After: 20\r\n") && refused.contains("RateLimit-Reset: 20\r\n"))
        #expect(refused.contains(#""code":2406"#) && refused.contains(#""retryAfterMs":20000"#))
        #expect(world.counts.refusals == [.rate])
        world.advance(.seconds(20))
        #expect(try ask(world, address).hasPrefix("HTTP/1.1 401 "))
    }

    @Test func unknownAddressesCountAndHealthDoesNot() throws {
        let world = try world()
        for line in ["GET /nowhere", "DELETE /health", "GET /v1/nowhere"] { _ = try ask(world, line) }
        #expect(try ask(world, "GET /wp-admin").hasPrefix("HTTP/1.1 429 "))
        for line in ["GET /health", "GET /health/ready", "GET /metrics"] {
            for _ in 0..<5 {
                let answer = try ask(world, line)
                #expect(answer.hasPrefix("HTTP/1.1 200 ") && !answer.contains("RateLimit-"))
            }
        }
    }

    @Test func ticketsAndSearchesHaveClassesOfTheirOwn() throws {
        let world = try world()
        for _ in 0..<2 { #expect(try ask(world, "POST /v1/tickets").hasPrefix("HTTP/1.1 401 ")) }
        #expect(try ask(world, "POST /v1/tokens/revoke").hasPrefix("HTTP/1.1 429 "))
        let bearer = "Authorization: Bearer \(try world.token())\r\n"
        let list = "GET /t/jeco/api/v1/chat/conversations"
        #expect(try ask(world, list + "?q=loan", bearer).hasPrefix("HTTP/1.1 200 "))
        let refused = try ask(world, list + "?q=loan", bearer)
        #expect(refused.hasPrefix("HTTP/1.1 429 ") && refused.contains(#""success":false"#))
        #expect(try ask(world, list, bearer).hasPrefix("HTTP/1.1 200 "), "a list that is no search is not one")
    }

    @Test func handshakesHaveARate() throws {
        let world = try world()
        for _ in 0..<2 { #expect(try world.connect().isUpgraded) }
        let third = try world.connect()
        #expect(third.head?.hasPrefix("HTTP/1.1 429 ") == true && third.head?.contains("Retry-After: 30") == true)
    }

    @Test func withoutRatesNothingIsCounted() throws {
        let world = try world { $0.enforcesRates = false }
        for _ in 0..<6 {
            let answer = try ask(world, "POST /v1/tickets")
            #expect(answer.hasPrefix("HTTP/1.1 401 ") && !answer.contains("RateLimit-"))
        }
    }
}
