internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport

extension LineStandin {
    func receive(_ call: StandinCall) {
        guard let channel = authenticated(call.request) else { return call.refuse(.authentication) }
        let path = Array(call.segments)
        guard path.count >= 3, path[0] == "v2", path[1] == "bot" else { return call.refuse(.notFound) }
        guard !own.rateLimited else { return call.refuse(.tooManyRequests) }
        let rest = path.dropFirst(2).joined(separator: "/")
        switch call.request.method {
        case .get: get(call, channel, rest, path)
        case .post, .put:
            do throws(LineRefusal) {
                try post(call, channel, rest, try Self.body(call.request))
            } catch { call.refuse(error) }
        default: call.refuse(.notFound)
        }
    }

    private func authenticated(_ request: HTTPRequest) -> LineChannel? {
        guard let field = request.headers.first("Authorization"), field.hasPrefix("Bearer ") else { return nil }
        let token = field.dropFirst(7)
        return channels.first { $0.account.accessToken.reveal() == token }
    }

    private static func body(_ request: HTTPRequest) throws(LineRefusal) -> JSONValue {
        guard request.body.count <= maxRequestBytes else { throw .tooLarge }
        // The test of a webhook may come without a body.
        guard !request.body.isEmpty || request.headers.first("Content-Type") != nil else { return [:] }
        let type = request.headers.first("Content-Type") ?? ""
        guard type.lowercased().hasPrefix("application/json") else {
            throw LineRefusal(415, "The content type, \(type), is not supported")
        }
        guard let json = request.json, json.object != nil else {
            throw LineRefusal(400, "The request body could not be parsed as JSON (line: 1, column: 1)")
        }
        return json
    }

    // MARK: Reading

    private func get(_ call: StandinCall, _ channel: LineChannel, _ path: String, _ segments: [String]) {
        switch path {
        case "info":
            call.respond(
                .json(
                    .ok,
                    [
                        "userId": .string(channel.account.destination), "basicId": .string("@" + channel.account.oa),
                        "displayName": .string(channel.account.oa), "chatMode": "bot", "markAsReadMode": "manual",
                    ]))
        case "message/quota":
            call.respond(
                .json(.ok, own.quota.map { ["type": "limited", "value": .integer(Int64($0))] } ?? ["type": "none"]))
        case "message/quota/consumption":
            call.respond(.json(.ok, ["totalUsage": .integer(Int64(channel.usage))]))
        case "channel/webhook/endpoint":
            call.respond(
                .json(
                    .ok,
                    ["endpoint": .string(webhooks?.url(of: channel) ?? ""), "active": true]))
        default:
            if segments.count == 4, segments[2] == "profile" {
                profile(call, channel, segments[3])
            } else if segments.count >= 5, segments[2] == "message", segments[4] == "content" {
                content(call, channel, segments[3], segments.dropFirst(5).first)
            } else {
                call.refuse(.notFound)
            }
        }
    }

    private func profile(_ call: StandinCall, _ channel: LineChannel, _ user: String) {
        guard LineIdentifier.isUser(user), !own.blocked.contains(user), !own.unknown.contains(user) else {
            return call.refuse(.notFound)
        }
        let name = backend.tenant(channel.account.tenant)?.user(ofLINE: user)?.party.nameTh
        let given = name?.split(separator: " ").dropFirst().first.map(String.init)
        call.respond(
            .json(
                .ok,
                [
                    "displayName": .string(given ?? "LINE"), "userId": .string(user), "language": "th",
                    "pictureUrl": .string("https://profile.line-scdn.example/\(user)"),
                ]))
    }

