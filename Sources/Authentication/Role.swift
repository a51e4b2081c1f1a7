/// What a subject is to its tenant; what each may do is decided where it is asked.
package enum Role: String, CaseIterable, Sendable {
    case customer
    case provider
    case rider
    case staff
    case admin
    /// Who runs the server itself.
    case `operator`
    /// A platform's own back end.
    case service
}
