internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives

/// `/api/message-settings/{tenantId}`: what customers of a tenant are told, and in which colours.
enum MessageSettingsRoutes {
    static func get(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        request.respond(try request.tenant().messages.json)
    }

    /// Changes the fields that are there.
    static func set(_ request: SlipServiceRequest) throws(SlipServiceRefusal) {
        let tenant = try request.tenant().tenant.id
        let fields = try BodyFields(request.http)
        let now = request.routed.services.identity.time.wallClock
        // Read once for what is wrong, and again on what is set up when it is its turn.
        _ = try MessageSettings(tenant: tenant).changed(by: fields, at: now)
        request.change { book in
            do throws(SlipServiceRefusal) {
                guard let settings = book[tenant] else { throw .noTenant(tenant) }
                return .success(.messages(try settings.messages.changed(by: fields, at: now)))
            } catch {
                return .failure(error)
            }
        } done: {
            request.respond(["success": true])
        }
    }
}

extension MessageSettings {
    /// The colours by their names in the document.
    fileprivate static var colorNames: [(String, WritableKeyPath<Colors, String>)] {
        [
            ("colorHeaderFooterBg", \.headerFooterBackground), ("colorBodyBg", \.bodyBackground),
            ("colorPrimary", \.primary), ("colorSuccessText", \.successText), ("colorValueText", \.valueText),
            ("colorSeparator", \.separator), ("colorMutedText", \.mutedText),
        ]
    }

    fileprivate func changed(by fields: BodyFields, at now: Timestamp) throws(SlipServiceRefusal) -> MessageSettings {
        var settings = self
        settings.imageReplyEnabled = try fields.flag("imageReplyEnabled") ?? imageReplyEnabled
        settings.duplicateReplyEnabled = try fields.flag("duplicateReplyEnabled") ?? duplicateReplyEnabled
        settings.flexMessageEnabled = try fields.flag("flexMessageEnabled") ?? flexMessageEnabled
        let words = TextRule.words(SlipServiceLimits.maxMessageCharacters, lines: true)
        settings.imageReplyMessage = try fields.text(optional: "imageReplyMessage", words) ?? imageReplyMessage
        // Null empties them, like the empty text.
        settings.flexLogoURL = try fields.text(ifPresent: "flexLogoUrl", .pageURL).or(flexLogoURL) ?? ""
        settings.gameURL = try fields.text(ifPresent: "gameUrl", .pageURL).or(gameURL) ?? ""
        for (name, path) in Self.colorNames {
            if let color = try fields.text(optional: name, .color) { settings.colors[keyPath: path] = color }
        }
        settings.updatedAt = now
        return settings
    }

    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "id": .string("msg-" + tenant), "tenantId": .string(tenant), "imageReplyEnabled": .bool(imageReplyEnabled),
            "imageReplyMessage": .string(imageReplyMessage), "duplicateReplyEnabled": .bool(duplicateReplyEnabled),
            "flexMessageEnabled": .bool(flexMessageEnabled), "flexLogoUrl": .string(flexLogoURL),
            "gameUrl": .string(gameURL),
        ]
        for (name, path) in Self.colorNames { object[name] = .string(colors[keyPath: path]) }
        object["updatedAt"] = JSONValue(updatedAt?.rfc3339)
        return .object(object)
    }
}