    /// `part`: nil for all of it. A preview is the same picture here; LINE's is smaller.
    private func content(_ call: StandinCall, _ channel: LineChannel, _ message: String, _ part: String?) {
        guard !own.contentGone, let content = records.contents[message], content.channel == channel.id else {
            return call.refuse(.notFound)
        }
        guard content.pendingTimes >= own.contentPendingTimes else {
            records.contents.update(message) { $0.pendingTimes += 1 }
            return call.respond(HTTPResponse(status: .accepted))
        }
        switch part {
        case nil, "preview":
            call.respond(HTTPResponse(status: .ok, headers: ["Content-Type": content.type], body: content.bytes))
        case "transcoding": call.respond(.json(.ok, ["status": "succeeded"]))
        default: call.refuse(.notFound)
        }
    }

    // MARK: Writing

    private func post(
        _ call: StandinCall, _ channel: LineChannel, _ path: String, _ body: JSONValue
    ) throws(LineRefusal) {
        switch (call.request.method, path) {
        case (.post, "message/reply"): try reply(call, channel, body)
        case (.post, "message/push"): try push(call, channel, body)
        case (.post, "message/multicast"): try multicast(call, channel, body)
        case (.post, "message/validate/reply"), (.post, "message/validate/push"),
            (.post, "message/validate/multicast"), (.post, "message/validate/narrowcast"),
            (.post, "message/validate/broadcast"):
            if let refusal = LineMessageRules.refusal(body["messages"]) { throw refusal }
            call.respond(.json(.ok, [:]))
        case (.post, "chat/loading/start"):
            guard let chat = body["chatId"]?.string, LineIdentifier.isUser(chat) else { throw .property("chatId") }
            // Left out, it is 20 s, as far as is known.
            let seconds = body["loadingSeconds"]?.integer ?? (body["loadingSeconds"] == nil ? 20 : 0)
            guard (5...60).contains(seconds), seconds % 5 == 0 else { throw .property("loadingSeconds") }
            call.respond(.json(.accepted, [:]))
        case (.post, "chat/markAsRead"):
            guard let token = body["markAsReadToken"]?.string, records.readTokens[token] == channel.id else {
                throw .property("markAsReadToken")
            }
            call.respond(.json(.ok, [:]))
        case (.post, "message/markAsRead"):
            guard let user = body["chat"]?["userId"]?.string, LineIdentifier.isUser(user) else {
                throw .property("chat")
            }
            call.respond(.json(.ok, [:]))
        case (.put, "channel/webhook/endpoint"):
            // LINE itself takes https only.
            guard let url = body["endpoint"]?.string, url.hasPrefix("https://") || url.hasPrefix("http://"),
                url.utf8.count <= 500
            else { throw LineRefusal(400, "Invalid webhook endpoint URL") }
            channel.endpoint = url
            call.respond(.json(.ok, [:]))
        case (.post, "channel/webhook/test"):
            webhooks?.test(channel, at: body["endpoint"]?.string) { call.respond(.json(.ok, $0)) }
        default: throw .notFound
        }
    }

    private func reply(_ call: StandinCall, _ channel: LineChannel, _ body: JSONValue) throws(LineRefusal) {
        guard call.request.headers.first("X-Line-Retry-Key") == nil else {
            throw LineRefusal(400, "The retry key is not supported for this API")
        }
        var details: [LineRefusal.Detail] = []
        if body["replyToken"]?.string?.isEmpty ?? true {
            details.append(LineRefusal.Detail(message: "May not be empty", property: "replyToken"))
        }
        if let refusal = LineMessageRules.refusal(body["messages"]) {
            guard !details.isEmpty, refusal.message.hasPrefix("The request body has") else { throw refusal }
            details += refusal.details
        }
        guard details.isEmpty, let token = body["replyToken"]?.string, let messages = body["messages"] else {
            throw .details(details)
        }
        guard
            let user = replyTokens.use(
                token, channel: channel.id, at: loop.time.now, lifetime: .seconds(Int64(own.replyTokenSeconds)))
        else { throw .replyToken }
        deliver(messages, to: user, way: "reply", channel)
        call.respond(.json(.ok, ["sentMessages": sentMessages(messages)]))
    }

