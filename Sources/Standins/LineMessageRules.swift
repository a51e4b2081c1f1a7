internal import JSON

/// What LINE finds wrong with the messages of a request, in its words as far as they are known.
struct LineMessageRules {
    static let maxMessages = 5
    /// UTF-16 code units of a text.
    static let maxTextUnits = 5_000
    /// Of an `altText`; 400 is documented, newer sources say so many.
    static let maxAltTextUnits = 1_500
    static let maxQuickReplies = 13
    static let maxSenderUnits = 20

    private(set) var details: [LineRefusal.Detail] = []
    /// Of the first Flex message that is not well formed, with paths inside it.
    private(set) var flex: (index: Int, details: [LineRefusal.Detail])?

    /// Nil when nothing is wrong.
    static func refusal(_ messages: JSONValue?) -> LineRefusal? {
        var rules = LineMessageRules()
        rules.check(messages)
        if !rules.details.isEmpty { return .details(rules.details) }
        guard let flex = rules.flex else { return nil }
        return LineRefusal(
            400, "A message (messages[\(flex.index)]) in the request body is invalid", flex.details)
    }

    private mutating func check(_ messages: JSONValue?) {
        guard let messages, !messages.isNull else { return add("May not be empty", "messages") }
        guard let items = messages.array else { return add("Must be an array", "messages") }
        guard !items.isEmpty else { return add("May not be empty", "messages") }
        guard items.count <= Self.maxMessages else { return add("Size must be between 1 and 5", "messages") }
        for (index, item) in items.enumerated() { check(item, index) }
    }

    private mutating func check(_ message: JSONValue, _ index: Int) {
        let path = "messages[\(index)]"
        switch message["type"]?.string {
        case "text", "textV2": text(message, "text", path, 1...Self.maxTextUnits)
        case "sticker":
            text(message, "packageId", path, 1...20)
            text(message, "stickerId", path, 1...20)
        case "image":
            address(message, "originalContentUrl", path)
            address(message, "previewImageUrl", path)
        case "video":
            address(message, "originalContentUrl", path)
            address(message, "previewImageUrl", path)
        case "audio": address(message, "originalContentUrl", path)
        case "location":
            text(message, "title", path, 1...100)
            text(message, "address", path, 1...100)
            for name in ["latitude", "longitude"] where message[name]?.double == nil {
                add("May not be null", path + "." + name)
            }
        case "template", "imagemap":
            text(message, "altText", path, 1...Self.maxAltTextUnits)
        case "flex":
            text(message, "altText", path, 1...Self.maxAltTextUnits)
            guard let contents = message["contents"], !contents.isNull else {
                add("May not be empty", path + ".contents")
                break
            }
            let problems = FlexRules.problems(contents)
            if flex == nil, !problems.isEmpty { flex = (index, problems) }
        default:
            add(
                "Must be one of the following values: [text, image, video, audio, location, sticker, template, imagemap, flex]",
                path + ".type")
        }
        if let items = message["quickReply"]?["items"]?.array, !(1...Self.maxQuickReplies).contains(items.count) {
            add("Size must be between 1 and 13", path + ".quickReply.items")
        }
        if let name = message["sender"]?["name"]?.string, name.utf16.count > Self.maxSenderUnits {
            add("Length must be between 0 and 20", path + ".sender.name")
        }
    }

    private mutating func add(_ message: String, _ property: String) {
        details.append(LineRefusal.Detail(message: message, property: property))
    }

    private mutating func text(_ json: JSONValue, _ name: String, _ path: String, _ units: ClosedRange<Int>) {
        guard let text = json[name]?.string, !text.isEmpty else { return add("May not be empty", path + "." + name) }
        guard text.utf16.count <= units.upperBound else {
            return add("Length must be between 0 and \(units.upperBound)", path + "." + name)
        }
    }

    private mutating func address(_ json: JSONValue, _ name: String, _ path: String) {
        guard let url = json[name]?.string, !url.isEmpty else { return add("May not be empty", path + "." + name) }
        if !url.hasPrefix("https://") { add("Must be a valid HTTPS URL", path + "." + name) }
    }
}

/// What is wrong inside a Flex message (line-openapi: FlexContainer and below), with JSON-pointer-like paths.
struct FlexRules {
    private var details: [LineRefusal.Detail] = []

    static func problems(_ container: JSONValue) -> [LineRefusal.Detail] {
        var rules = FlexRules()
        switch container["type"]?.string {
        case "bubble": rules.bubble(container, "")
        case "carousel":
            let bubbles = container["contents"]?.array ?? []
            if bubbles.isEmpty { rules.add("must not be empty", "/contents") }
            for (index, item) in bubbles.enumerated() { rules.bubble(item, "/contents/\(index)") }
        default: rules.add("must be one of [bubble, carousel]", "/type")
        }
        return rules.details
    }

    private mutating func add(_ message: String, _ property: String) {
        details.append(LineRefusal.Detail(message: message, property: property))
    }

