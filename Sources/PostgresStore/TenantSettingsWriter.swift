internal import Authentication
internal import Domain
internal import Ports
internal import Primitives

/// Makes the statement of a change, with the secrets sealed.
struct TenantSettingsWriter {
    private let sealer: Sealer

    init(_ sealer: Sealer) { self.sealer = sealer }

    func batch(_ change: TenantSettingsChange) throws(SealFailure) -> PostgresBatch {
        switch change {
        case .tenant(let tenant): PostgresBatch(TenantSettingsStatements.upsertTenant, try parameters(tenant))
        case .deleteTenant(let tenant): PostgresBatch(TenantSettingsStatements.deleteTenant, Self.keys(tenant))
        case .channel(let channel): PostgresBatch(TenantSettingsStatements.upsertChannel, try parameters(channel))
        case .deleteChannel(let tenant, let id):
            PostgresBatch(TenantSettingsStatements.deleteChannel, Self.keys(tenant, id))
        case .verifier(let credential):
            PostgresBatch(TenantSettingsStatements.upsertVerifier, try parameters(credential))
        case .deleteVerifier(let tenant, let provider):
            PostgresBatch(TenantSettingsStatements.deleteVerifier, Self.keys(tenant, provider.rawValue))
        case .messages(let settings): PostgresBatch(TenantSettingsStatements.upsertMessages, parameters(settings))
        case .mapping(let tenant, let mapping):
            PostgresBatch(TenantSettingsStatements.upsertMapping, parameters(tenant, mapping))
        case .deleteMapping(let tenant, let number):
            PostgresBatch(TenantSettingsStatements.deleteMapping, Self.keys(tenant, number))
        case .adminSession(let session):
            PostgresBatch(TenantSettingsStatements.upsertAdminSession, try parameters(session))
        case .expireAdminSession(let tenant, let since, let at):
            PostgresBatch(TenantSettingsStatements.expireAdminSession, Self.expiry(tenant, since, at))
        case .deleteAdminSession(let tenant):
            PostgresBatch(TenantSettingsStatements.deleteAdminSession, Self.keys(tenant))
        }
    }

    private static func expiry(_ tenant: String, _ since: Timestamp, _ at: Timestamp) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(tenant)
        parameters.add(since)
        parameters.add(at)
        return parameters
    }

    private static func keys(_ keys: String?...) -> PostgresParameters {
        var parameters = PostgresParameters()
        for key in keys { parameters.add(key) }
        return parameters
    }

    private func sealed(
        _ secret: Secret?, _ column: SealedColumn, tenant: String?, _ key: String? = nil
    ) throws(SealFailure) -> [UInt8]? {
        guard let secret else { return nil }
        return try sealer.seal(secret, at: column.place(tenant: tenant, key))
    }

    private func parameters(_ tenant: SlipTenant) throws(SealFailure) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(tenant.id)
        parameters.add(tenant.name)
        parameters.add(tenant.apiBaseURL)
        parameters.add(tenant.adminUsername)
        parameters.add(tenant.lineChannelID)
        parameters.add(try sealed(tenant.lineChannelSecret, .tenantChannelSecret, tenant: tenant.id))
        parameters.add(try sealed(tenant.lineAccessToken, .tenantAccessToken, tenant: tenant.id))
        parameters.add(tenant.sessionMode.rawValue)
        parameters.add(Int32(clamping: tenant.accountListTTLMinutes))
        parameters.add(tenant.createdAt)
        parameters.add(tenant.updatedAt)
        return parameters
    }

    private func parameters(_ channel: LineChannel) throws(SealFailure) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(channel.tenant)
        parameters.add(channel.id)
        parameters.add(channel.name)
        parameters.add(channel.channelID)
        parameters.add(try sealed(channel.channelSecret, .channelSecret, tenant: channel.tenant, channel.id))
        parameters.add(try sealed(channel.accessToken, .channelAccessToken, tenant: channel.tenant, channel.id))
        parameters.add(channel.createdAt)
        return parameters
    }

    private func parameters(_ credential: SlipVerifierCredential) throws(SealFailure) -> PostgresParameters {
        let provider = credential.provider.rawValue
        var parameters = PostgresParameters()
        parameters.add(credential.tenant)
        parameters.add(provider)
        parameters.add(try sealed(credential.token, .verifierToken, tenant: credential.tenant, provider))
        parameters.add(credential.branch)
        parameters.add(credential.isActive)
        return parameters
    }

    private func parameters(_ settings: MessageSettings) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(settings.tenant)
        parameters.add(settings.imageReplyEnabled)
        parameters.add(settings.imageReplyMessage)
        parameters.add(settings.duplicateReplyEnabled)
        parameters.add(settings.flexMessageEnabled)
        parameters.add(settings.flexLogoURL)
        parameters.add(settings.gameURL)
        parameters.add(settings.colors.headerFooterBackground)
        parameters.add(settings.colors.bodyBackground)
        parameters.add(settings.colors.primary)
        parameters.add(settings.colors.successText)
        parameters.add(settings.colors.valueText)
        parameters.add(settings.colors.separator)
        parameters.add(settings.colors.mutedText)
        parameters.add(settings.updatedAt)
        return parameters
    }

    private func parameters(_ tenant: String, _ mapping: AccountNameMapping) -> PostgresParameters {
        Self.keys(tenant, mapping.number, mapping.englishName, mapping.thaiName)
    }

    private func parameters(_ session: AdminSessionRow) throws(SealFailure) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(session.tenant)
        parameters.add(session.username)
        parameters.add(try sealed(session.token, .adminToken, tenant: session.tenant))
        parameters.add(try sealed(session.refreshToken, .adminRefreshToken, tenant: session.tenant))
        parameters.add(session.expiresAt)
        parameters.add(session.status.rawValue)
        parameters.add(session.lastValidatedAt)
        parameters.add(session.updatedAt)
        return parameters
    }
}
