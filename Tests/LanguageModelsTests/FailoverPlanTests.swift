import Ports
import Primitives
import Testing

@testable import LanguageModels

@Suite("Fail-over decisions")
struct FailoverPlanTests {
    private static let unreachable = ProviderFailure.transient(.unreachable, retryAfter: nil)
    private static func limited(_ seconds: Int) -> ProviderFailure {
        .transient(.rateLimited, retryAfter: .seconds(seconds))
    }

    /// What happens to one request and to the providers' health, second by second.
    private struct Scene {
        var health: [ProviderHealth]
        var plan: FailoverPlan
        var now = Instant(nanoseconds: 1_000_000_000_000)
        let start = Instant(nanoseconds: 1_000_000_000_000)

        init(providers: Int, timeout: Int = 30, maxAttempts: Int = 6) {
            health = (0..<providers).map { _ in
                ProviderHealth(maxFailures: 5, window: .seconds(10), openTime: .seconds(15))
            }
            plan = FailoverPlan(
                deadline: start.advanced(by: .seconds(timeout)), maxAttempts: maxAttempts,
                probeRecheck: .milliseconds(500))
        }

        var next: FailoverPlan.Step { plan.next(health, at: now) }
        func at(_ seconds: Double) -> Instant { start.advanced(by: .milliseconds(Int(seconds * 1000))) }

        mutating func fail(_ index: Int, _ failure: ProviderFailure) {
            plan.began()
            let attempt = health[index].begin(at: now)
            health[index].failed(attempt, failure, at: now)
            plan.failed(index, failure)
        }

        /// Failures of other requests.
        mutating func damage(_ index: Int, times: Int = 5, _ failure: ProviderFailure = unreachable) {
            for _ in 0..<times {
                let attempt = health[index].begin(at: now)
                health[index].failed(attempt, failure, at: now)
            }
        }
    }

    @Test(
        "a failure before the first token moves on to the next provider, whatever it was",
        arguments: [
            unreachable, .transient(.timeout, retryAfter: nil), .transient(.serverError, retryAfter: nil),
            .transient(.overloaded, retryAfter: .seconds(3)), .transient(.cutOff, retryAfter: nil),
            .permanent(.badCredentials), .permanent(.quota), .permanent(.notFound), .permanent(.badRequest),
            .permanent(.notConfigured), .transient(.protocolViolation, retryAfter: nil),
        ])
    func movesOn(_ failure: ProviderFailure) {
        var scene = Scene(providers: 2)
        #expect(scene.next == .attempt(0))
        scene.fail(0, failure)
        #expect(scene.next == .attempt(1))
    }

    @Test("a policy's refusal ends the request at once")
    func policy() {
        var scene = Scene(providers: 2)
        scene.fail(0, .permanent(.policy))
        #expect(scene.next == .fail(.permanent(.policy)))
    }

    @Test("when all have failed without a time to come back, the last failure stands")
    func exhausted() {
        var scene = Scene(providers: 2)
        scene.fail(0, .permanent(.quota))
        scene.fail(1, Self.unreachable)
        #expect(scene.next == .fail(Self.unreachable))
    }

    @Test("a provider that said Retry-After is skipped until then by every request")
    func skipped() {
        var scene = Scene(providers: 2)
        scene.damage(0, times: 1, Self.limited(7))
        #expect(scene.next == .attempt(1))
        scene.now = scene.at(6.999)
        #expect(scene.next == .attempt(1))
        scene.now = scene.at(7)
        #expect(scene.next == .attempt(0))
    }

    @Test("when every provider is waiting, the soonest is waited for")
    func waits() {
        var scene = Scene(providers: 2)
        scene.fail(0, Self.limited(7))
        scene.fail(1, Self.limited(3))
        #expect(scene.next == .wait(until: scene.at(3)))
        scene.now = scene.at(3)
        #expect(scene.next == .attempt(1))
        scene.fail(1, Self.unreachable)
        #expect(scene.next == .wait(until: scene.at(7)))
    }

    @Test("a wait that does not end before the request's deadline is not begun")
    func tooLong() {
        var scene = Scene(providers: 1, timeout: 5)
        scene.fail(0, Self.limited(5))
        #expect(scene.next == .fail(Self.limited(5)))
        var shorter = Scene(providers: 1, timeout: 5)
        shorter.fail(0, Self.limited(4))
        #expect(shorter.next == .wait(until: shorter.at(4)))
    }

    @Test("a request that never got to ask says who is back first, and why it was away")
    func neverAsked() {
        var scene = Scene(providers: 2, timeout: 5)
        scene.damage(0, times: 1, Self.limited(60))
        scene.damage(1, times: 1, .transient(.overloaded, retryAfter: .seconds(40)))
        #expect(scene.next == .fail(.transient(.overloaded, retryAfter: .seconds(40))))
    }

