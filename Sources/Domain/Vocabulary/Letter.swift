package import JSON

/// What one session tells another one because of an event: a command to it, which is decided exactly once, whatever crashes in
/// between. Within the tenant: a letter cannot name another one.
package struct Letter: Sendable, Equatable {
    package let kind: SessionKind
    package let id: String
    package let command: String
    /// The command's `data`.
    package let data: JSONValue

    package init(to kind: SessionKind, _ id: String, _ command: String, _ data: JSONValue) {
        self.kind = kind
        self.id = id
        self.command = command
        self.data = data
    }

    /// Who sends the commands that letters are: no subject of the tenant's.
    package static let sender = "sala"

    package static func caller(tenant: String) -> Caller { Caller(tenant: tenant, subject: sender, role: .service) }
}
