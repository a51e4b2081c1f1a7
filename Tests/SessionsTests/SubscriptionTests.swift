import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing
import WireProtocol

@testable import Sessions

@Suite("Subscribing to a session (contract §4)")
struct SubscribingTests {
    private func conversation(_ messages: Int) throws -> World {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        for index in 0..<messages { world.send("m\(index)") }
        return world
    }

    private func position(_ world: World, _ offset: Int64) -> StreamPosition {
        StreamPosition(epoch: world.record?.stream.epoch ?? "", offset: offset)
    }

    @Test func withoutAPositionItOpensWithASnapshotThatIsExactForItsOffset() throws {
        let world = try conversation(3)
        let follower = world.follow()
        #expect(follower.types == ["subscribed", "snapshot"])
        let subscribed = follower.frames[0]
        #expect(subscribed["id"] == 1 && subscribed["outcome"] == "snapshot" && subscribed["offset"] == 3)
        let snapshot = follower.frames[1]
        #expect(snapshot["offset"] == 3 && snapshot["epoch"] == subscribed["epoch"])
        #expect(snapshot["state"]?["messages"]?.array?.count == 3)
        world.send("next")
        #expect(follower.offsets == [4])
        #expect(follower.frames.last?["replay"] == nil)
    }

    @Test(arguments: [Int64(0), 1, 4, 5])
    func aPositionInTheTailIsResumedWithWhatFollowsIt(from offset: Int64) throws {
        let world = try conversation(5)
        let follower = world.follow(from: position(world, offset))
        #expect(follower.frames[0]["outcome"] == "resumed")
        #expect(follower.frames[0]["offset"] == 5)
        #expect(follower.offsets == Array((offset + 1)..<6))
        #expect(follower.frames("event").allSatisfy { $0["replay"] == true })
        world.send("next")
        #expect(follower.offsets.last == 6)
        #expect(world.journal.readCount == 1, "the tail is enough")
    }

    @Test func anotherEpochIsResetToASnapshot() throws {
        let world = try conversation(2)
        let follower = world.follow(from: StreamPosition(epoch: "other", offset: 1))
        #expect(follower.frames[0]["outcome"] == "reset" && follower.frames[0]["why"] == "epoch")
        #expect(follower.frames[0]["lost"] == JSONValue.null)
        #expect(follower.types == ["subscribed", "snapshot"])
    }

    @Test func aPositionBeyondTheLogIsRefused() throws {
        let world = try conversation(2)
        let follower = world.follow(from: position(world, 3))
        #expect(follower.refusals.map(\.code) == [.badPosition])
        #expect(follower.frames.isEmpty)
    }

    @Test func aStrangerAndAnAbsentSessionAreRefused() throws {
        let world = try conversation(1)
        #expect(world.follow(as: World.stranger).refusals.map(\.code) == [.forbidden])
        let elsewhere = SessionAddress(tenant: "jeco", kind: .conversation, id: "none")
        #expect(world.follow(elsewhere).refusals.map(\.code) == [.noSuchSession])
        let order = SessionAddress(tenant: "jeco", kind: .order, id: "441")
        #expect(world.follow(order).refusals.map(\.code) == [.noSuchSession])
    }

    @Test func aRefusedStrangerDoesNotDisturbThoseWhoAreSubscribed() throws {
        let world = try conversation(0)
        let follower = world.follow()
        let stranger = world.follow(as: World.stranger)
        // A socket that ends unsubscribes whatever it had asked for.
        world.unfollow(stranger)
        world.unfollow(stranger)
        world.send("hello")
        #expect(follower.offsets == [1])
    }

    @Test func whoLeavesGetsNothingMoreAndWhoLeavesTwiceIsGoneOnce() throws {
        let world = try conversation(0)
        let stays = world.follow()
        let leaves = world.follow()
        world.unfollow(leaves)
        world.unfollow(leaves)
        world.send("hello")
        #expect(stays.offsets == [1] && leaves.offsets.isEmpty)
    }

