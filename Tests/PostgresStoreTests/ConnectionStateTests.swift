import Testing

@testable import PostgresStore

@Suite("Connection state")
struct ConnectionStateTests {
    private func state(_ phase: PostgresConnectionState.Phase) -> PostgresConnectionState {
        var state = PostgresConnectionState()
        switch phase {
        case .connecting: break
        case .ready: _ = state.establish()
        case .busy:
            _ = state.establish()
            _ = state.submit()
        case .draining:
            _ = state.establish()
            _ = state.submit()
            _ = state.drain()
        case .failed: _ = state.fail()
        }
        #expect(state.phase == phase)
        return state
    }

    @Test("is announced once")
    func establish() {
        var state = state(.connecting)
        #expect(state.establish() == .announce)
        #expect(state.establish() == .ignore)
        #expect(state.phase == .ready)
    }

    @Test(
        "takes one batch at a time, and none before it is ready",
        arguments: [
            PostgresConnectionState.Phase.connecting, .busy, .draining, .failed,
        ])
    func refuses(phase: PostgresConnectionState.Phase) {
        var state = state(phase)
        #expect(state.submit() == .refuse)
        #expect(state.phase == phase)
    }

    @Test("is ready again when the batch is done")
    func finish() {
        var state = state(.busy)
        #expect(state.finishBatch() == .complete)
        #expect(state.submit() == .send)
    }

    @Test("drains: closes at once when idle, after the batch when busy")
    func drain() {
        var idle = state(.ready)
        #expect(idle.drain() == .close)
        #expect(idle.phase == .failed)
        var busy = state(.busy)
        #expect(busy.drain() == .wait)
        #expect(busy.submit() == .refuse)
        #expect(busy.finishBatch() == .completeThenClose)
        #expect(busy.phase == .failed)
    }

    @Test(
        "a failure is a loss only with a batch in flight",
        arguments: [
            (PostgresConnectionState.Phase.connecting, PostgresConnectionState.FailAction.close), (.ready, .close),
            (.busy, .closeAndReportLoss), (.draining, .closeAndReportLoss), (.failed, .ignore),
        ])
    func fail(phase: PostgresConnectionState.Phase, action: PostgresConnectionState.FailAction) {
        var state = state(phase)
        #expect(state.fail() == action)
        #expect(state.phase == .failed)
        #expect(state.finishBatch() == .ignore)
        #expect(state.drain() == .ignore)
    }
}

@Suite("Backoff")
struct BackoffTests {
    @Test("the limit doubles from the first to the last, and chance picks below it")
    func limits() {
        var backoff = Backoff(first: .milliseconds(50), last: .seconds(5))
        let waits = (0..<10).map { _ in backoff.next(random: .max).inMilliseconds }
        let limits: [Int64] = [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]
        for (wait, limit) in zip(waits, limits) { #expect((0..<limit).contains(wait)) }
        #expect(backoff.next(random: 0) == .zero)
        backoff.reset()
        #expect(backoff.next(random: 49_999_999).inMilliseconds == 49)
    }

    @Test("a thousand failures overflow nothing")
    func many() {
        var backoff = Backoff(first: .seconds(1), last: .seconds(3600))
        for index in 0..<1000 { #expect(backoff.next(random: UInt64(index) &* 0x9E37_79B9_7F4A_7C15) < .seconds(3600)) }
    }
}

extension Duration {
    fileprivate var inMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

@Suite("Refused flushes, by SQLSTATE")
struct FlushRefusalTests {
    @Test(
        "each class has its meaning",
        arguments: [
            ("23505", FlushRefusal.content), ("23514", .content), ("22021", .content), ("54000", .content),
            ("40001", .passing), ("40P01", .passing), ("55P03", .passing), ("57014", .passing), ("53100", .server),
            ("42P01", .server), ("XX000", .server), ("SA002", .superseded), ("SA001", .lostSlots([])),
        ])
    func meaning(sqlState: String, refusal: FlushRefusal) {
        #expect(FlushRefusal(PostgresError(sqlState: sqlState)) == refusal)
    }

    @Test("the fence names the lost slots")
    func slots() {
        #expect(FlushRefusal(PostgresError(sqlState: "SA001", detail: "3,511")) == .lostSlots([3, 511]))
    }
}

@Suite("Patterns and cursors")
struct PatternTests {
    @Test("every special character is escaped")
    func pattern() { #expect(LikePattern.containing("a%b_c\\ก") == "%a\\%b\\_c\\\\ก%") }

    @Test("a cursor reads what it wrote, and nothing else")
    func cursor() {
        let cursor = DirectoryCursor(activity: Entries.start, session: -7)
        #expect(DirectoryCursor(cursor.text) == cursor)
        #expect(DirectoryCursor(String(cursor.text.dropLast())) == nil)
        #expect(DirectoryCursor(cursor.text + "A") == nil)
    }
}
