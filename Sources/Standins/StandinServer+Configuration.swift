internal import Authentication
package import Primitives

extension StandinServer {
    /// What the stand-ins are told at their start.
    package struct Configuration: Sendable {
        /// The LINE Official Accounts that there are. Without any, every call to LINE is answered with 401.
        package var lineAccounts: [LineAccount] = []
        /// Where webhooks go, without a slash at the end: an account's path, `/webhook/{tenant}/{oa}`, is added. A channel's own
        /// endpoint, set through LINE's API, goes before it.
        package var serverURL = ""
        /// The payment gateways' accounts, and what SlipOK shows.
        package var gateways = Gateways()
        /// A PEM file of authorities that webhooks over TLS trust; nil: the system's.
        package var authoritiesPath: String?

        package init() {}
    }

    /// The payment gateways that there are.
    package struct Gateways: Sendable {
        package var twoC2P = GatewayAccount()
        package var omise = GatewayAccount()
        package var payMongo = GatewayAccount()
        package var slipOK = GatewayAccount()

        package init() {}
    }

    /// One merchant at one payment gateway. Without a secret, webhooks are signed with an empty one.
    package struct GatewayAccount: Sendable {
        /// 2C2P's; empty of the others.
        package let merchantID: String
        /// Proves a webhook: 2C2P's merchant secret, which requests are signed with as well; what Omise's key is the base 64 of;
        /// PayMongo's `whsk_…`; what SlipOK shows as it is.
        package let webhookSecret: Secret
        /// What a caller shows; an empty one is never right.
        package let apiKey: Secret

        package init(merchantID: String = "", webhookSecret: Secret = Secret(""), apiKey: Secret = Secret("")) {
            self.merchantID = merchantID
            self.webhookSecret = webhookSecret
            self.apiKey = apiKey
        }
    }

    /// A LINE Official Account with its Messaging API channel.
    package struct LineAccount: Sendable {
        package let tenant: String
        package let oa: String
        package let channelID: String
        /// Signs the webhooks.
        package let channelSecret: Secret
        /// What a caller shows to act for the channel.
        package let accessToken: Secret
        /// The account's own user id, `U` and 32 hexadecimal digits: `destination` of its webhooks.
        package let destination: String

        package init(
            tenant: String, oa: String, channelID: String, channelSecret: Secret, accessToken: Secret,
            destination: String
        ) {
            self.tenant = tenant
            self.oa = oa
            self.channelID = channelID
            self.channelSecret = channelSecret
            self.accessToken = accessToken
            self.destination = destination
        }

        /// An account whose other facts follow from its name, the same in every run.
        package init(tenant: String, oa: String, channelSecret: Secret) {
            let digest = SHA256.digest(Array("\(tenant)/\(oa)".utf8))
            let number = digest.prefix(4).reduce(0) { $0 << 8 | UInt64($1) }
            self.init(
                tenant: tenant, oa: oa, channelID: String(2_000_000_000 + number % 1_000_000_000),
                channelSecret: channelSecret, accessToken: Secret("standin-\(tenant)-\(oa)"),
                destination: "U" + Hex.text(digest.prefix(16)))
        }
    }
}
