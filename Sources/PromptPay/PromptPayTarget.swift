/// Whom a code to pay with pays.
package enum PromptPayTarget: Hashable, Sendable {
    /// By transfer to what somebody registered.
    case proxy(PromptPayProxy)
    /// By bill payment.
    case biller(Biller)
}
