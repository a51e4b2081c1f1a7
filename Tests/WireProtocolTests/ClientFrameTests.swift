import JSON
import TestSupport
import Testing
import WireProtocol

@Suite("Frames from clients (contract §4)")
struct ClientFrameTests {
    private func parse(_ text: String) throws(FrameRefusal) -> ClientFrame {
        try ClientFrame(Array(text.utf8).span.bytes)
    }

    private func refusal(_ text: String) -> FrameRefusal? {
        do {
            _ = try parse(text)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Each type

    @Test func hello() throws {
        #expect(try parse(#"{"type":"hello"}"#) == .hello(token: nil, client: nil, device: nil, subscribe: []))
        #expect(
            try parse(
                #"{"type":"hello","token":"t","client":"c/1","device":"phone-1","subscribe":[{"id":1,"session":"conversation/c"},{"session":"order/1","mode":"latest","maxHz":2}],"new":[]}"#
            )
                == .hello(
                    token: "t", client: "c/1", device: "phone-1",
                    subscribe: [
                        SubscribeRequest(id: 1, session: "conversation/c", from: nil, mode: .all),
                        SubscribeRequest(id: nil, session: "order/1", from: nil, mode: .latest, maxHz: 2),
                    ]))
        #expect(
            try parse(#"{"type":"hello","token":null,"subscribe":null}"#)
                == .hello(token: nil, client: nil, device: nil, subscribe: []))
    }

    @Test(arguments: ["", " ", "a b", "ก", String(repeating: "d", count: 129)])
    func device(name: String) {
        let frame = JSONValue.object(["type": "hello", "device": .string(name)]).text
        #expect(refusal(frame)?.fault.code == .malformed)
    }

    @Test func subscribe() throws {
        #expect(
            try parse(
                #"{"type":"subscribe","id":1,"session":"conversation/c_1","from":{"epoch":"b7","offset":874},"mode":"all"}"#
            )
                == .subscribe(
                    SubscribeRequest(
                        id: 1, session: "conversation/c_1", from: StreamPosition(epoch: "b7", offset: 874), mode: .all))
        )
        #expect(
            try parse(#"{"type":"subscribe","session":"s","from":null,"mode":null,"maxHz":null}"#)
                == .subscribe(
                    SubscribeRequest(id: nil, session: "s", from: nil, mode: .all, maxHz: SubscribeRequest.defaultMaxHz)
                ))
    }

    @Test(arguments: [("0.0001", 0.1), ("0.1", 0.1), ("7.5", 7.5), ("10", 10), ("20", 10), ("1e308", 10)])
    func maxHzIsHeldWithinItsBounds(text: String, expected: Double) throws {
        guard case .subscribe(let request) = try parse(#"{"type":"subscribe","session":"s","maxHz":\#(text)}"#) else {
            Issue.record("not a subscribe")
            return
        }
        #expect(request.maxHz == expected)
    }

