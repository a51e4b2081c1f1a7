internal import Authentication
internal import HTTPClient
internal import JSON
internal import Ports
internal import Primitives
internal import PushMessaging

/// Tenants' push services on one loop, made when they are first asked for. Confined to the loop.
final class PushServices: @unchecked Sendable {
    private let client: HTTPClient
    private let accounts: [String: FirebaseMessaging.Configuration]
    private var made: [String: FirebasePush] = [:]

    init(client: HTTPClient, accounts: [String: FirebaseMessaging.Configuration]) {
        self.client = client
        self.accounts = accounts
    }

    /// nil: the tenant has none.
    func service(of tenant: String) -> (any PushService)? {
        if let service = made[tenant] { return service }
        guard let account = accounts[tenant] else { return nil }
        let service = FirebasePush(client: client, account)
        made[tenant] = service
        return service
    }
}

/// Tenants' Firebase projects (`SALA_FCM`, a JSON text or `@` and the path of one): an object with each tenant's service account
/// file, as Google's console gives it.
enum PushAccounts {
    static func read(
        _ json: JSONValue, tenants: Tenants, problems: inout [String]
    ) -> [String: FirebaseMessaging.Configuration] {
        guard let members = json.object?.members else {
            problems.append("SALA_FCM: an object of tenants is expected")
            return [:]
        }
        var accounts: [String: FirebaseMessaging.Configuration] = [:]
        for member in members {
            if tenants.tenant(member.name) == nil { problems.append("SALA_FCM: there is no tenant \(member.name)") }
            if let account = FirebaseMessaging.Configuration(serviceAccount: member.value) {
                accounts[member.name] = account
            } else {
                problems.append(
                    "SALA_FCM: \(member.name): project_id, client_email and private_key (RSA, PEM) of a service account"
                )
            }
        }
        return accounts
    }

    /// What every tenant of `sala dev` has, at the stand-in.
    static func standin(
        _ secrets: JSONValue, standins: String
    ) -> FirebaseMessaging.Configuration? {
        guard let pem = secrets[DevKeys.fcmKey]?.string else { return nil }
        return FirebaseMessaging.Configuration(
            serviceAccount: [
                "project_id": "sala-dev", "client_email": "sala@sala-dev.iam.example", "private_key_id": "dev",
                "private_key": .string(pem), "token_uri": .string(standins + "/fcm/token"),
                "url": .string(standins + "/fcm"),
            ])
    }
}
