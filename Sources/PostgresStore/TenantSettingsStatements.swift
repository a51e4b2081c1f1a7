/// The statements of the tenants' settings. Columns stand in the order in which `TenantSettingsReader` reads them.
enum TenantSettingsStatements {
    // MARK: Reading

    static func load(_ table: SettingsTable) -> PostgresStatement {
        PostgresStatement("load_\(table.rawValue)", "\(select(table)) LIMIT $1::int8")
    }

    private static func select(_ table: SettingsTable) -> String {
        switch table {
        case .tenants:
            """
            SELECT tenant_id, tenant_name, api_base_url, admin_username, line_channel_id, line_channel_secret,
                   line_access_token, session_mode, account_list_ttl_min, created_at, updated_at
            FROM tenants ORDER BY tenant_id
            """
        case .adminSessions:
            """
            SELECT tenant_id, username, token, refresh_token, token_expired_at, status, last_validated_at, updated_at
            FROM tenant_sessions ORDER BY tenant_id
            """
        case .channels:
            """
            SELECT tenant_id, id, name, channel_id, channel_secret, access_token, created_at
            FROM line_oas ORDER BY created_at, id
            """
        case .verifiers:
            "SELECT tenant_id, provider, token, branch, is_active FROM easyslip_configs ORDER BY id"
        case .messages:
            """
            SELECT tenant_id, image_reply_enabled, image_reply_message, duplicate_reply_enabled, flex_message_enabled,
                   flex_logo_url, game_url, color_header_footer_bg, color_body_bg, color_primary, color_success_text,
                   color_value_text, color_separator, color_muted_text, updated_at
            FROM message_settings ORDER BY tenant_id
            """
        case .mappings:
            """
            SELECT tenant_id, account_number, name_en, name_th FROM account_name_mappings
            ORDER BY created_at, account_number
            """
        }
    }

    /// Nonces are random, so a sealed value is its own key: what was written since is left alone.
    static func reseal(_ column: SealedColumn) -> PostgresStatement {
        let (table, name) = (column.table.rawValue, column.name)
        return PostgresStatement(
            "reseal_\(table)_\(name)",
            """
            UPDATE \(table) SET \(name) = stale.new FROM unnest($1::bytea[], $2::bytea[]) AS stale (old, new)
            WHERE \(table).\(name) = stale.old
            """)
    }

    // MARK: Writing

    static let upsertTenant = PostgresStatement(
        "upsert_tenant",
        """
        INSERT INTO tenants (tenant_id, tenant_name, api_base_url, admin_username, line_channel_id, line_channel_secret,
                             line_access_token, session_mode, account_list_ttl_min, created_at, updated_at)
        VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::bytea, $7::bytea, $8::text, $9::int4,
                $10::timestamptz, $11::timestamptz)
        ON CONFLICT (tenant_id) DO UPDATE SET
            tenant_name = EXCLUDED.tenant_name, api_base_url = EXCLUDED.api_base_url,
            admin_username = EXCLUDED.admin_username, line_channel_id = EXCLUDED.line_channel_id,
            line_channel_secret = EXCLUDED.line_channel_secret, line_access_token = EXCLUDED.line_access_token,
            session_mode = EXCLUDED.session_mode, account_list_ttl_min = EXCLUDED.account_list_ttl_min,
            created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at
        """)

    /// What is set up for it goes with it (ON DELETE CASCADE).
    static let deleteTenant = PostgresStatement("delete_tenant", "DELETE FROM tenants WHERE tenant_id = $1::text")

    static let upsertChannel = PostgresStatement(
        "upsert_line_oa",
        """
        INSERT INTO line_oas (tenant_id, id, name, channel_id, channel_secret, access_token, created_at)
        VALUES ($1::text, $2::text, $3::text, $4::text, $5::bytea, $6::bytea, $7::timestamptz)
        ON CONFLICT (tenant_id, id) DO UPDATE SET
            name = EXCLUDED.name, channel_id = EXCLUDED.channel_id, channel_secret = EXCLUDED.channel_secret,
            access_token = EXCLUDED.access_token, created_at = EXCLUDED.created_at
        """)

    static let deleteChannel = PostgresStatement(
        "delete_line_oa", "DELETE FROM line_oas WHERE tenant_id = $1::text AND id = $2::text")

