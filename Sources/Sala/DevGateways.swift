internal import JSON
internal import Primitives
internal import Standins

/// The payment gateways and slip services of `sala dev`, all of them stand-ins: the account that Sala has at each, as the server's
/// configuration and the stand-ins need it.
struct DevGateways {
    /// One gateway's.
    struct Gateway {
        /// 2C2P's; empty of the others.
        var merchantID = ""
        /// 2C2P's merchant secret; the base 64 of Omise's key; PayMongo's `whsk_…`; what SlipOK shows as `x-authorization`.
        let webhookSecret: Secret
        /// What we show when we ask: the user of HTTP Basic; of SlipOK the header. 2C2P has none: its secret signs requests.
        var apiKey = Secret("")
        /// Of its API, without a slash at the end: what its official address is in production.
        let baseURL: String
    }

    static let merchantID = "JT04"
    /// Where every tenant of `sala dev` is paid by PromptPay.
    static let promptPay = "0812345678"
    /// Those that call us, by their names in paths and in `dev.json`.
    static let names = ["2c2p", "omise", "paymongo", "slipok"]

    /// `https://pgw.2c2p.com`: `/payment/4.3/paymentToken` is added.
    let twoC2P: Gateway
    /// `https://api.omise.co`: `/charges/{id}` is added.
    let omise: Gateway
    /// `https://api.paymongo.com/v1`: `/payments/{id}` is added.
    let payMongo: Gateway
    /// `https://api.slipok.com/api/line/apikey`: `/{branch}` is added.
    let slipOK: Gateway

    /// - Parameter secrets: what `DevKeys.secrets` has.
    /// - Parameter standins: where they listen, without a slash at the end.
    init(secrets: JSONValue, standins: String) {
        func secret(_ name: String) -> Secret { Secret(secrets[name]?.string ?? "") }
        func key(_ name: String) -> Secret { Secret(secrets[DevKeys.apiKeys]?[name]?.string ?? "") }
        twoC2P = Gateway(merchantID: Self.merchantID, webhookSecret: secret("2c2p"), baseURL: standins + "/2c2p")
        omise = Gateway(webhookSecret: secret("omise"), apiKey: key("omise"), baseURL: standins + "/omise")
        payMongo = Gateway(
            webhookSecret: secret("paymongo"), apiKey: key("paymongo"), baseURL: standins + "/paymongo/v1")
        slipOK = Gateway(
            webhookSecret: secret("slipok"), apiKey: key("slipok"), baseURL: standins + "/slipok/api/line/apikey")
    }

    /// The same accounts as the stand-ins take them.
    var accounts: StandinServer.Gateways {
        var accounts = StandinServer.Gateways()
        accounts.twoC2P = twoC2P.account
        accounts.omise = omise.account
        accounts.payMongo = payMongo.account
        accounts.slipOK = slipOK.account
        return accounts
    }
}

extension DevGateways.Gateway {
    fileprivate var account: StandinServer.GatewayAccount {
        StandinServer.GatewayAccount(merchantID: merchantID, webhookSecret: webhookSecret, apiKey: apiKey)
    }
}