    private func push(_ call: StandinCall, _ channel: LineChannel, _ body: JSONValue) throws(LineRefusal) {
        let key = try retryKey(call, channel, "push")
        if let refusal = LineMessageRules.refusal(body["messages"]) { throw refusal }
        guard let to = body["to"]?.string, LineIdentifier.isDestination(to) || LineIdentifier.isUser(to),
            let messages = body["messages"]
        else { throw .property("to") }
        guard !own.unknown.contains(to) else { throw .undeliverable }
        try spend(1, channel)
        deliver(messages, to: to, way: "push", channel)
        let sent = sentMessages(messages)
        accept(key, call, sent)
        call.respond(.json(.ok, ["sentMessages": sent]))
    }

    private func multicast(_ call: StandinCall, _ channel: LineChannel, _ body: JSONValue) throws(LineRefusal) {
        let key = try retryKey(call, channel, "multicast")
        if let refusal = LineMessageRules.refusal(body["messages"]) { throw refusal }
        guard let to = body["to"]?.array?.compactMap(\.string), (1...Self.maxRecipients).contains(to.count),
            to.count == body["to"]?.array?.count, to.allSatisfy(LineIdentifier.isUser), let messages = body["messages"]
        else { throw .property("to") }
        try spend(to.count, channel)
        for user in to { deliver(messages, to: user, way: "multicast", channel) }
        accept(key, call, nil)
        call.respond(.json(.ok, [:]))
    }

    /// Nil without one. What was accepted with it is told again by throwing.
    private func retryKey(
        _ call: StandinCall, _ channel: LineChannel, _ name: String
    ) throws(LineRefusal) -> RetryKeys.Key? {
        guard let text = call.request.headers.first("X-Line-Retry-Key") else { return nil }
        guard RetryKeys.isKey(text) else { throw LineRefusal(400, "The retry key is invalid") }
        let key = RetryKeys.Key(channel: channel.id, call: name, key: text.lowercased())
        guard let earlier = retryKeys.acceptance(key, at: loop.time.now) else { return key }
        call.exchange.commonHeaders.append(("X-Line-Accepted-Request-Id", earlier.request))
        throw LineRefusal(accepted: earlier.sentMessages)
    }

    private func accept(_ key: RetryKeys.Key?, _ call: StandinCall, _ sent: JSONValue?) {
        guard let key else { return }
        let request = call.exchange.commonHeaders.first { $0.name == "X-Line-Request-Id" }?.value ?? ""
        retryKeys.accept(key, RetryKeys.Acceptance(request: request, sentMessages: sent, at: loop.time.now))
    }

    /// Replies are free; everything else counts against the month's messages, one for each who gets it.
    private func spend(_ count: Int, _ channel: LineChannel) throws(LineRefusal) {
        guard !own.quotaExhausted, own.quota.map({ channel.usage + count <= $0 }) ?? true else { throw .quotaUsedUp }
        channel.usage += count
    }

    /// Who blocked the account is told nothing, and nobody hears of it.
    private func deliver(_ messages: JSONValue, to user: String, way: String, _ channel: LineChannel) {
        guard !own.blocked.contains(user) else { return }
        records.note(sent: messages, to: user, way: way, account: channel.account, at: loop.time.wallClock)
    }

    private func sentMessages(_ messages: JSONValue) -> JSONValue {
        .array(
            (messages.array ?? []).map { message in
                var sent: JSONObject = ["id": .string(nextMessageID())]
                if ["text", "sticker", "image", "video", "template"].contains(message["type"]?.string) {
                    sent["quoteToken"] = .string(Base64.encodeURLSafe(random.bytes(24)))
                }
                return .object(sent)
            })
    }
}

extension StandinCall {
    func refuse(_ refusal: LineRefusal) {
        respond(.json(HTTPStatus(code: refusal.status) ?? .badRequest, refusal.json))
    }
}