    /// Keeps its id, which is its place among the services that are asked.
    static let upsertVerifier = PostgresStatement(
        "upsert_easyslip_config",
        """
        INSERT INTO easyslip_configs (tenant_id, provider, token, branch, is_active)
        VALUES ($1::text, $2::text, $3::bytea, $4::text, $5::bool)
        ON CONFLICT (tenant_id, provider) DO UPDATE SET
            token = EXCLUDED.token, branch = EXCLUDED.branch, is_active = EXCLUDED.is_active, updated_at = now()
        """)

    static let deleteVerifier = PostgresStatement(
        "delete_easyslip_config",
        "DELETE FROM easyslip_configs WHERE tenant_id IS NOT DISTINCT FROM $1::text AND provider = $2::text")

    static let upsertMessages = PostgresStatement(
        "upsert_message_settings",
        """
        INSERT INTO message_settings (
            tenant_id, image_reply_enabled, image_reply_message, duplicate_reply_enabled, flex_message_enabled,
            flex_logo_url, game_url, color_header_footer_bg, color_body_bg, color_primary, color_success_text,
            color_value_text, color_separator, color_muted_text, updated_at)
        VALUES ($1::text, $2::bool, $3::text, $4::bool, $5::bool, $6::text, $7::text, $8::text, $9::text, $10::text,
                $11::text, $12::text, $13::text, $14::text, $15::timestamptz)
        ON CONFLICT (tenant_id) DO UPDATE SET
            image_reply_enabled = EXCLUDED.image_reply_enabled, image_reply_message = EXCLUDED.image_reply_message,
            duplicate_reply_enabled = EXCLUDED.duplicate_reply_enabled,
            flex_message_enabled = EXCLUDED.flex_message_enabled, flex_logo_url = EXCLUDED.flex_logo_url,
            game_url = EXCLUDED.game_url, color_header_footer_bg = EXCLUDED.color_header_footer_bg,
            color_body_bg = EXCLUDED.color_body_bg, color_primary = EXCLUDED.color_primary,
            color_success_text = EXCLUDED.color_success_text, color_value_text = EXCLUDED.color_value_text,
            color_separator = EXCLUDED.color_separator, color_muted_text = EXCLUDED.color_muted_text,
            updated_at = EXCLUDED.updated_at
        """)

    static let upsertMapping = PostgresStatement(
        "upsert_account_name_mapping",
        """
        INSERT INTO account_name_mappings (tenant_id, account_number, name_en, name_th)
        VALUES ($1::text, $2::text, $3::text, $4::text)
        ON CONFLICT (tenant_id, account_number) DO UPDATE SET
            name_en = EXCLUDED.name_en, name_th = EXCLUDED.name_th, updated_at = now()
        """)

    static let deleteMapping = PostgresStatement(
        "delete_account_name_mapping",
        "DELETE FROM account_name_mappings WHERE tenant_id = $1::text AND account_number = $2::text")

    static let upsertAdminSession = PostgresStatement(
        "upsert_tenant_session",
        """
        INSERT INTO tenant_sessions (tenant_id, username, token, refresh_token, token_expired_at, status,
                                     last_validated_at, updated_at)
        VALUES ($1::text, $2::text, $3::bytea, $4::bytea, $5::timestamptz, $6::text, $7::timestamptz, $8::timestamptz)
        ON CONFLICT (tenant_id) DO UPDATE SET
            username = EXCLUDED.username, token = EXCLUDED.token, refresh_token = EXCLUDED.refresh_token,
            token_expired_at = EXCLUDED.token_expired_at, status = EXCLUDED.status,
            last_validated_at = EXCLUDED.last_validated_at, updated_at = EXCLUDED.updated_at
        """)

    static let expireAdminSession = PostgresStatement(
        "expire_tenant_session",
        """
        UPDATE tenant_sessions SET status = 'EXPIRED', updated_at = $3::timestamptz
        WHERE tenant_id = $1::text AND updated_at = $2::timestamptz
        """)

    static let deleteAdminSession = PostgresStatement(
        "delete_tenant_session", "DELETE FROM tenant_sessions WHERE tenant_id = $1::text")
}
