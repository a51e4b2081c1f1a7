internal import Domain
internal import JSON
internal import PaymentGateways
internal import Primitives
internal import PromptPay

/// Tenants' accounts at payment gateways (`SALA_PAYMENT_GATEWAYS`, a JSON text or `@` and the path of one):
/// `{"jeco":{"2c2p":{"merchant":"JT04","secret":"…"},"omise":{"webhookSecret":"…","secretKey":"…"},
/// "paymongo":{"webhookSecret":"…","secretKey":"…","live":true},"slipok":{"webhookSecret":"…"},
/// "promptpay":{"id":"…","name":"…","last4":"…"},"fee":{"basisPoints":250}}}`. Each gateway may have a `url`, where its API
/// is.
enum Merchants {
    static func read(
        _ json: JSONValue, tenants: Tenants, problems: inout [String]
    ) -> [String: MerchantAccounts] {
        guard let members = json.object?.members else {
            problems.append("SALA_PAYMENT_GATEWAYS: an object of tenants is expected")
            return [:]
        }
        var merchants: [String: MerchantAccounts] = [:]
        for member in members {
            if tenants.tenant(member.name) == nil {
                problems.append("SALA_PAYMENT_GATEWAYS: there is no tenant \(member.name)")
            }
            merchants[member.name] = MerchantAccounts(json: member.value) { name in
                problems.append("SALA_PAYMENT_GATEWAYS: \(member.name): \(name)")
            }
        }
        return merchants
    }
}

extension MerchantAccounts {
    fileprivate init(json: JSONValue, report: (String) -> Void) {
        self.init()
        for member in json.object?.members ?? [] {
            func secret(_ name: String) -> Secret { Secret(member.value[name]?.string ?? "") }
            let url = member.value["url"]?.string.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
            switch member.name {
            case "2c2p":
                var account = TwoC2P.Configuration(
                    merchantID: member.value["merchant"]?.string ?? "", secret: secret("secret"))
                if let url { account.baseURL = url }
                twoC2P = TwoC2P(account)
                if twoC2P == nil { report("2c2p has merchant and secret") }
            case "omise":
                var account = Omise.Configuration(
                    webhookSecret: secret("webhookSecret"), secretKey: secret("secretKey"))
                if let url { account.baseURL = url }
                omise = Omise(account)
                if omise == nil { report("omise has webhookSecret (base64) and secretKey") }
            case "paymongo":
                var account = PayMongo.Configuration(
                    webhookSecret: secret("webhookSecret"), secretKey: secret("secretKey"),
                    isLive: member.value["live"]?.bool ?? true)
                if let url { account.baseURL = url }
                payMongo = PayMongo(account)
                if payMongo == nil { report("paymongo has webhookSecret and secretKey") }
            case "slipok":
                slipWebhookSecret = secret("webhookSecret")
                if slipWebhookSecret?.isEmpty != false { report("slipok has webhookSecret") }
            case "promptpay":
                promptPay = PromptPayAccount(
                    id: member.value["id"]?.string ?? "", name: member.value["name"]?.string,
                    lastFour: member.value["last4"]?.string)
                do throws(PromptPayProxyViolation) {
                    _ = try PromptPayProxy(promptPay?.id ?? "")
                } catch {
                    report("promptpay has an id to be paid to")
                }
            case "fee":
                let points = member.value["basisPoints"]?.integer.flatMap(PlatformFee.init(basisPoints:))
                feeBasisPoints = points?.basisPoints ?? 0
                if points == nil { report("fee has basisPoints, 0 to \(PlatformFee.maxBasisPoints)") }
            default: report("\(member.name) is none of 2c2p, omise, paymongo, slipok, promptpay, fee")
            }
        }
    }

    /// The stand-ins' merchant.
    init(_ gateways: DevGateways) {
        self.init(
            twoC2P: TwoC2P(
                TwoC2P.Configuration(
                    merchantID: gateways.twoC2P.merchantID, secret: gateways.twoC2P.webhookSecret,
                    baseURL: gateways.twoC2P.baseURL + "/payment/4.3")),
            omise: Omise(
                Omise.Configuration(
                    webhookSecret: gateways.omise.webhookSecret, secretKey: gateways.omise.apiKey,
                    baseURL: gateways.omise.baseURL)),
            payMongo: PayMongo(
                PayMongo.Configuration(
                    webhookSecret: gateways.payMongo.webhookSecret, secretKey: gateways.payMongo.apiKey, isLive: false,
                    baseURL: gateways.payMongo.baseURL)),
            slipWebhookSecret: gateways.slipOK.webhookSecret)
        promptPay = PromptPayAccount(id: DevGateways.promptPay, name: "Sala demo")
    }
}
