import JSON
import TestSupport
import WireProtocol

extension FuzzTarget {
    /// The text of a client's frame, and (flag 1) the body of a command by HTTP.
    static let clientFrame = FuzzTarget(
        "client-frame",
        words: [
            "\"type\":\"", "hello", "subscribe", "unsubscribe", "command", "signal", "ack", "refresh", "ping",
            "\"session\":\"",
            "\"from\":{\"epoch\":\"", "\"offset\":", "\"mode\":\"latest\"", "\"maxHz\":", "\"key\":\"", "\"data\":",
            "\"id\":",
        ]
    ) { input in
        if input.has(1) { try checkCommand(input) }
        try checkFrequent(input.payload)
        let frame: ClientFrame
        switch read(input.payload) {
        case .failure(let refusal): return try check(refusal)
        case .success(let read): frame = read
        }
        try check(frame)
        let again = try read(frame.json.bytes).get()
        try expect(again == frame.withWholeNumbers, "\(frame) is read back as \(again)")
        if case .ping(let n) = frame {
            let pong = try JSONParser.parse(ServerFrame.pong(n: n))
            try expect(pong == ["type": "pong", "n": n.withWholeNumbers], "the pong is \(pong.text)")
        }
    } seeds: {
        let frames = [
            #"{"type":"hello","token":"a.b.c","client":"web 1","subscribe":[{"session":"conversation/c1","from":{"epoch":"e","offset":3}}]}"#,
            #"{"type":"subscribe","id":1,"session":"conversation/c1","mode":"latest","maxHz":2.5}"#,
            #"{"type":"unsubscribe","id":2,"session":"conversation/c1"}"#,
            #"{"type":"command","id":3,"session":"conversation/c1","name":"message.send","key":"k-1","data":{"text":"สวัสดี"}}"#,
            #"{"type":"signal","session":"conversation/c1","name":"typing","data":{"on":true}}"#,
            #"{"type":"ack","session":"conversation/c1","offset":7}"#, #"{"type":"refresh","id":9,"token":"a.b.c"}"#,
            #"{"type":"signal","name":"typing","session":"conversation/c1"}"#,
            #" { "n" : [1,{"a":"é\n\\"}] , "type" : "ping" } "#,
            #"{"type":"signal","session":"c/1","name":"t","data":{"a":1,"b":-5,"c":[true,false,null,[],{}],"d":"\"\\\n"}}"#,
            #"{"type":"ping","n":-9223372036854775808.0}"#, #"{"type":"ping"}"#, #"{"type":"none"}"#, "[]", "{", "{}",
            #"{"type":"e"# + String(repeating: "\u{301}", count: 300) + #""}"#,
            #"{"name":"message.send","key":"k","data":null}"#, #"{"type":"subscribe","id":1.5,"session":""}"#,
        ]
        return frames.flatMap { [FuzzInput.bytes($0.utf8), FuzzInput.bytes(flags: 1, $0.utf8)] }
    }

    /// Longer than any sentence of ours: what a fault quotes of a frame is cut.
    private static let maxDetailBytes = 256

    private static func read(_ text: [UInt8]) -> Result<ClientFrame, FrameRefusal> {
        Result { () throws(FrameRefusal) in try ClientFrame(text.span.bytes) }
    }

    private static func check(_ refusal: FrameRefusal) throws {
        let frame = try JSONParser.parse(ServerFrame.fault(id: refusal.id, refusal.fault))
        try expect(frame["code"]?.integer == Int64(refusal.fault.code.rawValue), "the fault's frame is \(frame.text)")
        try expect(frame["id"]?.integer == refusal.id, "the fault's frame is \(frame.text)")
        try expect(
            refusal.fault.detail.utf8.count <= maxDetailBytes, "\(refusal.fault.detail.utf8.count) bytes of detail")
    }

    private static func checkCommand(_ input: FuzzInput) throws {
        let command = Result { () throws(FrameRefusal) in
            try ClientFrame.command(body: input.payload, session: "conversation/c1", key: input.has(2) ? "header" : nil)
        }
        switch command {
        case .failure(let refusal): try check(refusal)
        case .success(let command):
            try check(.command(command))
            try expect(command.session == "conversation/c1", "the body chose the session")
            if input.has(2) { try expect(command.key == "header", "the body chose the key") }
        }
    }