    private mutating func bubble(_ bubble: JSONValue, _ path: String) {
        guard bubble["type"]?.string == "bubble" else { return add("must be bubble", path + "/type") }
        if let size = bubble["size"], !Self.sizes.contains(size.string ?? "") {
            add("invalid property", path + "/size")
        }
        for name in ["header", "body", "footer"] {
            guard let block = bubble[name] else { continue }
            guard block["type"]?.string == "box" else {
                add("must be box", path + "/\(name)/type")
                continue
            }
            component(block, path + "/" + name)
        }
        if let hero = bubble["hero"] {
            if ["box", "image", "video"].contains(hero["type"]?.string) {
                component(hero, path + "/hero")
            } else {
                add("must be one of [box, image, video]", path + "/hero/type")
            }
        }
        if let styles = bubble["styles"]?.object {
            for style in styles.members { colors(style.value, path + "/styles/" + style.name) }
        }
        if let action = bubble["action"] { self.action(action, path + "/action") }
    }

    private mutating func component(_ json: JSONValue, _ path: String) {
        colors(json, path)
        if let action = json["action"] { self.action(action, path + "/action") }
        switch json["type"]?.string {
        case "box":
            if !["vertical", "horizontal", "baseline"].contains(json["layout"]?.string) {
                add("must be one of [vertical, horizontal, baseline]", path + "/layout")
            }
            guard let items = json["contents"]?.array else { return add("must be specified", path + "/contents") }
            for (index, item) in items.enumerated() { component(item, path + "/contents/\(index)") }
        case "text":
            if json["contents"] == nil, json["text"]?.string?.isEmpty ?? true {
                add("must be non-empty text", path + "/text")
            }
        case "image", "icon":
            if json["url"]?.string?.hasPrefix("https://") != true { add("invalid uri", path + "/url") }
        case "button": if json["action"] == nil { add("must be specified", path + "/action") }
        case "span", "separator", "filler", "spacer", "video": break
        default: add("unknown component type", path + "/type")
        }
    }

    private mutating func colors(_ json: JSONValue, _ path: String) {
        for name in ["color", "backgroundColor", "borderColor", "separatorColor"] {
            guard let value = json[name] else { continue }
            let digits = (value.string ?? "").utf8
            let isColor =
                digits.first == UInt8(ascii: "#") && [7, 9].contains(digits.count)
                && digits.dropFirst().allSatisfy(LineIdentifier.isHex)
            if !isColor { add("invalid color", path + "/" + name) }
        }
    }

    private mutating func action(_ json: JSONValue, _ path: String) {
        switch json["type"]?.string {
        case "uri":
            let uri = json["uri"]?.string ?? ""
            if !["http://", "https://", "line://", "tel:"].contains(where: uri.hasPrefix) {
                add("invalid uri scheme", path + "/uri")
            }
        case "postback":
            let data = json["data"]?.string ?? ""
            if !(1...300).contains(data.utf16.count) { add("invalid length", path + "/data") }
        case "message": if json["text"]?.string?.isEmpty ?? true { add("must be specified", path + "/text") }
        case "datetimepicker", "clipboard", "camera", "cameraRoll", "location", "richmenuswitch": break
        default: add("unknown action type", path + "/type")
        }
    }

    private static let sizes: Set<String> = ["nano", "micro", "deca", "hecto", "kilo", "mega", "giga"]
}

/// LINE's error answer: a message, and details of a body's properties.
struct LineRefusal: Error, Equatable {
    struct Detail: Equatable {
        let message: String
        let property: String
    }

    let status: Int
    let message: String
    let details: [Detail]
    /// What an accepted request with this retry key has sent.
    private(set) var sentMessages: JSONValue?

    /// A request that was accepted before, by its retry key.
    init(accepted sentMessages: JSONValue?) {
        self.init(409, "The retry key is already accepted")
        self.sentMessages = sentMessages
    }

    init(_ status: Int, _ message: String, _ details: [Detail] = []) {
        self.status = status
        self.message = message
        self.details = details
    }

    static func details(_ details: [Detail]) -> LineRefusal {
        LineRefusal(400, "The request body has \(details.count) error(s)", details)
    }

    /// A property of the wrong form.
    static func property(_ name: String) -> LineRefusal {
        LineRefusal(400, "The property, '\(name)', in the request body is invalid (line: -, column: -)")
    }

    static let authentication = LineRefusal(
        401,
        "Authentication failed due to the following reason: invalid token. Confirm that the access token in the authorization "
            + "header is valid.")
    static let notFound = LineRefusal(404, "Not found")
    static let replyToken = LineRefusal(400, "Invalid reply token")
    static let tooManyRequests = LineRefusal(429, "The API rate limit has been exceeded. Try again later.")
    static let quotaUsedUp = LineRefusal(429, "You have reached your monthly limit.")
    static let undeliverable = LineRefusal(400, "Failed to send messages")
    static let tooLarge = LineRefusal(413, "Request Entity Too Large")

    var json: JSONValue {
        var body: JSONObject = ["message": .string(message)]
        if !details.isEmpty {
            body["details"] = .array(
                details.map { ["message": .string($0.message), "property": .string($0.property)] })
        }
        if let sentMessages { body["sentMessages"] = sentMessages }
        return .object(body)
    }
}
