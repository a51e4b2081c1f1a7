internal import Authentication
internal import Domain
internal import Ports
internal import Primitives

/// A sealed value that is to be replaced.
struct StaleSecret: Equatable {
    let old: [UInt8]
    let new: [UInt8]
}

/// Makes settings of the rows of all tables, opens their secrets, and gathers those that are sealed under an older key.
struct TenantSettingsReader {
    private let sealer: Sealer
    private(set) var stale: [SealedColumn: [StaleSecret]] = [:]

    init(_ sealer: Sealer) { self.sealer = sealer }

    /// `results` in the order of `SettingsTable.allCases`.
    mutating func settings(
        _ results: [PostgresResult]
    ) throws(TenantSettingsFailure) -> (tenants: [TenantSettings], shared: [SlipVerifierCredential]) {
        var settings: [String: TenantSettings] = [:]
        var shared: [SlipVerifierCredential] = []
        for (index, table) in SettingsTable.allCases.enumerated() {
            guard index < results.count else { throw failure(table, nil, .unreadable) }
            let result = results[index]
            guard result.rowCount <= 2 * PostgresTenantSettings.bound(of: table) else {
                throw failure(table, nil, .tooManyRows)
            }
            for row in 0..<result.rowCount {
                let tenant = result.optionalText(row, 0)
                do {
                    if let tenant {
                        try read(result, row, of: table, tenant, &settings)
                    } else {
                        guard table == .verifiers else { throw PostgresDecodingFailure() }
                        shared.append(try verifier(result, row, nil))
                    }
                } catch let error as SealFailure {
                    throw failure(table, tenant, .seal(error))
                } catch {
                    throw failure(table, tenant, .unreadable)
                }
            }
        }
        return (settings.values.sorted { $0.tenant.id < $1.tenant.id }, shared)
    }

    private func failure(
        _ table: SettingsTable, _ tenant: String?, _ reason: TenantSettingsFailure.Reason
    ) -> TenantSettingsFailure {
        TenantSettingsFailure(table: table, tenant: tenant, reason: reason)
    }

    private mutating func read(
        _ result: PostgresResult, _ row: Int, of table: SettingsTable, _ tenant: String,
        _ settings: inout [String: TenantSettings]
    ) throws {
        switch table {
        case .tenants: settings[tenant] = TenantSettings(tenant: try self.tenant(result, row, tenant))
        case .adminSessions: settings[tenant]?.adminSession = try adminSession(result, row, tenant)
        case .channels: settings[tenant]?.channels.append(try channel(result, row, tenant))
        case .verifiers: settings[tenant]?.verifiers.append(try verifier(result, row, tenant))
        case .messages: settings[tenant]?.messages = try messages(result, row, tenant)
        case .mappings:
            settings[tenant]?.mappings.append(
                AccountNameMapping(
                    number: try result.text(row, 1), thaiName: result.optionalText(row, 3),
                    englishName: try result.text(row, 2)))
        }
    }

    // MARK: Rows

    private mutating func tenant(_ result: PostgresResult, _ row: Int, _ id: String) throws -> SlipTenant {
        SlipTenant(
            id: id, name: try result.text(row, 1), apiBaseURL: try result.text(row, 2),
            adminUsername: result.optionalText(row, 3), lineChannelID: result.optionalText(row, 4),
            lineChannelSecret: try optionalSecret(result.optionalBytes(row, 5), .tenantChannelSecret, tenant: id),
            lineAccessToken: try optionalSecret(result.optionalBytes(row, 6), .tenantAccessToken, tenant: id),
            sessionMode: try word(result, row, 7), accountListTTLMinutes: Int(try result.int64(row, 8)),
            createdAt: try result.timestamp(row, 9), updatedAt: try result.timestamp(row, 10))
    }

    private mutating func adminSession(
        _ result: PostgresResult, _ row: Int, _ tenant: String
    ) throws -> AdminSessionRow {
        AdminSessionRow(
            tenant: tenant, username: try result.text(row, 1),
            token: try secret(try result.bytes(row, 2), .adminToken, tenant: tenant),
            refreshToken: try optionalSecret(result.optionalBytes(row, 3), .adminRefreshToken, tenant: tenant),
            expiresAt: try result.optionalTimestamp(row, 4), status: try word(result, row, 5),
            lastValidatedAt: try result.timestamp(row, 6), updatedAt: try result.timestamp(row, 7))
    }

    private mutating func channel(_ result: PostgresResult, _ row: Int, _ tenant: String) throws -> LineChannel {
        let id = try result.text(row, 1)
        return LineChannel(
            tenant: tenant, id: id, name: try result.text(row, 2), channelID: try result.text(row, 3),
            channelSecret: try secret(try result.bytes(row, 4), .channelSecret, tenant: tenant, id),
            accessToken: try secret(try result.bytes(row, 5), .channelAccessToken, tenant: tenant, id),
            createdAt: try result.timestamp(row, 6))
    }

    private mutating func verifier(
        _ result: PostgresResult, _ row: Int, _ tenant: String?
    ) throws -> SlipVerifierCredential {
        let provider: SlipVerifierCredential.Provider = try word(result, row, 1)
        return SlipVerifierCredential(
            tenant: tenant, provider: provider,
            token: try secret(try result.bytes(row, 2), .verifierToken, tenant: tenant, provider.rawValue),
            branch: result.optionalText(row, 3), isActive: try result.bool(row, 4))
    }

    private func messages(_ result: PostgresResult, _ row: Int, _ tenant: String) throws -> MessageSettings {
        var settings = MessageSettings(tenant: tenant)
        settings.imageReplyEnabled = try result.bool(row, 1)
        settings.imageReplyMessage = try result.text(row, 2)
        settings.duplicateReplyEnabled = try result.bool(row, 3)
        settings.flexMessageEnabled = try result.bool(row, 4)
        settings.flexLogoURL = try result.text(row, 5)
        settings.gameURL = try result.text(row, 6)
        settings.colors.headerFooterBackground = try result.text(row, 7)
        settings.colors.bodyBackground = try result.text(row, 8)
        settings.colors.primary = try result.text(row, 9)
        settings.colors.successText = try result.text(row, 10)
        settings.colors.valueText = try result.text(row, 11)
        settings.colors.separator = try result.text(row, 12)
        settings.colors.mutedText = try result.text(row, 13)
        settings.updatedAt = try result.optionalTimestamp(row, 14)
        return settings
    }

    // MARK: Cells

    private func word<Word: RawRepresentable<String>>(_ result: PostgresResult, _ row: Int, _ column: Int) throws
        -> Word
    {
        guard let word = Word(rawValue: try result.text(row, column)) else { throw PostgresDecodingFailure() }
        return word
    }

    private mutating func optionalSecret(
        _ sealed: [UInt8]?, _ column: SealedColumn, tenant: String?, _ key: String? = nil
    ) throws(SealFailure) -> Secret? {
        guard let sealed else { return nil }
        return try secret(sealed, column, tenant: tenant, key)
    }

    private mutating func secret(
        _ sealed: [UInt8], _ column: SealedColumn, tenant: String?, _ key: String? = nil
    ) throws(SealFailure) -> Secret {
        let place = column.place(tenant: tenant, key)
        let secret = try sealer.open(sealed, at: place)
        if !sealer.isNewest(sealed) {
            stale[column, default: []].append(StaleSecret(old: sealed, new: try sealer.seal(secret, at: place)))
        }
        return secret
    }
}
