internal import Authentication
internal import HTTP1
internal import JSON
internal import LINEMessaging
internal import Primitives
internal import Reactor
internal import SlipPictures
internal import SlipQR
internal import Transport

/// Makes what users do into events, as LINE words them, and has them sent. Confined to the stand-ins' loop.
final class LineWebhooks {
    private unowned let line: LineStandin
    private let serverURL: String
    private let post: WebhookPost

    init(_ configuration: StandinServer.Configuration, line: LineStandin) {
        self.line = line
        serverURL = configuration.serverURL
        post = WebhookPost(
            loop: line.loop, userAgent: "LineBotWebhook/2.0", authoritiesPath: configuration.authoritiesPath)
    }

    func url(of channel: LineChannel) -> String { channel.webhookURL(serverURL) }

    // MARK: Control

    func control(_ exchange: HTTPExchange) {
        do throws(BehaviourError) {
            let order = try WebhookOrder(exchange.request.json ?? .null)
            guard let channel = line.channel(tenant: order.tenant, oa: order.oa) else {
                throw BehaviourError("no such account")
            }
            if order.isTogether || order.count == 1 {
                var events: [LineEvent] = []
                for _ in 0..<order.count { events.append(try event(order, channel)) }
                send(events, order, channel) { exchange.respond(.json(.ok, .object($0))) }
            } else {
                sendInTurn(order, channel, []) { exchange.respond(.json(.ok, .object($0))) }
            }
        } catch {
            exchange.respond(.json(.badRequest, ["error": .string(error.detail)]))
        }
    }

    /// One webhook after the other: the next leaves when the one before it is answered.
    private func sendInTurn(
        _ order: WebhookOrder, _ channel: LineChannel, _ answers: [JSONValue],
        _ completion: @escaping (JSONObject) -> Void
    ) {
        let event: LineEvent
        do throws(BehaviourError) { event = try self.event(order, channel) } catch {
            return completion(["error": .string(error.detail), "sent": .array(answers)])
        }
        send([event], order, channel) { [self] answer in
            let answers = answers + [.object(answer)]
            guard answers.count >= order.count else { return sendInTurn(order, channel, answers, completion) }
            var last = answer
            last["sent"] = .array(answers)
            completion(last)
        }
    }

    /// The answer has the last event's facts; `sent` lists those of all when there are several.
    private func send(
        _ events: [LineEvent], _ order: WebhookOrder, _ channel: LineChannel,
        _ completion: @escaping (JSONObject) -> Void
    ) {
        // "Verify" in LINE's console sends no events.
        let list: [JSONValue] = order.kind == .verify ? [] : events.map { .object($0.json) }
        deliver(list, to: url(of: channel), channel, badly: order.hasBadSignature) { outcome in
            var answer = outcome.json
            for (name, value) in events.last?.facts.members.map({ ($0.name, $0.value) }) ?? [] { answer[name] = value }
            if events.count > 1 { answer["sent"] = .array(events.map { .object($0.facts) }) }
            completion(answer)
        }
    }

    /// `POST /v2/bot/channel/webhook/test`.
    func test(_ channel: LineChannel, at endpoint: String?, _ completion: @escaping (JSONValue) -> Void) {
        let now = line.loop.time.wallClock
        deliver([], to: endpoint ?? url(of: channel), channel, badly: false) { outcome in
            completion([
                "success": .bool((200..<300).contains(outcome.status)), "timestamp": .string(now.rfc3339),
                "statusCode": .integer(Int64(outcome.status)),
                "reason": .string(outcome.failure ?? HTTPStatus(code: outcome.status)?.reason ?? ""),
                "detail": .string(String(outcome.status)),
            ])
        }
    }

    private func deliver(
        _ events: [JSONValue], to url: String, _ channel: LineChannel, badly: Bool,
        _ completion: @escaping (WebhookPost.Outcome) -> Void
    ) {
        let body: JSONValue = ["destination": .string(channel.account.destination), "events": .array(events)]
        let bytes = body.bytes
        // A bad one is the right one of another body: well formed, and wrong.
        let signature = channel.signature(of: badly ? bytes + [0x20] : bytes)
        post.send(bytes, to: url, headers: [(WebhookSignature.field, signature)], completion)
    }

    // MARK: Events

    private func event(_ order: WebhookOrder, _ channel: LineChannel) throws(BehaviourError) -> LineEvent {
        if let id = order.redeliver { return try redelivery(of: id, channel) }
        if let original = order.duplicateOf { return try duplicate(of: original, order, channel) }
        switch order.kind {
        case .verify: return LineEvent()
        case .text:
            return make(order, channel, "message", message: ["type": "text", "text": .string(order.text)])
        case .postback:
            return make(order, channel, "postback", ["postback": ["data": .string(order.data)]])
        case .follow:
            let wasBlocked = line.own.blocked.remove(order.user) != nil
            return make(order, channel, "follow", ["follow": ["isUnblocked": .bool(wasBlocked)]])
        case .unfollow:
            line.own.blocked.insert(order.user)
            return make(order, channel, "unfollow", isReplyable: false)
        case .image: return picture(try image(order), nil, order, channel)
        case .slip:
            let slip = try slip(order, channel)
            let bytes: [UInt8]
            if let image = order.image { bytes = image } else { bytes = try draw(slip.code.text, order) }
            line.desk.book.add(slip)
            return picture(bytes, slip.code, order, channel)
        }
    }