    @Test func whoSubscribesTwiceIsServedOnceAndLeavesOnce() throws {
        var configuration = SessionRegistry.Configuration()
        configuration.idleTimeout = .seconds(1)
        configuration.sweepInterval = .seconds(1)
        let world = try World(configuration: configuration)
        world.enter { world.registry.start() }
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        let follower = world.follow()
        world.follow(with: follower)
        world.send("hello")
        #expect(follower.offsets == [1])
        world.unfollow(follower)
        world.advance(by: .seconds(5))
        #expect(world.registry.liveCount == 0, "nobody holds the session any more")
    }

    @Test func aSubscriberThatLeavesInTheMiddleOfADeliveryDoesNotDisturbTheOthers() throws {
        let world = try conversation(0)
        let followers = (0..<4).map { _ in world.follow() }
        followers[1].react = { [unowned world] frame in
            guard frame["type"] == "event" else { return }
            world.registry.unsubscribe(World.address, followers[1])
            world.registry.unsubscribe(World.address, followers[3])
        }
        world.send("one")
        world.send("two")
        #expect(followers[0].offsets == [1, 2] && followers[2].offsets == [1, 2])
        #expect(followers[1].offsets == [1])
        #expect(followers[3].offsets.count <= 1)
    }

    @Test func leavingWhileTheSessionIsBeingLoadedIsNotForgotten() throws {
        var configuration = SessionRegistry.Configuration()
        configuration.idleTimeout = .seconds(1)
        configuration.sweepInterval = .seconds(1)
        let world = try World(configuration: configuration)
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        world.crash()
        world.enter { world.registry.start() }
        world.journal.holdsReads = true
        let follower = world.follow()
        world.unfollow(follower)
        world.enter { world.journal.resume() }
        world.run()
        world.send("hello")
        #expect(follower.offsets.isEmpty)
        world.advance(by: .seconds(5))
        #expect(world.registry.liveCount == 0)
    }

    @Test func aFullyReadLogNeedsNoReplay() throws {
        let world = try conversation(2)
        let follower = world.follow(from: position(world, 2))
        #expect(follower.types == ["subscribed"])
    }

    // MARK: From the log

    @Test func aPositionOlderThanTheTailIsReplayedFromTheLogPageByPage() throws {
        let world = try conversation(600)
        world.crash()
        #expect(world.state() != nil)
        let follower = world.follow(from: position(world, 0), checkingSchemas: false)
        #expect(follower.offsets == Array(1...600))
        world.send("next")
        #expect(follower.offsets == Array(1...601))
    }

    @Test func eventsThatCommitDuringAReplayComeOnceAndInOrder() throws {
        let world = try conversation(600)
        world.crash()
        #expect(world.state() != nil)
        world.journal.holdsReads = true
        let follower = world.follow(from: position(world, 0))
        for index in 0..<5 {
            world.send("during \(index)")
            world.enter { world.journal.answerReads(1) }
            world.run()
        }
        world.enter { world.journal.resume() }
        world.run()
        world.send("after")
        #expect(follower.offsets == Array(1...606))
    }

    @Test func aRecordThatTheLogHasBeforeTheSessionKnowsItIsNotSentTwice() throws {
        let world = try conversation(600)
        world.crash()
        #expect(world.state() != nil)
        world.journal.isManual = true
        world.journal.holdsReads = true
        let follower = world.follow(from: position(world, 500))
        world.send("in flight")
        // PostgreSQL has it; its answer is still on the way when the page is read.
        world.enter {
            world.journal.commit()
            while world.journal.heldReads > 0 { world.journal.answerReads() }
        }
        world.run()
        world.enter { world.journal.deliver() }
        world.run()
        #expect(follower.offsets == Array(501...601))
    }

    @Test func leavingDuringAReplayDoesNotDisturbTheOthers() throws {
        let world = try conversation(600)
        world.crash()
        let stays = world.follow()
        world.journal.holdsReads = true
        let leaves = world.follow(from: position(world, 0))
        world.unfollow(leaves)
        world.send("next")
        #expect(stays.offsets == [601])
    }

    @Test func aReplayThatCannotBeReadIsRefused() throws {
        let world = try conversation(600)
        world.crash()
        #expect(world.state() != nil)
        world.journal.readFailure = .unavailable
        let follower = world.follow(from: position(world, 0))
        #expect(follower.refusals.map(\.isRetryable) == [true])
        #expect(follower.frames.isEmpty)
    }

