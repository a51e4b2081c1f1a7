internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport

/// One company's language models: its dialect, and how they speak now. Confined to its loop.
final class ModelStandin: Standin {
    private let dialect: any ModelDialect
    private var model = ModelBehaviour()

    init(_ dialect: any ModelDialect) { self.dialect = dialect }

    var name: String { dialect.name }
    var settings: JSONObject { model.json }

    func change(_ members: JSONObject) throws(BehaviourError) {
        var next = model
        for member in members.members { try next.change(member) }
        model = next
    }

    func reset() { model = ModelBehaviour() }

    func failure(_ status: Int) -> HTTPResponse {
        .json(
            HTTPStatus(code: status) ?? .internalServerError,
            dialect.error(status, "The server had an error while processing your request."))
    }

    func receive(_ standinCall: StandinCall) {
        let id = String(standinCall.number, radix: 36)
        switch dialect.read(standinCall.request, path: standinCall.path) {
        case .failure(let refusal):
            standinCall.respond(
                .json(HTTPStatus(code: refusal.status) ?? .badRequest, dialect.error(refusal.status, refusal.message)))
        case .success(let call):
            let reply = ModelReply(call, model)
            if call.streams {
                ReplyStream(standinCall, dialect: dialect, call: call, reply: reply, model: model, id: id).start()
            } else {
                let tool = reply.tool
                let body = dialect.answer(
                    reply.tokens.joined(), tool: tool, reason: tool == nil ? reply.reason : "tool",
                    outputTokens: reply.tokens.count, call, id: id)
                standinCall.exchange.loop.schedule(after: model.firstToken) { standinCall.respond(.json(.ok, body)) }
            }
        }
    }
}

/// A streamed answer at the set pace: one event a token, on a schedule from the start, so that lateness does not add up.
private final class ReplyStream {
    private let standinCall: StandinCall
    private let exchange: HTTPExchange
    private let dialect: any ModelDialect
    private let call: ModelCall
    private let reply: ModelReply
    private let model: ModelBehaviour
    private let id: String
    private let startedAt: Instant
    private var sent = 0
    private var bytesLeft: Int?

    init(
        _ standinCall: StandinCall, dialect: any ModelDialect, call: ModelCall, reply: ModelReply,
        model: ModelBehaviour, id: String
    ) {
        self.standinCall = standinCall
        exchange = standinCall.exchange
        self.dialect = dialect
        self.call = call
        self.reply = reply
        self.model = model
        self.id = id
        startedAt = exchange.loop.time.now
        bytesLeft = standinCall.behaviour.disconnectAfterBytes
    }

    func start() {
        var headers = HTTPHeaders()
        headers.add("Content-Type", "text/event-stream; charset=utf-8")
        headers.add("Cache-Control", "no-cache")
        exchange.startStreaming(.ok, headers)
        write(dialect.stream(.begin, call, id: id))
        exchange.loop.schedule(after: model.firstToken) { [self] in proceed() }
    }

    private func proceed() {
        guard exchange.isOpen else { return }
        if let tool = reply.tool {
            write(dialect.stream(.tool(tool), call, id: id))
            return end("tool")
        }
        let interval = 1 / model.tokensPerSecond
        let elapsed = (exchange.loop.time.now.since(startedAt) - model.firstToken).inSeconds
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
        if bytesLeft == 0 { standinCall.disconnect() }
    }
}

/// What a stand-in says: what it was told to say, or an answer in Thai that fits the question.
struct ModelReply {
    let tokens: [String]
    let reason: String
    let tool: ModelBehaviour.ToolCall?

    init(_ call: ModelCall, _ behaviour: ModelBehaviour) {
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
    private static func goal(in call: ModelCall) -> ModelBehaviour.ToolCall? {
        guard let found = goals.first(where: { call.question.contains($0.word) }) else { return nil }
        let arguments: JSONValue = ["income": nil, "expenses": nil, "goals": [.string(found.goal)]]
        return ModelBehaviour.ToolCall(name: profileTool, arguments: arguments.text)
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
