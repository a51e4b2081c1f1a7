internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport

/// One company's server: its dialect, how it behaves now, and the calls it received. Confined to its loop.
final class Standin: @unchecked Sendable {
    /// Calls kept for `GET /_control/{name}/calls`; older ones are forgotten.
    private static let maxCalls = 500

    private let dialect: any ModelDialect
    private let loop: EventLoop
    private let random: any RandomSource
    private(set) var behaviour = Behaviour()
    private var received: [ReceivedCall] = []
    private var callCount: UInt64 = 0

    init(dialect: any ModelDialect, loop: EventLoop, random: any RandomSource) {
        self.dialect = dialect
        self.loop = loop
        self.random = random
    }

    func change(_ json: JSONValue) throws(BehaviourError) {
        // All or nothing: a bad member leaves everything as it was.
        var next = behaviour
        try next.change(json)
        behaviour = next
    }

    func reset() { behaviour = Behaviour() }
    func clearCalls() { received = [] }
    var calls: [JSONValue] { received.map(\.json) }

    func receive(_ exchange: HTTPExchange, rest: Substring) {
        record(exchange)
        let behaviour = behaviour
        guard !behaviour.hangs else { return }
        callCount += 1
        let id = String(callCount, radix: 36)
        loop.schedule(after: behaviour.latency) { [self] in answer(exchange, rest, behaviour, id) }
    }

    private func record(_ exchange: HTTPExchange) {
        if received.count >= Self.maxCalls { received.removeFirst(Self.maxCalls / 2) }
        received.append(ReceivedCall(exchange))
    }

    private func answer(_ exchange: HTTPExchange, _ path: Substring, _ behaviour: Behaviour, _ id: String) {
        if let status = failure(behaviour) {
            var response = HTTPResponse.json(
                HTTPStatus(code: status) ?? .internalServerError,
                dialect.error(status, "The server had an error while processing your request."))
            if let seconds = behaviour.retryAfterSeconds { response.headers.set("Retry-After", String(seconds)) }
            return exchange.respond(response)
        }
        switch dialect.read(exchange.request, path: path) {
        case .failure(let refusal):
            exchange.respond(
                .json(HTTPStatus(code: refusal.status) ?? .badRequest, dialect.error(refusal.status, refusal.message)))
        case .success(let call):
            let reply = ModelReply(call, behaviour)
            if call.streams {
                ReplyStream(
                    exchange: exchange, dialect: dialect, call: call, reply: reply, behaviour: behaviour, id: id
                ).start()
            } else {
                let tool = reply.tool
                let body = dialect.answer(
                    reply.tokens.joined(), tool: tool, reason: tool == nil ? reply.reason : "tool",
                    outputTokens: reply.tokens.count, call, id: id)
                loop.schedule(after: behaviour.firstToken) { exchange.respond(.json(.ok, body)) }
            }
        }
    }

    private func failure(_ behaviour: Behaviour) -> Int? {
        if let status = behaviour.status { return status }
        guard behaviour.failRate > 0 else { return nil }
        let draw = Double(random.uint64() >> 11) / Double(1 << 53)
        return draw < behaviour.failRate ? behaviour.failureStatus : nil
    }
}

/// A streamed answer at the set pace: one event a token, on a schedule from the start, so that lateness does not add up.
private final class ReplyStream {
    private let exchange: HTTPExchange
    private let dialect: any ModelDialect
    private let call: ModelCall
    private let reply: ModelReply
    private let behaviour: Behaviour
    private let id: String
    private let startedAt: Instant
    private var sent = 0
    private var bytesLeft: Int?

    init(
        exchange: HTTPExchange, dialect: any ModelDialect, call: ModelCall, reply: ModelReply, behaviour: Behaviour,
        id: String
    ) {
        self.exchange = exchange
        self.dialect = dialect
        self.call = call
        self.reply = reply
        self.behaviour = behaviour
        self.id = id
        startedAt = exchange.loop.time.now
        bytesLeft = behaviour.disconnectAfterBytes
    }

    func start() {
        var headers = HTTPHeaders()
        headers.add("Content-Type", "text/event-stream; charset=utf-8")
        headers.add("Cache-Control", "no-cache")
        exchange.startStreaming(.ok, headers)
        write(dialect.stream(.begin, call, id: id))
        exchange.loop.schedule(after: behaviour.firstToken) { [self] in proceed() }
    }

    private func proceed() {
        guard exchange.isOpen else { return }
        if let tool = reply.tool {
            write(dialect.stream(.tool(tool), call, id: id))
            return end("tool")
        }
        let interval = 1 / behaviour.tokensPerSecond
        let elapsed = (exchange.loop.time.now.since(startedAt) - behaviour.firstToken).inSeconds
        let due = min(reply.tokens.count, Int(elapsed / interval) + 1)
        while sent < due {
            write(dialect.stream(.text(reply.tokens[sent]), call, id: id))
            sent += 1
            guard exchange.isOpen else { return }
        }
        guard sent < reply.tokens.count else { return end(reply.reason) }
        let next = Double(sent) * interval
        exchange.loop.schedule(after: .nanoseconds(Int64(max(0, next - elapsed) * 1e9))) { [self] in proceed() }
    }

    private func end(_ reason: String) {
        guard exchange.isOpen else { return }
        write(dialect.stream(.end(reason: reason, outputTokens: reply.tokens.count), call, id: id))
        exchange.finish()
    }

