package import JSON

/// What a platform's token says of its bearer besides the role: which menus of its pages they may open, which actions they may
/// take, and who they are for people. In tokens the claims `menuPermissions`, `permissions`, `email` and `name`.
///
/// Only façades look at it. What is not in the agreed form gives nothing, for the claims are other people's and may mean something
/// else there. An object, since sockets keep their principal and few tokens have this.
package final class PlatformStanding: Sendable, Equatable {
    /// As the platform names them: `Chat`, `Log`.
    package let menus: Set<String>
    /// As the platform names them: `READ:ActivityLog`.
    package let permissions: Set<String>
    package let email: String?
    package let name: String?

    /// Menus, and permissions, that are read of a token; those behind give nothing.
    package static let maxItems = 128
    /// UTF-8 bytes of a menu, a permission, an e-mail address or a name.
    package static let maxTextBytes = 254

    package init(
        menus: Set<String> = [], permissions: Set<String> = [], email: String? = nil, name: String? = nil
    ) {
        self.menus = menus
        self.permissions = permissions
        self.email = email
        self.name = name
    }

    /// Nil when the claims say nothing of it.
    convenience init?(claims: JSONObject) {
        let menus = Self.names(claims["menuPermissions"])
        let permissions = Self.names(claims["permissions"])
        let email = Self.text(claims["email"])
        let name = Self.text(claims["name"])
        if menus.isEmpty, permissions.isEmpty, email == nil, name == nil { return nil }
        self.init(menus: menus, permissions: permissions, email: email, name: name)
    }

    /// A list of names, or of objects with one, as the platform's documents show a role.
    private static func names(_ claim: JSONValue?) -> Set<String> {
        guard let items = claim?.array else { return [] }
        return Set(items.prefix(maxItems).compactMap { text($0) ?? text($0["name"]) })
    }

    private static func text(_ claim: JSONValue?) -> String? {
        guard let text = claim?.string, (1...maxTextBytes).contains(text.utf8.count) else { return nil }
        return text
    }

    /// The claims that `init(claims:)` reads.
    package var claims: JSONObject {
        var claims = JSONObject()
        if !menus.isEmpty { claims["menuPermissions"] = .array(menus.sorted().map(JSONValue.string)) }
        if !permissions.isEmpty { claims["permissions"] = .array(permissions.sorted().map(JSONValue.string)) }
        if let email { claims["email"] = .string(email) }
        if let name { claims["name"] = .string(name) }
        return claims
    }

    package static func == (one: PlatformStanding, other: PlatformStanding) -> Bool {
        one === other
            || one.menus == other.menus && one.permissions == other.permissions && one.email == other.email
                && one.name == other.name
    }
}
