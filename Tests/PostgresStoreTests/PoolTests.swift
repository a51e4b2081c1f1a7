import Primitives
import Reactor
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Pool", .serialized, .timeLimit(.minutes(5)))
struct PoolTests {
    private static let echo = PostgresStatement("echo", "SELECT $1::int8")
    private static let refused = PostgresStatement("refused", "SELECT 1 / $1::int8")
    private static let unparsable = PostgresStatement("unparsable", "SELECT FROM WHERE")

    private func parameter(_ value: Int64) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(value)
        return parameters
    }

    private final class Answers {
        var list: [Result<Int64?, PostgresFailure>] = []
    }

    private func run(_ store: StoreFixture, _ statement: PostgresStatement, _ value: Int64?, _ answers: Answers) {
        store.on {
            $0.pool.run(PostgresBatch(statement, value.map(parameter) ?? PostgresParameters())) { outcome in
                answers.list.append(
                    outcome.map { results in
                        do { return try results[0].int64(0, 0) } catch { return nil }
                    })
            }
        }
    }

    private static let sleep = PostgresStatement("sleep", "SELECT 7::int8 FROM pg_sleep($1::int8 / 1000.0)")

    @Test("requests wait their turn, up to a bound")
    func bound() throws {
        let store = try StoreFixture.ready(postgres: {
            $0.poolConnections = 1
            $0.maxWaitingRequests = 1
        })
        let answers = Answers()
        run(store, Self.sleep, 100, answers)
        run(store, Self.echo, 2, answers)
        run(store, Self.echo, 3, answers)
        #expect(answers.list.isEmpty)
        try store.wait("answers") { _ in answers.list.count == 3 }
        #expect(answers.list == [.failure(.overloaded), .success(7), .success(2)])
    }

    @Test("a request waits for so long, and is never sent then")
    func wait() throws {
        let store = try StoreFixture.ready(postgres: {
            $0.poolConnections = 1
            $0.maxWait = .milliseconds(50)
        })
        let answers = Answers()
        run(store, Self.sleep, 300, answers)
        run(store, Self.echo, 2, answers)
        try store.wait("answers") { _ in answers.list.count == 2 }
        #expect(answers.list == [.failure(.unavailable), .success(7)])
        #expect(store.on { $0.pool.waitingRequests } == 0)
    }

    @Test("the client's deadline closes the connection; the pool makes another one")
    func deadline() throws {
        let store = try StoreFixture.ready(postgres: {
            $0.poolConnections = 1
            $0.requestTimeout = .milliseconds(500)
        })
        let answers = Answers()
        run(store, Self.sleep, 4000, answers)
        try store.wait("the loss") { _ in answers.list.count == 1 }
        #expect(answers.list == [.failure(.lost)])
        try store.wait("a new connection") { $0.pool.isAvailable }
        run(store, Self.echo, 5, answers)
        try store.wait("an answer") { _ in answers.list.count == 2 }
        #expect(answers.list.last == .success(5))
    }

    @Test("the server's timeout cancels the statement and keeps the connection")
    func statementTimeout() throws {
        let store = try StoreFixture.ready(postgres: {
            $0.poolConnections = 1
            $0.statementTimeout = .milliseconds(300)
        })
        let answers = Answers()
        run(store, Self.sleep, 4000, answers)
        run(store, Self.echo, 5, answers)
        try store.wait("answers") { _ in answers.list.count == 2 }
        #expect(answers.list == [.failure(.rejected(PostgresError(sqlState: "57014"))), .success(5)])
    }

    @Test("a refused statement, or one that cannot be prepared, harms no other")
    func refusals() throws {
        let store = try StoreFixture.ready(postgres: { $0.poolConnections = 1 })
        let answers = Answers()
        run(store, Self.unparsable, nil, answers)
        run(store, Self.refused, 0, answers)
        run(store, Self.refused, 1, answers)
        run(store, Self.unparsable, nil, answers)
        run(store, Self.echo, 9, answers)
        try store.wait("answers") { _ in answers.list.count == 5 }
        #expect(
            answers.list.map { outcome -> String in
                switch outcome {
                case .success(let value): "\(value ?? -1)"
                case .failure(.rejected(let error)): error.sqlState
                case .failure(let failure): "\(failure)"
                }
            } == ["42601", "22012", "1", "42601", "9"])
    }

    @Test("what is prepared in a batch that fails is prepared again")
    func preparedAgain() throws {
        let store = try StoreFixture.ready(postgres: { $0.poolConnections = 1 })
        var batch = PostgresBatch(Self.refused, parameter(0))
        batch.add(Self.echo, parameter(4))
        var outcomes: [Int] = []
        store.on {
            $0.pool.run(batch) { _ in outcomes.append(1) }
            $0.pool.run(PostgresBatch(Self.echo, self.parameter(4))) { outcome in
                if case .success = outcome { outcomes.append(2) }
            }
        }
        try store.wait("both") { _ in outcomes.count == 2 }
        #expect(outcomes == [1, 2])
    }

    @Test("without a server it says so at once, after the first attempt")
    func nowhere() throws {
        let store = try StoreFixture(
            Secret("host=/nonexistent dbname=x user=x"),
            ownership: Ownership(incarnation: "x", epochs: Array(repeating: 1, count: 512)))
        store.on { $0.pool.start() }
        let answers = Answers()
        run(store, Self.echo, 1, answers)
        try store.wait("the failure") { _ in answers.list.count == 1 }
        #expect(answers.list == [.failure(.unavailable)])
        #expect(store.on { !$0.pool.isAvailable })
    }
}