    private func write(_ bytes: [UInt8]) {
        guard let left = bytesLeft else { return exchange.write(bytes) }
        exchange.write(Array(bytes.prefix(left)))
        bytesLeft = left - min(left, bytes.count)
        // The cut comes a turn later, so that what was written before it is seen.
        if bytesLeft == 0 { exchange.loop.schedule(after: .milliseconds(5)) { [exchange] in exchange.abort() } }
    }
}

/// What a stand-in says: what it was told to say, or an answer in Thai that fits the question.
struct ModelReply {
    let tokens: [String]
    let reason: String
    let tool: Behaviour.ToolCall?

    init(_ call: ModelCall, _ behaviour: Behaviour) {
        let text = behaviour.text ?? Self.answer(to: call)
        var pieces = Self.tokens(of: text)
        if let count = behaviour.tokens {
            let source = pieces.isEmpty ? ["คำ"] : pieces
            pieces = (0..<count).map { source[$0 % source.count] }
        }
        if let most = call.maxTokens, pieces.count > most {
            pieces = Array(pieces.prefix(most))
            reason = "length"
        } else {
            reason = "stop"
        }
        tokens = pieces
        let wanted =
            behaviour.toolCall ?? (behaviour.text == nil && behaviour.tokens == nil ? Self.goal(in: call) : nil)
        tool = wanted.flatMap { !call.followsToolResult && call.toolNames.contains($0.name) ? $0 : nil }
    }

    /// Three characters a token, never inside one (a Thai vowel or tone mark stays with its consonant).
    private static func tokens(of text: String) -> [String] {
        var tokens: [String] = []
        var current = ""
        for character in text {
            current.append(character)
            if current.count == 3 || character == " " || character == "\n" {
                tokens.append(current)
                current = ""
            }
        }
        if !current.isEmpty { tokens.append(current) }
        return tokens
    }

    private static let profileTool = "record_financial_profile"
    private static let goals: [(word: String, goal: String)] = [
        ("ซื้อบ้าน", "ซื้อบ้าน"), ("ซื้อรถ", "ซื้อรถ"), ("เกษียณ", "เก็บเงินไว้ใช้หลังเกษียณ"), ("เที่ยว", "เก็บเงินไปเที่ยว"),
        ("ฉุกเฉิน", "มีเงินสำรองฉุกเฉิน"), ("แต่งงาน", "เก็บเงินแต่งงาน"), ("เก็บเงิน", "เก็บเงินให้ได้มากขึ้น"),
        ("ออมเงิน", "ออมเงินให้สม่ำเสมอ"),
    ]

    /// A model would notice a goal and report it through the tool that it was offered.
    private static func goal(in call: ModelCall) -> Behaviour.ToolCall? {
        guard let found = goals.first(where: { call.question.contains($0.word) }) else { return nil }
        let arguments: JSONValue = ["income": nil, "expenses": nil, "goals": [.string(found.goal)]]
        return Behaviour.ToolCall(name: profileTool, arguments: arguments.text)
    }

    private static func answer(to call: ModelCall) -> String {
        if call.followsToolResult || goals.contains(where: { call.question.contains($0.word) }) {
            return "เป้าหมายชัดเจนดีมากเลยค่ะ ลองเริ่มจากแบ่งเงินออมทันทีที่เงินเดือนเข้า สักสิบถึงยี่สิบเปอร์เซ็นต์ แล้วค่อยใช้ส่วนที่เหลือ "
                + "ทำแบบนี้ทุกเดือนจะเห็นผลเร็วกว่ารอให้เหลือแล้วค่อยเก็บค่ะ"
        }
        if call.system.contains("total expenses per month") {
            return "ขอบคุณที่เล่าให้ฟังนะคะ แล้วค่าใช้จ่ายต่อเดือนของคุณประมาณเท่าไหร่คะ รวมค่าที่พัก ค่าอาหาร ค่าเดินทาง และค่าผ่อนต่าง ๆ ด้วยค่ะ"
        }
        if call.system.contains("saving or planning for") {
            return "เห็นภาพรวมแล้วค่ะ ตอนนี้คุณมีเป้าหมายทางการเงินอะไรอยู่บ้างคะ เช่น มีเงินสำรองฉุกเฉิน ซื้อบ้าน หรือเก็บเงินไว้ใช้หลังเกษียณ"
        }
        if call.system.contains("own income per month") {
            return "สวัสดีค่ะ ยินดีช่วยวางแผนการเงินนะคะ ขอเริ่มจากรายได้ต่อเดือนของคุณก่อน ประมาณเท่าไหร่คะ"
        }
        if call.system.contains("What to do next: ask") || call.system.contains("what it is; ask") {
            return "ขอถามเพิ่มอีกนิดนะคะ จำนวนเงินที่พูดถึงเป็นรายได้หรือค่าใช้จ่าย และเป็นต่อเดือนหรือต่อปีคะ"
        }
        return "จากข้อมูลที่ให้มา แนะนำให้แบ่งเงินเป็นสามส่วนค่ะ ครึ่งหนึ่งสำหรับค่าใช้จ่ายจำเป็น สามสิบเปอร์เซ็นต์สำหรับสิ่งที่อยากได้ "
            + "และอย่างน้อยยี่สิบเปอร์เซ็นต์สำหรับเงินออม ค่อย ๆ ปรับทีละเดือนก็ได้นะคะ"
    }
}