    /// What is read without a tree is what the tree says, and is sent on as its writer would write it.
    private static func checkFrequent(_ text: [UInt8]) throws {
        guard let frequent = FrequentFrame(text.span.bytes) else { return }
        func string(_ place: Range<Int>) -> String { String(decoding: text[place], as: UTF8.self) }
        switch (frequent, try read(text).get()) {
        case (.ping(let place), .ping(let n)):
            try expect(place.map { Array(text[$0]) } ?? Array("null".utf8) == n.bytes, "the pong's n is not \(n.text)")
            var pong: [UInt8] = []
            text.withUnsafeBytes { text in
                let n = place.map { UnsafeRawBufferPointer(rebasing: text[$0]) }
                ServerFrame.withPong(n: n) { pong = Array($0) }
            }
            try expect(pong == ServerFrame.pong(n: n), "the pong is \(String(decoding: pong, as: UTF8.self))")
        case (.ack(let session, let offset), .ack(let expected, let number)):
            try expect(string(session) == expected && offset == number, "an ack of \(string(session)), \(offset)")
        case (.signal(let session, let name, let data), .signal(let expected, let word, let value)):
            try expect(string(session) == expected && string(name) == word, "a signal to \(string(session))")
            try expect(
                data.map { Array(text[$0]) } ?? Array("{}".utf8) == value.bytes, "the data are not \(value.text)")
            for subject in ["u_1", #"a "b" \ c"#] {
                let told = text.withUnsafeBytes { text in
                    let signal = SignalText(
                        session: UnsafeRawBufferPointer(rebasing: text[session]),
                        name: UnsafeRawBufferPointer(rebasing: text[name]),
                        data: data.map { UnsafeRawBufferPointer(rebasing: text[$0]) })
                    return signal.withFrame(from: subject) { frame in
                        var out = [UInt8](repeating: 0, count: frame.byteCount)
                        out.withUnsafeMutableBytes { frame.write(to: $0) }
                        return out
                    }
                }
                let expected = ServerFrame.signal(session: expected, name: word, from: subject, data: value)
                try expect(told == expected, "the others are told \(String(decoding: told, as: UTF8.self))")
            }
        case (_, let frame): try expect(false, "\(frame) is read as another")
        }
    }

    private static func check(_ frame: ClientFrame) throws {
        func check(_ request: SubscribeRequest) throws {
            try expect(SubscribeRequest.maxHzBounds.contains(request.maxHz), "\(request.maxHz) Hz")
            try expect((request.from?.offset ?? 0) >= 0, "a negative offset")
        }
        func check(name: String) throws {
            try expect((1...ClientFrame.maxNameBytes).contains(name.utf8.count), "a name of \(name.utf8.count) bytes")
        }
        switch frame {
        case .hello(_, _, let device, let requests):
            try expect(
                device.map { (1...ClientFrame.maxDeviceBytes).contains($0.utf8.count) } != false, "a long device")
            try expect(requests.count <= ClientFrame.maxHelloSubscriptions, "\(requests.count) subscriptions")
            for request in requests { try check(request) }
        case .subscribe(let request): try check(request)
        case .command(let command):
            try check(name: command.name)
            try expect(command.key.map(ClientFrame.isValid) != false, "the key \(command.key ?? "")")
        case .signal(_, let name, _): try check(name: name)
        case .ack(_, let offset): try expect(offset >= 0, "a negative offset")
        case .unsubscribe, .refresh, .ping: break
        }
    }
}

extension ClientFrame {
    /// The frame as a client would write it.
    fileprivate var json: JSONValue {
        switch self {
        case .hello(let token, let client, let device, let subscribe):
            [
                "type": "hello", "token": JSONValue(token), "client": JSONValue(client),
                "device": JSONValue(device),
                "subscribe": .array(subscribe.map(\.json)),
            ]
        case .subscribe(let request): request.json
        case .unsubscribe(let id, let session):
            ["type": "unsubscribe", "id": JSONValue(id), "session": .string(session)]
        case .command(let command):
            [
                "type": "command", "id": JSONValue(command.id), "session": .string(command.session),
                "name": .string(command.name), "key": JSONValue(command.key), "data": command.data,
            ]
        case .signal(let session, let name, let data):
            ["type": "signal", "session": .string(session), "name": .string(name), "data": data]
        case .ack(let session, let offset): ["type": "ack", "session": .string(session), "offset": .integer(offset)]
        case .refresh(let id, let token): ["type": "refresh", "id": JSONValue(id), "token": .string(token)]
        case .ping(let n): ["type": "ping", "n": n]
        }
    }

    /// With all numbers as a writer writes them.
    fileprivate var withWholeNumbers: ClientFrame {
        switch self {
        case .command(let command):
            .command(
                CommandRequest(
                    id: command.id, session: command.session, name: command.name, key: command.key,
                    data: command.data.withWholeNumbers))
        case .signal(let session, let name, let data):
            .signal(session: session, name: name, data: data.withWholeNumbers)
        case .ping(let n): .ping(n: n.withWholeNumbers)
        case .hello, .subscribe, .unsubscribe, .ack, .refresh: self
        }
    }
}

extension SubscribeRequest {
    fileprivate var json: JSONValue {
        let position = from.map { JSONValue.object(["epoch": .string($0.epoch), "offset": .integer($0.offset)]) }
        return [
            "type": "subscribe", "id": JSONValue(id), "session": .string(session), "from": position ?? .null,
            "mode": .string(mode.rawValue), "maxHz": .double(maxHz),
        ]
    }
}
