import Glibc
import Primitives
import Reactor
import Testing

@testable import LoadHarness

// The fake servers have one port, as their folders are what is looked at: so one after the other.
@Suite("A server of our own", .serialized)
struct OwnServerTests {
    private let fake: FakeSala
    private let loop: EventLoop
    private let driver: Driver

    init() throws {
        fake = try FakeSala()
        loop = try EventLoop(index: 0)
        driver = Driver(loop: loop)
    }

    private func onLoop<Result>(_ body: () throws -> Result) throws -> Result {
        try loop.enter { Swift.Result(catching: body) }.get()
    }

    private func wait(_ what: String, until isDone: () -> Bool) throws {
        try driver.wait(for: what, atMost: .seconds(30), until: isDone)
    }

    @Test("It is ready when it says so, and nothing is left of it at the end")
    func startsAndStops() throws {
        try onLoop {
            let server = try OwnServer(fake.configuration, driver)
            #expect(server.isUp)
            #expect(try DevFacts(path: server.devJSON).http.port == 21_990)
            #expect(try DevFacts(path: server.devJSON).standins?.port == 22_000)
            #expect(processState(server.pid) != nil && fake.remains.count == 1)
            try server.stop()
            #expect(processState(server.pid) == nil && fake.remains.isEmpty)
        }
    }

    @Test("A killed one comes back as another process on the same data, while the loop turns")
    func kill() throws {
        try onLoop {
            let server = try OwnServer(fake.configuration, driver)
            var events: [String] = []
            server.happened = { events.append($0) }
            let (first, turns) = (server.pid, loop.turnCount)
            try server.kill()
            #expect(!server.isUp && loop.turnCount == turns)
            try wait("its return") { server.isUp }
            #expect(server.pid != first && processState(first) == nil)
            #expect(server.history == ["start", "start"])
            #expect(events.count == 2 && events[0] == "the server was killed")
            #expect(events[1].hasPrefix("the server is up after "))
            try server.stop()
            #expect(fake.remains.isEmpty)
        }
    }

    @Test("A replaced one is asked to drain, once, and only then another takes its place")
    func replace() throws {
        fake.drain = "echo drained >>\"$data/history\"; exit 0"
        try onLoop {
            let server = try OwnServer(fake.configuration, driver)
            let first = server.pid
            try server.replace()
            try server.replace()
            try wait("the next one") { server.isUp }
            #expect(server.pid != first)
            #expect(server.history == ["start", "drain", "drained", "start"])
            try server.stop()
        }
    }

    @Test("What ignores a drain is a failure when its time is up")
    func drainWithoutEnd() throws {
        fake.drain = ":"
        try onLoop {
            var configuration = try fake.configuration
            configuration.drainTimeout = .milliseconds(100)
            let server = try OwnServer(configuration, driver)
            try server.replace()
            try wait("the failure") { server.failure != nil }
            #expect(server.failure?.text.hasPrefix("the server did not end within") == true)
            #expect(throws: LoadFailure.self) { try server.kill() }
            // Else the end would take its time, too.
            Glibc.kill(Int32(server.pid), SIGKILL)
            try server.stop()
            #expect(fake.remains.isEmpty)
        }
    }

    @Test("One that ends unasked is a failure that says what it complained of, and none of its tokens")
    func ends() throws {
        fake.start = "echo 'token: e30.secret'; echo 'sala: out of luck'; trap 'exit 7' USR1"
        try onLoop {
            let server = try OwnServer(fake.configuration, driver)
            Glibc.kill(Int32(server.pid), SIGUSR1)
            try wait("the failure") { server.failure != nil }
            let text = try #require(server.failure?.text)
            #expect(text.hasPrefix("the server ended with 7") && text.hasSuffix("sala: out of luck"))
            #expect(!text.contains("secret") && !server.isUp)
            try server.stop()
            #expect(fake.remains.isEmpty)
        }
    }

    @Test("One that does not start is no server, and leaves nothing")
    func doesNotStart() throws {
        fake.start = "echo 'sala: no database'; exit 69"
        try onLoop {
            let failure = #expect(throws: LoadFailure.self) { _ = try OwnServer(fake.configuration, driver) }
            #expect(failure?.text == "the server ended at its start with 69:\nsala: no database")
            try wait("the folder's end") { fake.remains.isEmpty }
            var configuration = try fake.configuration
            configuration.program += "-that-is-not-there"
            #expect(throws: LoadFailure.self) { _ = try OwnServer(configuration, driver) }
            try wait("the folder's end") { fake.remains.isEmpty }
        }
    }

    @Test("A frozen one is stopped, and goes on")
    func freeze() throws {
        try onLoop {
            let server = try OwnServer(fake.configuration, driver)
            server.freeze(for: .milliseconds(100))
            try wait("the stop") { processState(server.pid) == "T" }
            try wait("the end of the stop") { processState(server.pid) != "T" }
            #expect(server.isUp)
            // One that is frozen for long can be taken down.
            server.freeze(for: .seconds(3600))
            try wait("the stop") { processState(server.pid) == "T" }
            try server.stop()
            #expect(fake.remains.isEmpty)
        }
    }

    @Test("One that is let go of is taken down, and the PostgreSQL that it left behind with it")
    func letGo() throws {
        fake.start = """
            if mkdir -p "$data/postgres" && mkdir "$data/postgres/cluster"; then
            env --default-signal=QUIT sh -c 'mkfifo "$2/fifo"; while :; do read -r line <>"$2/fifo"; done' sh -D "$data/postgres/cluster" &
            echo $! >"$data/postgres/cluster/postmaster.pid"
            fi
            """
        try onLoop {
            var server: OwnServer? = try OwnServer(fake.configuration, driver)
            let pid = try #require(server?.pid)
            let note = try #require(server?.devJSON.replacing("dev.json", with: "postgres/cluster/postmaster.pid"))
            let postmaster = try #require(
                TextFile.read(note).flatMap { Int(String(decoding: $0, as: UTF8.self).prefix { $0.isNumber }) })
            #expect(processState(postmaster) != nil)
            try server?.kill()
            try wait("its return") { server?.isUp == true }
            server = nil
            try wait("the end") { fake.remains.isEmpty }
            #expect([nil, "Z"].contains(processState(postmaster)) && [nil, "Z"].contains(processState(pid)))
        }
    }
}
