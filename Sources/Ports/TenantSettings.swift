package import Domain
package import Primitives

/// A tenant of the slip service, as its administrators set it up (`tenants`).
package struct SlipTenant: Sendable, Equatable {
    /// `session_mode`: kept for the platform's front end; Sala holds sessions in memory and in the store either way.
    package enum SessionMode: String, Sendable, CaseIterable { case kv, database }

    package var id: String
    package var name: String
    /// Of the tenant's own back end, without a slash at the end.
    package var apiBaseURL: String
    package var adminUsername: String?
    /// The tenant's first LINE channel; it answers to `/webhook/{tenant}/{channel id}`.
    package var lineChannelID: String?
    package var lineChannelSecret: Secret?
    package var lineAccessToken: Secret?
    package var sessionMode: SessionMode
    /// 1…1,440.
    package var accountListTTLMinutes: Int
    package var createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        id: String, name: String, apiBaseURL: String, adminUsername: String? = nil, lineChannelID: String? = nil,
        lineChannelSecret: Secret? = nil, lineAccessToken: Secret? = nil, sessionMode: SessionMode = .kv,
        accountListTTLMinutes: Int = 5, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.name = name
        self.apiBaseURL = apiBaseURL
        self.adminUsername = adminUsername
        self.lineChannelID = lineChannelID
        self.lineChannelSecret = lineChannelSecret
        self.lineAccessToken = lineAccessToken
        self.sessionMode = sessionMode
        self.accountListTTLMinutes = accountListTTLMinutes
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// A LINE Official Account of a tenant (`line_oas`).
package struct LineChannel: Sendable, Equatable {
    package var tenant: String
    /// The `{oa}` of its webhook and of `line-oa/{oa}`.
    package var id: String
    package var name: String
    package var channelID: String
    package var channelSecret: Secret
    package var accessToken: Secret
    package var createdAt: Timestamp

    package init(
        tenant: String, id: String, name: String, channelID: String, channelSecret: Secret, accessToken: Secret,
        createdAt: Timestamp
    ) {
        self.tenant = tenant
        self.id = id
        self.name = name
        self.channelID = channelID
        self.channelSecret = channelSecret
        self.accessToken = accessToken
        self.createdAt = createdAt
    }
}

/// A credential at a slip service (`easyslip_configs`, which in Sala may also name SlipOK).
package struct SlipVerifierCredential: Sendable, Equatable {
    package enum Provider: String, Sendable, CaseIterable {
        case easyslip1 = "easyslip-v1"
        case easyslip2 = "easyslip-v2"
        case slipok
    }
    /// nil: for every tenant that has none of its own, and after those that have.
    package var tenant: String?
    package var provider: Provider
    package var token: Secret
    /// SlipOK's branch.
    package var branch: String?
    package var isActive: Bool

    package init(tenant: String?, provider: Provider, token: Secret, branch: String? = nil, isActive: Bool = true) {
        self.tenant = tenant
        self.provider = provider
        self.token = token
        self.branch = branch
        self.isActive = isActive
    }
}

/// The administrator's session at the tenant's back end (`tenant_sessions`).
package struct AdminSessionRow: Sendable, Equatable {
    package enum Status: String, Sendable, CaseIterable {
        case active = "ACTIVE"
        case inactive = "INACTIVE"
        case expired = "EXPIRED"
    }
    package var tenant: String
    package var username: String
    package var token: Secret
    package var refreshToken: Secret?
    package var expiresAt: Timestamp?
    package var status: Status
    package var lastValidatedAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        tenant: String, username: String, token: Secret, refreshToken: Secret?, expiresAt: Timestamp?, status: Status,
        lastValidatedAt: Timestamp, updatedAt: Timestamp
    ) {
        self.tenant = tenant
        self.username = username
        self.token = token
        self.refreshToken = refreshToken
        self.expiresAt = expiresAt
        self.status = status
        self.lastValidatedAt = lastValidatedAt
        self.updatedAt = updatedAt
    }
}

/// What customers of a tenant are told, and in which colours (`message_settings`).
package struct MessageSettings: Sendable, Equatable {
    /// `#RRGGBB` each, in the document's names.
    package struct Colors: Sendable, Equatable {
        package var headerFooterBackground = "#000000"
        package var bodyBackground = "#1A1A1A"
        package var primary = "#D4AF37"
        package var successText = "#33FF33"
        package var valueText = "#FFFFFF"
        package var separator = "#333333"
        package var mutedText = "#888888"

        package init() {}
    }
    package var tenant: String
    package var imageReplyEnabled = true
    package var imageReplyMessage = "ได้รับสลิปแล้วค่ะ กำลังตรวจสอบ กรุณารอสักครู่นะคะ"
    package var duplicateReplyEnabled = true
    package var flexMessageEnabled = true
    /// https, or empty.
    package var flexLogoURL = ""
    package var gameURL = ""
    package var colors = Colors()
    /// nil: never changed.
    package var updatedAt: Timestamp?

    package init(tenant: String) { self.tenant = tenant }
}

