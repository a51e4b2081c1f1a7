package import Primitives

/// A tenant's accounts at the payment gateways, and the secret that SlipOK shows when it calls; nil: there is none.
package struct MerchantAccounts: Sendable {
    /// Where the tenant itself is paid by PromptPay.
    package struct PromptPayAccount: Sendable, Equatable {
        /// Phone, national or tax id, or e-wallet id.
        package let id: String
        /// As slips show the receiver.
        package let name: String?
        /// The last four digits of the account behind it.
        package let lastFour: String?

        package init(id: String, name: String? = nil, lastFour: String? = nil) {
            self.id = id
            self.name = name
            self.lastFour = lastFour
        }
    }

    package var twoC2P: TwoC2P?
    package var omise: Omise?
    package var payMongo: PayMongo?
    package var slipWebhookSecret: Secret?
    package var promptPay: PromptPayAccount?
    /// What the platform keeps of payments that it passes on, where no payment says otherwise. Basis points: 0 to 10,000.
    package var feeBasisPoints: Int64 = 0

    package init(
        twoC2P: TwoC2P? = nil, omise: Omise? = nil, payMongo: PayMongo? = nil, slipWebhookSecret: Secret? = nil
    ) {
        self.twoC2P = twoC2P
        self.omise = omise
        self.payMongo = payMongo
        self.slipWebhookSecret = slipWebhookSecret
    }
}