    @Test("the number of attempts is bounded")
    func attempts() {
        var scene = Scene(providers: 1, maxAttempts: 3)
        for _ in 0..<3 {
            #expect(scene.next == .attempt(0))
            scene.fail(0, .transient(.rateLimited, retryAfter: .nanoseconds(1)))
            scene.now = scene.now.advanced(by: .milliseconds(1))
        }
        #expect(scene.next == .fail(.transient(.rateLimited, retryAfter: .nanoseconds(1))))
    }

    @Test("a chain without providers is not configured")
    func empty() { #expect(Scene(providers: 0).next == .fail(.permanent(.notConfigured))) }

    @Test("nothing is asked after the deadline")
    func deadline() {
        var scene = Scene(providers: 2, timeout: 5)
        scene.fail(0, Self.unreachable)
        scene.now = scene.at(5)
        #expect(scene.next == .fail(Self.unreachable))
    }

    // MARK: The breaker

    @Test("five failures within ten seconds open the breaker for fifteen; four do not")
    func opens() {
        var scene = Scene(providers: 1)
        scene.damage(0, times: 4)
        #expect(scene.health[0].availability(at: scene.now) == .available)
        scene.damage(0, times: 1)
        #expect(scene.health[0].availability(at: scene.now) == .waiting(until: scene.at(15)))
        #expect(scene.health[0].availability(at: scene.at(15)) == .available)
    }

    @Test("failures further apart than the window do not add up")
    func window() {
        var scene = Scene(providers: 1)
        for second in [0.0, 3, 6, 9, 12, 15, 18] {
            scene.now = scene.at(second)
            scene.damage(0, times: 1)
        }
        #expect(scene.health[0].availability(at: scene.now) == .available)
    }

    @Test("half-open, one request probes; the others look elsewhere or look again shortly")
    func halfOpen() {
        var scene = Scene(providers: 2)
        scene.damage(0)
        scene.now = scene.at(15)
        let probe = scene.health[0].begin(at: scene.now)
        #expect(scene.health[0].availability(at: scene.now) == .probed)
        #expect(scene.next == .attempt(1))
        scene.fail(1, Self.unreachable)
        #expect(scene.next == .wait(until: scene.at(15.5)))
        scene.health[0].succeeded(probe)
        #expect(scene.next == .attempt(0))
    }

    @Test("a probe that fails opens the breaker again, one that is taken back lets the next probe")
    func probeOutcomes() {
        var scene = Scene(providers: 1)
        scene.damage(0)
        scene.now = scene.at(15)
        let first = scene.health[0].begin(at: scene.now)
        scene.health[0].abandoned(first, at: scene.now)
        #expect(scene.health[0].availability(at: scene.now) == .available)
        let second = scene.health[0].begin(at: scene.now)
        #expect(scene.health[0].availability(at: scene.now) == .probed)
        scene.health[0].failed(second, Self.unreachable, at: scene.at(16))
        #expect(scene.health[0].availability(at: scene.at(16)) == .waiting(until: scene.at(31)))
    }

    @Test("after a successful probe the count begins anew")
    func closes() {
        var scene = Scene(providers: 1)
        scene.damage(0)
        scene.now = scene.at(15)
        let probe = scene.health[0].begin(at: scene.now)
        scene.health[0].succeeded(probe)
        scene.damage(0, times: 4)
        #expect(scene.health[0].availability(at: scene.now) == .available)
    }

    @Test("what a request brought upon itself does not count", arguments: [ProviderFault.badRequest, .policy])
    func ownFault(_ fault: ProviderFault) {
        var scene = Scene(providers: 1)
        scene.damage(0, times: 20, .permanent(fault))
        #expect(scene.health[0].availability(at: scene.now) == .available)
    }

    @Test("a probe whose request was bad has still shown that the provider answers")
    func badProbe() {
        var scene = Scene(providers: 1)
        scene.damage(0)
        scene.now = scene.at(15)
        let probe = scene.health[0].begin(at: scene.now)
        scene.health[0].failed(probe, .permanent(.badRequest), at: scene.now)
        #expect(scene.health[0].availability(at: scene.now) == .available)
    }

    @Test("an open breaker and a Retry-After: the later one counts")
    func both() {
        var scene = Scene(providers: 1)
        scene.damage(0, times: 5, Self.limited(40))
        #expect(scene.health[0].availability(at: scene.now) == .waiting(until: scene.at(40)))
        #expect(scene.health[0].availability(at: scene.at(20)) == .waiting(until: scene.at(40)))
    }

    @Test("a shorter Retry-After does not take back a longer one")
    func longest() {
        var scene = Scene(providers: 1)
        scene.damage(0, times: 1, Self.limited(20))
        scene.damage(0, times: 1, Self.limited(2))
        #expect(scene.health[0].availability(at: scene.now) == .waiting(until: scene.at(20)))
    }
}
