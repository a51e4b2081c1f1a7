/// As what somebody acts on an order.
package enum OrderParty: String, Sendable, CaseIterable {
    /// Whose order it is.
    case customer
    /// Who does what was ordered.
    case provider
    /// Who is assigned to bring it.
    case rider
    /// A person of the tenant: staff, admin or operator.
    case staff
    /// The tenant's back end.
    case service
    /// The order's payment; no person.
    case payment
}
