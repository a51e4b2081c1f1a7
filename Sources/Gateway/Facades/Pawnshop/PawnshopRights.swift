internal import Authentication
internal import Domain
internal import HTTP1
internal import WireProtocol

/// A menu of the platform's pages that a route belongs to. The document's parts do not name all of them alike.
enum PawnshopMenu: Sendable {
    case chat, log, metrics

    var names: Set<String> {
        switch self {
        case .chat: ["Chat", "CHAT"]
        case .log: ["Log", "Logs", "Activity & Change Logs", "LOG"]
        case .metrics: ["Metrics", "Metrics & Monitoring", "METRICS"]
        }
    }

    /// For people.
    var title: String {
        switch self {
        case .chat: "Chat"
        case .log: "Log"
        case .metrics: "Metrics"
        }
    }
}

/// An action of the platform that its roles are given one by one.
enum PawnshopPermission: String, Sendable {
    case readActivityLog = "READ:ActivityLog"
    case deleteActivityLog = "DELETE:ActivityLog"
}

extension Principal {
    /// The platform's own programs have no menus, and whoever runs the server needs none.
    private var isAboveMenus: Bool { role == .service || role == .operator }

    func require(_ menu: PawnshopMenu) throws(PawnshopRefusal) {
        guard isAboveMenus || standing?.menus.isDisjoint(with: menu.names) == false else {
            throw PawnshopRefusal(
                .forbidden, "MENU_ACCESS_DENIED", "Menu access denied", "You need access to the menu '\(menu.title)'")
        }
    }

    func require(_ permission: PawnshopPermission) throws(PawnshopRefusal) {
        guard isAboveMenus || standing?.permissions.contains(permission.rawValue) == true else {
            throw PawnshopRefusal(
                .forbidden, "INSUFFICIENT_PERMISSIONS", "Insufficient permissions",
                "You need '\(permission.rawValue)' permission to perform this action")
        }
    }

    var isPlatformAdmin: Bool { isAboveMenus || role == .admin }

    func requireAdmin() throws(PawnshopRefusal) {
        guard isPlatformAdmin else {
            throw PawnshopRefusal(
                .forbidden, "INSUFFICIENT_PERMISSIONS", "Insufficient permissions", "Only administrators may do this")
        }
    }
}
