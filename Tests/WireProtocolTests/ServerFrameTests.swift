import JSON
import Primitives
import TestSupport
import Testing
import WireProtocol

@Suite("Frames from the server (contract §4) are what Protocol/schemas says")
struct ServerFrameTests {
    private let at = Timestamp(seconds: 1_795_230_000)
    private let position = StreamPosition(epoch: "b7", offset: 902)

    /// The frame's text as a value, held against the schema of all server frames.
    private func read(_ bytes: [UInt8]) throws -> JSONValue {
        let frame = try JSONParser.parse(bytes)
        let violations = try JSONSchema.violations(of: frame, "server-frame.schema.json")
        #expect(violations.isEmpty, "\(frame.text): \(violations)")
        let type = try #require(frame["type"]?.string)
        let own = try JSONSchema.violations(of: frame, "server.\(type).schema.json")
        #expect(own.isEmpty, "\(frame.text): \(own)")
        return frame
    }

    @Test func welcome() throws {
        let frame = try read(
            ServerFrame.welcome(
                ServerFrame.Welcome(
                    connection: "w_1", tenant: "jeco", subject: "u\"1", role: "customer", expires: at, time: at,
                    heartbeatSeconds: 25,
                    limits: ServerFrame.Limits(maxFrameBytes: 65_536, maxSubscriptions: 128, commandsPerSecond: 20),
                    build: "dev")))
        #expect(frame["subject"] == "u\"1" && frame["heartbeatSeconds"] == 25)
        #expect(frame["limits"] == ["maxFrameBytes": 65_536, "maxSubscriptions": 128, "commandsPerSecond": 20])
    }

    @Test func subscribed() throws {
        let snapshot = try read(
            ServerFrame.subscribed(id: 1, session: "thing/441", outcome: .snapshot, position: position))
        #expect(
            snapshot == [
                "type": "subscribed", "id": 1, "session": "thing/441", "outcome": "snapshot", "epoch": "b7",
                "offset": 902,
            ])
        let resumed = try read(
            ServerFrame.subscribed(id: nil, session: "thing/441", outcome: .resumed, position: position))
        #expect(resumed["outcome"] == "resumed" && resumed["id"] == nil)
        let reset = try read(
            ServerFrame.subscribed(
                id: 2, session: "thing/441", outcome: .reset(lost: 5...9, why: .retention), position: position))
        #expect(reset["lost"] == ["from": 5, "to": 9] && reset["why"] == "retention")
        let epoch = try read(
            ServerFrame.subscribed(
                id: 2, session: "thing/441", outcome: .reset(lost: nil, why: .epoch), position: position))
        #expect(epoch["lost"] == JSONValue.null && epoch["why"] == "epoch")
    }

    @Test func snapshotAndEventSpliceTheirJSON() throws {
        let data = Array(#"{"title":"ก\n"}"#.utf8)
        let snapshot = try read(ServerFrame.snapshot(session: "thing/441", position: position, state: data))
        #expect(snapshot["state"] == ["title": "ก\n"] && snapshot["offset"] == 902)
        let event = try read(
            ServerFrame.event(
                session: "conversation/c", offset: 875, name: "conversation.renamed", at: at, data: data,
                isReplay: false))
        #expect(event["data"] == ["title": "ก\n"] && event["replay"] == nil && event["at"]?.string == at.rfc3339)
        let replayed = try read(
            ServerFrame.event(
                session: "conversation/c", offset: 875, name: "conversation.renamed", at: at, data: data, isReplay: true
            ))
        #expect(replayed["replay"] == true)
    }

    @Test func theVolatileOnes() throws {
        let delta = try read(ServerFrame.delta(session: "conversation/c", reply: "r_5", at: 120, text: "…\u{2028}\"\\"))
        #expect(delta["at"] == 120 && delta["text"] == "…\u{2028}\"\\")
        let signal = try read(ServerFrame.signal(session: "conversation/c", name: "typing", from: "u_2", data: [:]))
        #expect(signal["from"] == "u_2" && signal["data"] == [:])
    }

    @Test func answers() throws {
        let ok = try read(ServerFrame.ok(id: 4, offset: 875, data: Array(#"{"message":"m_1"}"#.utf8)))
        #expect(ok == ["type": "ok", "id": 4, "offset": 875, "data": ["message": "m_1"]])
        #expect(try read(ServerFrame.ok(id: 5))["data"] == [:])
        for code in FaultCode.allCases {
            let fault = try read(ServerFrame.fault(id: 4, Fault(code, "why")))
            #expect(fault["code"] == .integer(Int64(code.rawValue)) && fault["name"]?.string == code.name)
            #expect(fault["retryable"]?.bool == code.isRetryable && fault["detail"] == "why" && fault["id"] == 4)
            #expect(fault["retryAfterMs"] == nil)
        }
        let later = try read(
            ServerFrame.fault(id: nil, Fault(.rateLimited, retryAfter: .microseconds(1_500)), session: "conversation/c")
        )
        #expect(later["retryAfterMs"] == 2 && later["session"] == "conversation/c" && later["id"] == nil)
    }

    @Test(arguments: [
        ServerFrame.UnsubscribeCause.requested, .rights, .deleted, .moved, .unavailable,
    ])
    func unsubscribed(cause: ServerFrame.UnsubscribeCause) throws {
        #expect(try read(ServerFrame.unsubscribed(session: "thing/441", why: cause))["why"]?.string == cause.rawValue)
    }

    @Test func theConnectionsOwn() throws {
        #expect(try read(ServerFrame.expiring(seconds: 60)) == ["type": "expiring", "seconds": 60])
        let goaway = try read(
            ServerFrame.goaway(why: "draining", reconnectAfter: .milliseconds(840), deadline: .seconds(15)))
        #expect(goaway == ["type": "goaway", "why": "draining", "reconnectAfterMs": 840, "deadlineMs": 15_000])
        for n: JSONValue in [7, "x", .null, 1.5, [1]] {
            #expect(try JSONParser.parse(ServerFrame.pong(n: n))["n"] == n)
        }
        #expect(try read(ServerFrame.pong(n: 7)) == ["type": "pong", "n": 7])
    }
}
