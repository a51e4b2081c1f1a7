/// How much of everything one webhook may have.
package struct WebhookLimits: Sendable {
    package var maxBodyBytes = 1024 * 1024
    /// LINE does not say how many it sends at most; it has been seen to send a handful.
    package var maxEvents = 100
    /// Ids and tokens: the longest that LINE documents has 33 characters, quote tokens are longer.
    package var maxIdentifierBytes = 256
    /// Texts, postback data, URLs and names. A message has at most 5,000 characters.
    package var maxTextBytes = 32 * 1024
    /// Members of a postback's parameters; LINE sends two.
    package var maxParameters = 8

    package init() {}
}