/// All that is set up for one tenant.
package struct TenantSettings: Sendable, Equatable {
    package var tenant: SlipTenant
    package var channels: [LineChannel]
    /// In the order of their creation; at most one a provider.
    package var verifiers: [SlipVerifierCredential]
    package var messages: MessageSettings
    package var mappings: [AccountNameMapping]
    package var adminSession: AdminSessionRow?

    package init(
        tenant: SlipTenant, channels: [LineChannel] = [], verifiers: [SlipVerifierCredential] = [],
        messages: MessageSettings? = nil, mappings: [AccountNameMapping] = [], adminSession: AdminSessionRow? = nil
    ) {
        self.tenant = tenant
        self.channels = channels
        self.verifiers = verifiers
        self.messages = messages ?? MessageSettings(tenant: tenant.id)
        self.mappings = mappings
        self.adminSession = adminSession
    }
}

/// What `TenantSettingsStore` changes; each is one transaction.
package enum TenantSettingsChange: Sendable, Equatable {
    case tenant(SlipTenant)
    /// With everything that is set up for it. Its sessions and their logs stay.
    case deleteTenant(String)
    case channel(LineChannel)
    case deleteChannel(tenant: String, id: String)
    case verifier(SlipVerifierCredential)
    case deleteVerifier(tenant: String?, SlipVerifierCredential.Provider)
    case messages(MessageSettings)
    case mapping(tenant: String, AccountNameMapping)
    case deleteMapping(tenant: String, number: String)
    case adminSession(AdminSessionRow)
    /// The session that was stored at `since` has ended; a newer one stays as it is.
    case expireAdminSession(tenant: String, since: Timestamp, at: Timestamp)
    case deleteAdminSession(tenant: String)
}

/// Where tenants are set up. Secrets are sealed on their way in and opened on their way out. One instance a loop; confined to
/// it; every completion runs on it, in a later turn.
package protocol TenantSettingsStore: AnyObject, Sendable {
    /// Everything, with the credentials that are for every tenant. Secrets sealed under an older key are sealed anew.
    func load(
        _ completion:
            @escaping @Sendable (Result<(tenants: [TenantSettings], shared: [SlipVerifierCredential]), StoreFailure>)
            -> Void)
    /// nil: durable.
    func write(_ change: TenantSettingsChange, _ completion: @escaping @Sendable (StoreFailure?) -> Void)
}

/// Which slip has which reference, unique in a tenant (`slip_claim`). One instance a loop; confined to it.
package protocol SlipClaimStore: AnyObject, Sendable {
    /// Takes the reference for the slip `account`/`transaction`, if no other slip has it, or only one that has failed. The same
    /// slip may ask again.
    ///
    /// A payment's slip is claimed with the account `payment/{id}`. Such a claim is never given up, and another slip of the
    /// same payment may ask for it, too.
    ///
    /// - Parameter transferredAt: of a payment's slip: its day in Bangkok makes the reference unique in the tenant whatever the
    ///   bank; nil for slips of LINE accounts.
    func claim(
        tenant: String, _ reference: SlipReference, transferredAt: Timestamp?, account: String, transaction: String,
        _ completion: @escaping @Sendable (ClaimAnswer) -> Void)
    /// `account/transaction` of the slip that has the reference and has not failed; nil: it is free.
    func holder(
        tenant: String, bank: String?, transRef: String,
        _ completion: @escaping @Sendable (Result<String?, StoreFailure>) -> Void)
}

extension SlipClaimStore {
    /// For a slip of a LINE account, whose reference counts with its bank alone.
    package func claim(
        tenant: String, _ reference: SlipReference, account: String, transaction: String,
        _ completion: @escaping @Sendable (ClaimAnswer) -> Void
    ) {
        claim(
            tenant: tenant, reference, transferredAt: nil, account: account, transaction: transaction, completion)
    }
}

/// A slip as people query it (`pending_transactions`).
package struct SlipRow: Sendable, Equatable {
    package let transaction: String
    /// pending_verification, pending, matched, credited, duplicate, failed or review.
    package let status: String
    /// Why it failed or waits for a person.
    package let reason: String?
    package let bank: String?
    package let transRef: String?
    package let satang: Int64?
    /// What the provider said, as JSON text; nil before.
    package let slip: [UInt8]?
    /// Who gets the credit, as JSON text; nil before.
    package let user: [UInt8]?
    package let senderAccount: String?
    package let senderBank: String?
    /// The tenant's account that was matched.
    package let receiverAccount: String?
    package let createdAt: Timestamp
    package let creditedAt: Timestamp?

    package init(
        transaction: String, status: String, reason: String? = nil, bank: String?, transRef: String?, satang: Int64?,
        slip: [UInt8]?,
        user: [UInt8]?, senderAccount: String?, senderBank: String?, receiverAccount: String?, createdAt: Timestamp,
        creditedAt: Timestamp?
    ) {
        self.transaction = transaction
        self.status = status
        self.reason = reason
        self.bank = bank
        self.transRef = transRef
        self.satang = satang
        self.slip = slip
        self.user = user
        self.senderAccount = senderAccount
        self.senderBank = senderBank
        self.receiverAccount = receiverAccount
        self.createdAt = createdAt
        self.creditedAt = creditedAt
    }
}
