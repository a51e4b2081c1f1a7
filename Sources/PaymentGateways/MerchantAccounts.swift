package import Primitives

/// A tenant's accounts at the payment gateways, and the secret that SlipOK shows when it calls; nil: there is none.
package struct MerchantAccounts: Sendable {
    package var twoC2P: TwoC2P?
    package var omise: Omise?
    package var payMongo: PayMongo?
    package var slipWebhookSecret: Secret?

    package init(
        twoC2P: TwoC2P? = nil, omise: Omise? = nil, payMongo: PayMongo? = nil, slipWebhookSecret: Secret? = nil
    ) {
        self.twoC2P = twoC2P
        self.omise = omise
        self.payMongo = payMongo
        self.slipWebhookSecret = slipWebhookSecret
    }
}