    /// Who pays is the user of the back end who uses that LINE account; who is paid, the tenant's first account.
    private func slip(_ order: WebhookOrder, _ channel: LineChannel) throws(BehaviourError) -> Slip {
        guard let backend = line.backend.tenant(channel.account.tenant), let user = backend.user(ofLINE: order.user),
            let account = backend.accounts.first
        else { throw BehaviourError("the back end has no users or no accounts") }
        let now = line.loop.time.wallClock
        let sender = order.sender.applied(to: user.party)
        let code: SlipQR
        if let payload = order.payload {
            do throws(SlipQRViolation) { code = try SlipQR(payload) } catch {
                throw BehaviourError("payload is no slip's code: \(error.rawValue)")
            }
        } else if let minted = line.desk.mint.next(bank: sender.bank.code, at: now) {
            code = minted
        } else {
            throw BehaviourError("no reference for that bank")
        }
        return Slip(
            code: code, amount: order.amount, at: order.transferredAt ?? now, sender: sender,
            receiver: order.receiver.applied(to: account.party))
    }

    /// The same picture in a new message of a new event.
    private func duplicate(
        of original: String, _ order: WebhookOrder, _ channel: LineChannel
    ) throws(BehaviourError) -> LineEvent {
        if let content = line.records.contents[original] { return picture(content.bytes, content.code, order, channel) }
        guard let slip = line.desk.book.slip(reference: original) else {
            throw BehaviourError("duplicateOf: no such slip or message")
        }
        let held = line.records.messageOfSlip[slip.code].flatMap { line.records.contents[$0]?.bytes }
        let bytes: [UInt8]
        if let held { bytes = held } else { bytes = try draw(slip.code.text, order) }
        return picture(bytes, slip.code, order, channel)
    }

    private func redelivery(of id: String, _ channel: LineChannel) throws(BehaviourError) -> LineEvent {
        guard let event = line.records.events[id], event.channel == channel.id else {
            throw BehaviourError("redeliver: no such event")
        }
        var again = LineEvent()
        again.json = event.json
        again.json["deliveryContext"] = ["isRedelivery": true]
        again.facts = event.facts
        return again
    }

    /// A picture that is no slip: what was given, one of another code, or a black one, in which there is none.
    private func image(_ order: WebhookOrder) throws(BehaviourError) -> [UInt8] {
        if let image = order.image { return image }
        var order = order
        if order.payload == nil { order.brightness = 0 }
        return try draw(order.payload ?? "-", order)
    }

    private func draw(_ payload: String, _ order: WebhookOrder) throws(BehaviourError) -> [UInt8] {
        var picture = SlipPicture(payload: payload)
        picture.turnedBy = order.turnedBy
        picture.brightness = order.brightness
        do throws(SlipPictureFailure) { return try picture.png() } catch {
            throw BehaviourError("no picture can be drawn of that payload")
        }
    }

    private func picture(
        _ bytes: [UInt8], _ code: SlipQR?, _ order: WebhookOrder, _ channel: LineChannel
    ) -> LineEvent {
        var event = make(
            order, channel, "message", message: ["type": "image", "contentProvider": ["type": "line"]])
        let message = event.facts["message"]?.string ?? ""
        line.records.contents.note(
            LineContent(channel: channel.id, bytes: bytes, code: code), for: message, bytes: bytes.count)
        guard let code else { return event }
        line.desk.book.addPicture(digest: SHA256.digest(bytes), payload: code.text)
        line.records.messageOfSlip.note(message, for: code)
        event.facts["transRef"] = .string(code.reference)
        event.facts["bank"] = .string(code.sendingBank)
        event.facts["payload"] = .string(code.text)
        remember(event, channel)
        return event
    }

    /// `members` are the event's own; `message` gets its id and tokens here.
    private func make(
        _ order: WebhookOrder, _ channel: LineChannel, _ type: String, _ members: JSONObject = [:],
        message: JSONObject? = nil, isReplyable: Bool = true
    ) -> LineEvent {
        let now = line.loop.time.wallClock
        var event = LineEvent()
        let id = LineIdentifier.ulid(at: now, line.random)
        event.json = [
            "type": .string(type), "mode": "active", "timestamp": .integer(now.microseconds / 1_000),
            "webhookEventId": .string(id), "deliveryContext": ["isRedelivery": false],
            "source": ["type": "user", "userId": .string(order.user)],
        ]
        event.facts = ["event": .string(id), "user": .string(order.user)]
        if isReplyable {
            let token = Hex.text(line.random.bytes(16))
            line.replyTokens.issue(token, channel: channel.id, user: order.user, at: line.loop.time.now)
            event.json["replyToken"] = .string(token)
            event.facts["replyToken"] = .string(token)
        }
        for member in members.members { event.json[member.name] = member.value }
        if var message {
            let messageID = line.nextMessageID()
            let readToken = Base64.encodeURLSafe(line.random.bytes(12))
            line.records.readTokens.note(channel.id, for: readToken)
            message["id"] = .string(messageID)
            message["quoteToken"] = .string(Base64.encodeURLSafe(line.random.bytes(24)))
            message["markAsReadToken"] = .string(readToken)
            event.json["message"] = .object(message)
            event.facts["message"] = .string(messageID)
        }
        remember(event, channel)
        return event
    }

    private func remember(_ event: LineEvent, _ channel: LineChannel) {
        guard let id = event.facts["event"]?.string else { return }
        line.records.events.note(
            LineRecords.Event(channel: channel.id, json: event.json, facts: event.facts), for: id)
    }
}

/// An event to be sent, and what the control's answer says of it.
struct LineEvent {
    var json = JSONObject()
    var facts = JSONObject()
}