    @Test func aPositionTooFarBehindIsResetAndSaysWhatIsLost() throws {
        let world = try World()
        world.create(ConversationFacts(owner: "u_1", hasAdvisor: false))
        world.store.amend(World.address) { record in
            for offset in 1...Int64(10_002) {
                record.log.append(
                    LogRecord(
                        offset: offset, name: "conversation.archived", at: Timestamp(seconds: 0), data: Array("{}".utf8)
                    ))
            }
        }
        world.crash()
        let follower = world.follow(from: position(world, 1))
        #expect(follower.frames[0]["outcome"] == "reset" && follower.frames[0]["why"] == "retention")
        #expect(follower.frames[0]["lost"]?["from"] == 2 && follower.frames[0]["lost"]?["to"] == 10_002)
        #expect(world.follow(from: position(world, 2), checkingSchemas: false).frames[0]["outcome"] == "resumed")
    }

    // MARK: Pages of the log

    @Test(arguments: [false, true])
    func theLogIsPagedWithoutGap(fromTheStore: Bool) throws {
        let world = try conversation(10)
        if fromTheStore {
            world.enter { world.registry.readConversation(World.address, World.staff, { _ in }, { $0 }, { _ in }) }
            world.store.amend(World.address) { record in
                record.checkpoints.append(
                    CheckpointRow(offset: 10, format: 1, state: Array(world.state()?.encode() ?? [])))
            }
            world.crash()
        }
        var offsets: [Int64] = []
        var next: Int64? = 0
        while let from = next {
            let page = Box<SessionLogPage>()
            world.enter {
                world.registry.log(World.address, World.customer, after: from, limit: 4) { result in
                    if case .success(let found) = result { page.value = found }
                }
            }
            world.run()
            let found = try #require(page.value)
            offsets += try found.events.compactMap { try JSONParser.parse($0)["offset"]?.integer }
            next = found.next
        }
        #expect(offsets == Array(1...10))
    }
}

@Suite("The tail of the log")
struct LogTailTests {
    private func record(_ offset: Int64, bytes: Int = 10) -> LogRecord {
        LogRecord(offset: offset, name: "n", at: Timestamp(seconds: 0), data: Array(repeating: 0, count: bytes))
    }

    @Test func givesWhatFollowsAnOffset() {
        var tail = LogTail(floor: 5)
        for offset in 6...9 { tail.append(record(Int64(offset))) }
        #expect(tail.records(after: 5)?.map(\.offset) == [6, 7, 8, 9])
        #expect(tail.records(after: 8)?.map(\.offset) == [9])
        #expect(tail.records(after: 9)?.isEmpty == true)
        #expect(tail.records(after: .max)?.isEmpty == true)
        #expect(tail.records(after: 4) == nil)
        #expect(tail.records(after: -1) == nil)
    }

    @Test func isBoundedInRecords() {
        var tail = LogTail(floor: 0)
        for offset in 1...Int64(5_000) {
            tail.append(record(offset))
            #expect(tail.records(after: max(tail.floor, offset - 100))?.count == Int(min(offset, 100)))
        }
        #expect(tail.floor == Int64(5_000 - LogTail.maxRecords))
        #expect(tail.records(after: tail.floor)?.count == LogTail.maxRecords)
        #expect(tail.heldRecords <= 2 * LogTail.maxRecords + 2)
    }

    @Test func isBoundedInBytesAlsoOfWhatItNoLongerGives() {
        var tail = LogTail(floor: 0)
        for offset in 1...Int64(400) { tail.append(record(offset, bytes: 64 * 1024)) }
        #expect(tail.records(after: tail.floor)?.count == 4)
        #expect(tail.heldRecords <= 16, "a record that left the tail must not be kept alive by it")
    }

    @Test func keepsAtLeastTheNewest() {
        var tail = LogTail(floor: 0)
        tail.append(record(1, bytes: 2 * LogTail.maxBytes))
        #expect(tail.records(after: 0)?.count == 1)
        tail.append(record(2))
        #expect(tail.records(after: 0) == nil)
        #expect(tail.records(after: 1)?.map(\.offset) == [2])
    }
}
