/// One entry of a conversation as a provider is shown it.
package struct AdvisorTurn: Equatable, Sendable {
    package enum Role: String, Equatable, Sendable { case user, assistant }

    package var role: Role
    /// Who wrote it: a subject of the tenant, or the advisor. Tells people apart where several talk.
    package var author: String
    package var text: String

    package init(role: Role, author: String, text: String) {
        self.role = role
        self.author = author
        self.text = text
    }
}