    @Test func theOthers() throws {
        #expect(
            try parse(#"{"type":"unsubscribe","id":3,"session":"order/441"}"#)
                == .unsubscribe(id: 3, session: "order/441"))
        #expect(
            try parse(
                #"{"type":"command","id":4,"session":"conversation/c_1","name":"message.send","key":"01JD","data":{"text":"hi"}}"#
            )
                == .command(
                    CommandRequest(
                        id: 4, session: "conversation/c_1", name: "message.send", key: "01JD", data: ["text": "hi"])))
        #expect(
            try parse(#"{"type":"command","session":"s","name":"n","key":null}"#)
                == .command(CommandRequest(id: nil, session: "s", name: "n", key: nil, data: [:])))
        #expect(
            try parse(#"{"type":"signal","session":"s","name":"typing"}"#)
                == .signal(session: "s", name: "typing", data: [:]))
        #expect(try parse(#"{"type":"ack","session":"s","offset":880}"#) == .ack(session: "s", offset: 880))
        #expect(try parse(#"{"type":"refresh","id":5,"token":"t"}"#) == .refresh(id: 5, token: "t"))
        #expect(try parse(#"{"type":"ping","n":7}"#) == .ping(n: 7))
        #expect(try parse(#"{"type":"ping"}"#) == .ping(n: .null))
        #expect(try parse(#"{"type":"ping","n":"any","later":{"field":1}}"#) == .ping(n: "any"))
    }

    @Test func aWholeNumberWithAFractionPointIsAnID() throws {
        #expect(try parse(#"{"type":"refresh","id":5.0,"token":"t"}"#) == .refresh(id: 5, token: "t"))
    }

    @Test("a fault quotes little of an unknown type, also when one character of it is long")
    func longType() {
        let type = "e" + String(repeating: "\u{301}", count: 5_000)
        do throws(FrameRefusal) {
            let text = Array(#"{"type":"\#(type)"}"#.utf8)
            _ = try ClientFrame(text.span.bytes)
            Issue.record("accepted")
        } catch {
            #expect(error.fault.code == .unknownType && error.fault.detail.utf8.count < 256)
        }
    }

    // MARK: Each refusal, with its code and the id that could be read

    @Test(
        arguments: [
            ("", FaultCode.malformed, nil), ("{", .malformed, nil), ("[]", .malformed, nil), ("null", .malformed, nil),
            ("{}", .malformed, nil), (#"{"type":1,"id":9}"#, .malformed, 9), (#"{"id":9}"#, .malformed, 9),
            (#"{"type":"ping","type":"ping"}"#, .malformed, nil),
            (#"{"type":"dance","id":9}"#, .unknownType, 9),
            (#"{"type":"Hello"}"#, .unknownType, nil),
            (#"{"type":"refresh","id":"9","token":"t"}"#, .malformed, nil),
            (#"{"type":"refresh","id":1.5,"token":"t"}"#, .malformed, nil),
            (#"{"type":"refresh","id":9223372036854775808,"token":"t"}"#, .malformed, nil),
            (#"{"type":"refresh","id":9}"#, .malformed, 9), (#"{"type":"refresh","id":9,"token":5}"#, .malformed, 9),
            (#"{"type":"hello","token":5}"#, .malformed, nil), (#"{"type":"hello","client":[]}"#, .malformed, nil),
            (#"{"type":"hello","subscribe":{}}"#, .malformed, nil),
            (#"{"type":"hello","subscribe":[1]}"#, .malformed, nil),
            (#"{"type":"hello","subscribe":[{"id":2}]}"#, .malformed, 2),
            (#"{"type":"subscribe","id":9}"#, .malformed, 9),
            (#"{"type":"subscribe","id":9,"session":1}"#, .malformed, 9),
            (#"{"type":"subscribe","id":9,"session":"s","from":5}"#, .badPosition, 9),
            (#"{"type":"subscribe","id":9,"session":"s","from":{}}"#, .badPosition, 9),
            (#"{"type":"subscribe","id":9,"session":"s","from":{"epoch":"e"}}"#, .badPosition, 9),
            (#"{"type":"subscribe","id":9,"session":"s","from":{"epoch":"e","offset":-1}}"#, .badPosition, 9),
            (#"{"type":"subscribe","id":9,"session":"s","from":{"epoch":"e","offset":1.5}}"#, .badPosition, 9),
            (#"{"type":"subscribe","id":9,"session":"s","from":{"epoch":1,"offset":1}}"#, .badPosition, 9),
            (#"{"type":"subscribe","id":9,"session":"s","mode":"some"}"#, .malformed, 9),
            (#"{"type":"subscribe","id":9,"session":"s","mode":1}"#, .malformed, 9),
            (#"{"type":"subscribe","id":9,"session":"s","maxHz":0}"#, .malformed, 9),
            (#"{"type":"subscribe","id":9,"session":"s","maxHz":-1}"#, .malformed, 9),
            (#"{"type":"subscribe","id":9,"session":"s","maxHz":"4"}"#, .malformed, 9),
            (#"{"type":"unsubscribe","id":9}"#, .malformed, 9),
            (#"{"type":"command","id":9,"name":"n"}"#, .malformed, 9),
            (#"{"type":"command","id":9,"session":"s"}"#, .malformed, 9),
            (#"{"type":"command","id":9,"session":"s","name":""}"#, .malformed, 9),
            (#"{"type":"command","id":9,"session":"s","name":"n","key":1}"#, .malformed, 9),
            (#"{"type":"command","id":9,"session":"s","name":"n","key":""}"#, .invalidCommand, 9),
            (#"{"type":"command","id":9,"session":"s","name":"n","key":"a b"}"#, .invalidCommand, 9),
            (#"{"type":"command","id":9,"session":"s","name":"n","key":"é"}"#, .invalidCommand, 9),
            (#"{"type":"signal","id":9,"session":"s"}"#, .malformed, 9),
            (#"{"type":"ack","id":9,"session":"s"}"#, .malformed, 9),
            (#"{"type":"ack","id":9,"session":"s","offset":-1}"#, .malformed, 9),
            (#"{"type":"ack","id":9,"offset":1}"#, .malformed, 9),
        ] as [(String, FaultCode, Int64?)])
    func aFrameThatIsNotInItsFormIsRefused(text: String, code: FaultCode, id: Int64?) {
        let found = refusal(text)
        #expect(found?.fault.code == code)
        #expect(found?.id == id)
    }

    @Test func namesKeysAndListsHaveBounds() {
        let key = String(repeating: "k", count: ClientFrame.maxKeyBytes)
        #expect(refusal(#"{"type":"command","session":"s","name":"n","key":"\#(key)"}"#) == nil)
        #expect(
            refusal(#"{"type":"command","session":"s","name":"n","key":"\#(key)k"}"#)?.fault.code == .invalidCommand)
        let name = String(repeating: "n", count: ClientFrame.maxNameBytes)
        #expect(refusal(#"{"type":"command","session":"s","name":"\#(name)"}"#) == nil)
        #expect(refusal(#"{"type":"command","session":"s","name":"\#(name)n"}"#)?.fault.code == .malformed)
        let many = Array(repeating: #"{"session":"s"}"#, count: ClientFrame.maxHelloSubscriptions)
        #expect(refusal(#"{"type":"hello","subscribe":[\#(many.joined(separator: ","))]}"#) == nil)
        #expect(
            refusal(#"{"type":"hello","subscribe":[\#((many + many.prefix(1)).joined(separator: ","))]}"#)?.fault.code
                == .subscriptionLimit)
    }

    @Test func aRefusalDoesNotRepeatWhatWasSent() {
        let found = refusal(#"{"type":"hello","token":"secret-token"x}"#)
        #expect(found?.fault.detail.contains("secret") == false)
        let type = String(repeating: "x", count: 10_000)
        #expect((refusal(#"{"type":"\#(type)"}"#)?.fault.detail.utf8.count ?? .max) < 200)
    }

    // MARK: Over HTTP

    @Test func theBodyOfAPostIsACommandWithoutItsAddress() throws {
        let request = try ClientFrame.command(
            body: Array(#"{"name":"message.send","data":{"text":"x"},"session":"ignored/1"}"#.utf8),
            session: "conversation/c",
            key: "k")
        #expect(
            request
                == CommandRequest(
                    id: nil, session: "conversation/c", name: "message.send", key: "k", data: ["text": "x"]))
    }

    @Test(arguments: [
        ("{", FaultCode.malformed), ("[]", .malformed), ("{}", .malformed),
        (#"{"name":"n","key":""}"#, .invalidCommand),
    ])
    func aBodyThatIsNotOneIsRefused(text: String, code: FaultCode) {
        #expect(throws: FrameRefusal.self) { try ClientFrame.command(body: Array(text.utf8), session: "s", key: nil) }
        do {
            _ = try ClientFrame.command(body: Array(text.utf8), session: "s", key: nil)
        } catch {
            #expect(error.fault.code == code)
        }
    }

    @Test func aHeaderKeyOutsideItsFormIsRefused() {
        #expect(throws: FrameRefusal.self) {
            try ClientFrame.command(body: Array(#"{"name":"n"}"#.utf8), session: "s", key: "with space")
        }
    }

    @Test(arguments: [UInt64(1), 2, 3, .random(in: 0...UInt64.max)])
    func cutAndMutatedFramesAreRefusedOrReadAndNeverTrap(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let frames = [
            #"{"type":"hello","token":"t","subscribe":[{"session":"conversation/c","from":{"epoch":"e","offset":3}}]}"#,
            #"{"type":"command","id":4,"session":"conversation/c_1","name":"message.send","key":"01JD","data":{"text":"ก😀\u00e9"}}"#,
            #"{"type":"subscribe","session":"s","maxHz":1e5,"mode":"latest"}"#,
        ].map { Array($0.utf8) }
        for _ in 0..<2_000 {
            var bytes = random.element(of: frames)
            for _ in 0..<random.integer(1...3) {
                let at = random.integer(0...bytes.count - 1)
                switch random.integer(0...2) {
                case 0: bytes[at] = UInt8(random.integer(0...255))
                case 1: bytes.removeSubrange(at...)
                default: bytes.insert(contentsOf: random.bytes(2), at: at)
                }
                if bytes.isEmpty { bytes = [0x7B] }
            }
            do throws(FrameRefusal) {
                _ = try ClientFrame(bytes.span.bytes)
            } catch {
                #expect(error.fault.code.rawValue >= 2200, "seed \(seed)")
            }
        }
    }
}
