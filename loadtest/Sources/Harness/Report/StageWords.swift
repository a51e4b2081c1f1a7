/// What the stages, columns and kinds of the document are called where people read them.
enum StageWords {
    /// What of a stage is measured; every latency begins at the instant at which it was meant to.
    static func meaning(_ stage: String) -> String {
        switch stage {
        case "connect": "from the intended start to the first snapshot or welcome"
        case "resume": "from reconnected to caught up"
        case "message.ok": "from the intended send to the server's durable acknowledgement"
        case "message.event": "from the intended send to the event at each subscriber"
        case "reply.first": "to the first words of an advisor's reply"
        case "reply.end": "to the end of an advisor's reply"
        case "value": "from a rider's position to its viewers"
        case "slip.answer": "until the webhook was answered"
        case "slip.credit": "until the slip's money was credited"
        case "payment.create": "until the payment was created"
        case "payment.done": "until the payment was over"
        case "payment.webhook": "from a gateway's call to the end of the payment"
        case "request": "a plain HTTP request"
        default: ""
        }
    }

    /// `2026-03-01 12:00:00 UTC`, `2026-03-01 19:00:00 +07:00` of an RFC 3339 time; what is none stays as it is.
    static func moment(_ time: String) -> String {
        let parts = time.split(separator: "T", maxSplits: 1)
        guard parts.count == 2, let zone = parts[1].lastIndex(where: { "Z+-".contains($0) }) else { return time }
        let clock = parts[1][..<zone].prefix { $0 != "." }
        return "\(parts[0]) \(clock) \(parts[1][zone...] == "Z" ? "UTC" : parts[1][zone...])"
    }

    static func column(_ name: String) -> String {
        switch name {
        case "connections": "open connections"
        case "serverCPU": "server"
        case "serverMemory": "resident memory"
        case "generatorCPU": "generator"
        case "lateness": "p99 of the lateness"
        default: name
        }
    }

    /// What broke the promise, as a sentence goes on after a number.
    static func kind(_ kind: Oracle.Kind) -> String {
        switch kind {
        case .lost: "lost: acknowledged, or in the journal, and not where it had to be seen"
        case .duplicated: "duplicated: seen twice, or in the journal twice"
        case .reordered: "reordered: an offset before a smaller one"
        case .regressed: "regressed: a state older than one that was seen before"
        case .stuck: "stuck: never answered, never ended or never caught up"
        case .unbalanced: "unbalanced: books that do not agree"
        }
    }
}
