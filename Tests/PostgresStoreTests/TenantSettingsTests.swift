import Authentication
import Domain
import Ports
import Primitives
import Reactor
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Tenants' settings", .serialized, .timeLimit(.minutes(5)))
struct TenantSettingsTests {
    private static let old = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    private static let new = "k2://79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA="

    /// A store of settings, and what it told.
    private struct Settings {
        let port: PostgresTenantSettings
        private let told = StoreFixture.SharedBox<[TenantSettingsObservation]>()

        init(_ store: StoreFixture, _ sealer: Sealer) {
            port = PostgresTenantSettings(pool: store.pool, sealer: sealer) { [told] observation in
                told.value = (told.value ?? []) + [observation]
            }
        }

        var observations: [TenantSettingsObservation] { told.value ?? [] }
    }

    private typealias Loaded = Result<(tenants: [TenantSettings], shared: [SlipVerifierCredential]), StoreFailure>

    private let store: StoreFixture

    /// Its requests are made to wait, however long that takes here.
    init() throws { store = try StoreFixture.ready(postgres: StoreFixture.wait) }

    private func sealer(_ keys: String) throws -> Sealer {
        Sealer(try SealingKeys(Secret(keys)), random: SystemRandom())
    }

    private func settings(_ keys: String = old) throws -> Settings { Settings(store, try sealer(keys)) }

    private func write(_ change: TenantSettingsChange, _ settings: Settings) throws -> StoreFailure? {
        try store.answer(to: "a change") { settings.port.write(change, $1) }
    }

    private func load(_ settings: Settings) throws -> Loaded {
        try store.answer(to: "load") { settings.port.load($1) }
    }

    // MARK: What is set up

    private func tenant(_ id: String, _ mark: String = "") -> SlipTenant {
        SlipTenant(
            id: id, name: "name \(mark)", apiBaseURL: "https://api.example.com/\(mark)", adminUsername: "admin",
            lineChannelID: "165", lineChannelSecret: Secret("canary-1\(mark)"),
            lineAccessToken: Secret("canary-2\(mark)"),
            sessionMode: .database, accountListTTLMinutes: 7, createdAt: Entries.start,
            updatedAt: Entries.start.advanced(by: .seconds(1)))
    }

    private func channel(_ tenant: String, _ id: String, _ second: Int64 = 0, _ mark: String = "") -> LineChannel {
        LineChannel(
            tenant: tenant, id: id, name: "Bot \(mark)", channelID: "166",
            channelSecret: Secret("canary-3\(id)\(mark)"),
            accessToken: Secret("canary-4\(id)\(mark)"), createdAt: Entries.start.advanced(by: .seconds(second)))
    }

    private func verifier(
        _ tenant: String?, _ provider: SlipVerifierCredential.Provider, _ mark: String = ""
    ) -> SlipVerifierCredential {
        SlipVerifierCredential(
            tenant: tenant, provider: provider, token: Secret("canary-5\(mark)"),
            branch: provider == .slipok ? "b\(mark)" : nil, isActive: mark.isEmpty)
    }

    private func adminSession(_ tenant: String, _ mark: String = "") -> AdminSessionRow {
        AdminSessionRow(
            tenant: tenant, username: "admin\(mark)", token: Secret("canary-6\(mark)"),
            refreshToken: mark.isEmpty ? nil : Secret("canary-7\(mark)"), expiresAt: mark.isEmpty ? nil : Entries.start,
            status: mark.isEmpty ? .active : .expired, lastValidatedAt: Entries.start, updatedAt: Entries.start)
    }

    private func messages(_ tenant: String, _ mark: String = "") -> MessageSettings {
        var settings = MessageSettings(tenant: tenant)
        settings.imageReplyEnabled = mark.isEmpty
        settings.imageReplyMessage = "รอสักครู่ \(mark)"
        settings.duplicateReplyEnabled = !mark.isEmpty
        settings.flexMessageEnabled = mark.isEmpty
        settings.flexLogoURL = "https://example.com/logo\(mark).png"
        settings.gameURL = "https://game.example.com/\(mark)"
        settings.colors.headerFooterBackground = "#000001"
        settings.colors.bodyBackground = "#000002"
        settings.colors.primary = "#000003"
        settings.colors.successText = "#000004"
        settings.colors.valueText = "#000005"
        settings.colors.separator = "#000006"
        settings.colors.mutedText = "#000007"
        settings.updatedAt = mark.isEmpty ? nil : Entries.start
        return settings
    }

    private func mapping(_ number: String, _ mark: String = "") -> AccountNameMapping {
        AccountNameMapping(number: number, thaiName: mark.isEmpty ? nil : "บริษัท \(mark)", englishName: "ABC \(mark)")
    }

    /// Everything for one tenant.
    private func everything(_ id: String, _ mark: String = "") -> [TenantSettingsChange] {
        [
            .tenant(tenant(id, mark)), .channel(channel(id, "oa-2", 1, mark)), .channel(channel(id, "oa-1", 2, mark)),
            .verifier(verifier(id, .slipok, mark)), .verifier(verifier(id, .easyslip1, mark)),
            .messages(messages(id, mark)), .mapping(tenant: id, mapping("200", mark)),
            .mapping(tenant: id, mapping("100", mark)), .adminSession(adminSession(id, mark)),
        ]
    }

    // MARK: Writing and reading

    @Test("what is written is read, for each tenant and in order, and the same again changes nothing")
    func roundTrip() throws {
        let settings = try settings()
        let book = TenantBook()
        for _ in 1...2 {
            for change in everything("company_b") + everything("company_a", "x") + [
                .verifier(verifier(nil, .easyslip2))
            ] {
                #expect(try write(change, settings) == nil)
                book.apply(change)
            }
        }
        let loaded = try load(settings).get()
        #expect(loaded.tenants == book.all && loaded.tenants.map(\.tenant.id) == ["company_a", "company_b"])
        #expect(loaded.tenants[0].channels.map(\.id) == ["oa-2", "oa-1"])
        #expect(loaded.shared == [verifier(nil, .easyslip2)])
        #expect(settings.observations.isEmpty)
    }

    @Test("nothing is set up at first")
    func empty() throws {
        let loaded = try load(try settings()).get()
        #expect(loaded.tenants.isEmpty && loaded.shared.isEmpty)
    }

    @Test("after any changes memory and store are the same", arguments: [1, 2, 3] as [UInt64])
    func likeTheBook(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let settings = try settings()
        let book = TenantBook()
        for step in 1...150 {
            let id = random.element(of: ["a", "b", "a/b"])
            let number = "\(random.integer(1...3))"
            let mark = random.isOne(in: 2) ? "" : "\(step)"
            let provider = random.element(of: SlipVerifierCredential.Provider.allCases)
            let owner = random.isOne(in: 3) ? nil : id
            let change: TenantSettingsChange =
                switch random.integer(0...15) {
                case 0...2: .tenant(tenant(id, mark))
                case 3: random.isOne(in: 2) ? .deleteTenant(id) : .tenant(tenant(id, mark))
                // Made where it is not: a channel is sorted by its creation, which an update does not change.
                case 4...5:
                    book[id]?.channels.contains { $0.id == number } == true
                        ? .deleteChannel(tenant: id, id: number) : .channel(channel(id, number, Int64(step), mark))
                case 6...7: .verifier(verifier(owner, provider, mark))
                case 8: .deleteVerifier(tenant: owner, provider)
                case 9: .messages(messages(id, mark))
                case 10...11: .mapping(tenant: id, mapping(number, mark))
                case 12: .deleteMapping(tenant: id, number: number)
                case 13: .adminSession(adminSession(id, mark))
                case 14: .expireAdminSession(tenant: id, since: adminSession(id).updatedAt, at: Entries.start)
                default: .deleteAdminSession(tenant: id)
                }
            switch try write(change, settings) {
            case nil: book.apply(change)
            case .conflict: #expect(book[id] == nil, "seed \(seed): \(change) was refused")
            case let failure: Issue.record("seed \(seed): \(String(describing: failure))")
            }
        }
        let loaded = try load(settings).get()
        #expect(loaded.tenants == book.all, "seed \(seed)")
        let mirror = TenantBook(loaded.tenants, shared: loaded.shared)
        #expect(mirror.verifiers(of: "nobody") == book.verifiers(of: "nobody"), "seed \(seed)")
    }

    @Test("credentials of the configuration outlive what is read anew, and give way to the store's")
    func configuredCredentials() throws {
        let configured = [verifier(nil, .easyslip2), verifier(nil, .slipok)]
        let book = TenantBook(configured: configured)
        let own = TenantSettings(tenant: tenant("company_a"), verifiers: [verifier("company_a", .easyslip1)])
        #expect(book.verifiers(of: "company_a") == configured)
        book.replace([own], shared: [])
        #expect(book.verifiers(of: "company_a") == own.verifiers + configured)
        let stored = SlipVerifierCredential(tenant: nil, provider: .slipok, token: Secret("other"), branch: "1")
        book.replace([own], shared: [stored])
        #expect(book.verifiers(of: "company_a") == own.verifiers + [stored, configured[0]])
        // One that is switched off is not replaced behind its operator's back.
        book.apply(
            .verifier(
                SlipVerifierCredential(
                    tenant: nil, provider: .slipok, token: Secret("other"), branch: "1", isActive: false)))
        #expect(book.verifiers(of: "company_a") == own.verifiers + [configured[0]])
    }

    @Test("a session that has ended does not end one that was opened since")
    func expiry() throws {
        let settings = try settings()
        let first = adminSession("company_a")
        #expect(try write(.tenant(tenant("company_a")), settings) == nil)
        #expect(try write(.adminSession(first), settings) == nil)
        var second = first
        second.updatedAt = first.updatedAt.advanced(by: .microseconds(1))
        #expect(try write(.adminSession(second), settings) == nil)
        let book = TenantBook(try load(settings).get().tenants)
        for (since, status) in [(first.updatedAt, AdminSessionRow.Status.active), (second.updatedAt, .expired)] {
            let change = TenantSettingsChange.expireAdminSession(tenant: "company_a", since: since, at: Entries.start)
            #expect(try write(change, settings) == nil)
            book.apply(change)
            #expect(book["company_a"]?.adminSession?.status == status)
            #expect(try load(settings).get().tenants == book.all)
        }
    }

    @Test("a tenant that goes takes all that was set up for it, and no slip and no claim")
    func deleteTenant() throws {
        let settings = try settings()
        for change in everything("company_a") + everything("company_b") + [.verifier(verifier(nil, .slipok))] {
            #expect(try write(change, settings) == nil)
        }
        let slip = Entries.Slip("t_1")
        let bank = try #require(BankCode("014"))
        let reference = try #require(SlipReference(bank: bank, transRef: "R"))
        try store.write(slip, .slip(slip.row("credited", reference)))
        #expect(try store.claim(reference, slip) == .claimed)
        for _ in 1...2 { #expect(try write(.deleteTenant("company_a"), settings) == nil) }
        for table in SettingsTable.allCases {
            let name = table.rawValue
            #expect(try store.count("SELECT count(*) FROM \(name) WHERE tenant_id = 'company_a'") == 0, "\(name)")
            #expect(try store.count("SELECT count(*) FROM \(name) WHERE tenant_id = 'company_b'") > 0, "\(name)")
        }
        #expect(try load(settings).get().shared.count == 1)
        #expect(try store.holder(bank: nil, "R") == "oa-1/t_1")
        #expect(try store.count("SELECT count(*) FROM pending_transactions") == 1)
    }

    @Test("what belongs to no tenant, or is too long, is refused")
    func refusals() throws {
        let settings = try settings()
        for change in everything("company_a").dropFirst() { #expect(try write(change, settings) == .conflict) }
        #expect(try write(.tenant(tenant("company_a")), settings) == nil)
        var large = verifier("company_a", .slipok)
        large.token = Secret(String(repeating: "x", count: Sealer.maxSecretBytes + 1))
        #expect(try write(.verifier(large), settings) == .conflict)
        #expect(try load(settings).get().tenants == [TenantSettings(tenant: tenant("company_a"))])
    }

    // MARK: Secrets

    @Test("no table shows a secret")
    func sealed() throws {
        let settings = try settings()
        for change in everything("company_a", "x") + [.verifier(verifier(nil, .slipok))] {
            #expect(try write(change, settings) == nil)
        }
        let hex = "canary".utf8.map { String($0, radix: 16) }.joined()
        for table in SettingsTable.allCases {
            let shown = try store.count(
                """
                SELECT count(*) FROM \(table.rawValue) row
                WHERE row::text LIKE '%canary%' OR row::text LIKE '%\(hex)%' OR row::text LIKE '%Y2FuYXJ5%'
                """)
            #expect(shown == 0, "\(table.rawValue)")
        }
        // The search finds what stands in clear, as bytes, too.
        try store.inspector().execute("UPDATE easyslip_configs SET token = 'the canary'")
        #expect(try store.count("SELECT count(*) FROM easyslip_configs row WHERE row::text LIKE '%\(hex)%'") == 3)
        for column in SealedColumn.allCases where column != .verifierToken {
            let lengths = "SELECT count(*) FROM \(column.table.rawValue) WHERE octet_length(\(column.name)) > 32"
            #expect(try store.count(lengths) > 0, "\(column)")
        }
    }

    @Test("a load seals anew what is under an older key, once, and then the older key can go")
    func rotation() throws {
        let before = try settings(Self.old)
        for change in everything("company_a", "x") + everything("company_b") + [.verifier(verifier(nil, .slipok))] {
            #expect(try write(change, before) == nil)
        }
        let expected = try load(before).get()
        let during = try settings("\(Self.new),\(Self.old)")
        // Written while both are there: under the newer one.
        #expect(try write(.channel(channel("company_b", "oa-1", 2)), during) == nil)
        let first = try load(during).get()
        #expect(first == expected)
        #expect(during.observations == [.resealed(2 * (2 + 4 + 2) + 2 + 1 + 1 - 2)])
        #expect(try load(during).get() == expected)
        #expect(during.observations.count == 1)
        #expect(try load(try settings(Self.new)).get() == expected)
        #expect(try load(before).failure == .corrupt)
    }

    @Test("what is changed while a load seals anew is not undone")
    func rotationRace() throws {
        let before = try settings(Self.old)
        #expect(try write(.tenant(tenant("company_a")), before) == nil)
        #expect(try write(.channel(channel("company_a", "oa-1")), before) == nil)
        let during = try settings("\(Self.new),\(Self.old)")
        let writer = try store.inspector()
        var parameters = PostgresParameters()
        let place = SealedColumn.channelSecret.place(tenant: "company_a", "oa-1")
        parameters.add(try sealer(Self.new).seal(Secret("changed"), at: place))
        try writer.execute("BEGIN")
        _ = try writer.query("UPDATE line_oas SET channel_secret = $1::bytea", parameters)
        let box = StoreFixture.SharedBox<Loaded>()
        store.on { _ in during.port.load { box.value = $0 } }
        let inspector = try store.inspector()
        try store.wait("a lock") { _ in
            do {
                return try inspector.query(
                    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
                ).rowCount == 1
            } catch { return false }
        }
        try writer.execute("COMMIT")
        try store.wait("the load") { _ in box.value != nil }
        #expect(try box.value?.get().tenants.count == 1)
        let channel = try #require(try load(try settings(Self.new)).get().tenants.first?.channels.first)
        #expect(channel.channelSecret == Secret("changed") && channel.accessToken == Secret("canary-4oa-1"))
    }

    @Test("a row that does not open or cannot be read makes the load fail, and tells whose it is and no more")
    func corruption() throws {
        let damages: [(sql: String, failure: TenantSettingsFailure)] = [
            (
                // Moved from another row.
                """
                UPDATE line_oas SET channel_secret = (SELECT channel_secret FROM line_oas WHERE id = 'oa-2')
                WHERE id = 'oa-1'
                """, TenantSettingsFailure(table: .channels, tenant: "company_a", reason: .seal(.refused))
            ),
            (
                // From another column.
                "UPDATE tenants SET line_channel_secret = line_access_token",
                TenantSettingsFailure(table: .tenants, tenant: "company_a", reason: .seal(.refused))
            ),
            (
                // Another tenant's for all.
                "UPDATE easyslip_configs SET tenant_id = NULL WHERE provider = 'slipok'",
                TenantSettingsFailure(table: .verifiers, tenant: nil, reason: .seal(.refused))
            ),
            (
                // One bit of the seal's last byte.
                "UPDATE tenant_sessions SET token = set_bit(token, octet_length(token) * 8 - 1, "
                    + "1 - get_bit(token, octet_length(token) * 8 - 1))",
                TenantSettingsFailure(table: .adminSessions, tenant: "company_a", reason: .seal(.refused))
            ),
            (
                "UPDATE tenant_sessions SET token = 'in clear'",
                TenantSettingsFailure(table: .adminSessions, tenant: "company_a", reason: .seal(.malformed))
            ),
            (
                "UPDATE easyslip_configs SET provider = 'of tomorrow' WHERE provider = 'slipok'",
                TenantSettingsFailure(table: .verifiers, tenant: "company_a", reason: .unreadable)
            ),
        ]
        let inspector = try store.inspector()
        for (sql, failure) in damages {
            let settings = try settings()
            #expect(try write(.deleteTenant("company_a"), settings) == nil)
            try inspector.execute("DELETE FROM easyslip_configs")
            for change in everything("company_a") { #expect(try write(change, settings) == nil) }
            #expect(try load(settings).failure == nil)
            try inspector.execute(sql)
            #expect(try load(settings).failure == .corrupt, "\(sql)")
            #expect(settings.observations == [.foundCorruption(failure)], "\(sql)")
            #expect(
                failure.description.hasPrefix(failure.table.rawValue + (failure.tenant == nil ? ":" : " of tenant")))
        }
    }

    // MARK: Bounds

    @Test("the database has the same bounds")
    func sameBounds() throws {
        let triggers = try store.inspector().query(
            """
            SELECT tgrelid::regclass::text, encode(tgargs, 'escape') FROM pg_trigger
            WHERE tgname = 'bound_rows' ORDER BY 1
            """)
        var bounds: [String: String] = [:]
        for row in 0..<triggers.rowCount { bounds[try triggers.text(row, 0)] = try triggers.text(row, 1) }
        // The others have one row a tenant.
        let bounded: [SettingsTable] = [.tenants, .channels, .verifiers, .mappings]
        #expect(bounds.count == bounded.count)
        for table in bounded {
            #expect(bounds[table.rawValue] == "\(PostgresTenantSettings.bound(of: table))\\000")
        }
    }

    @Test("a table that is full takes no more, but what is in it can be changed; far beyond, nothing is read")
    func full() throws {
        let settings = try settings()
        func fill(to count: Int) throws {
            try store.inspector().execute(
                """
                ALTER TABLE tenants DISABLE TRIGGER bound_rows;
                INSERT INTO tenants (tenant_id, tenant_name, api_base_url, session_mode, account_list_ttl_min, created_at,
                                     updated_at)
                SELECT 't' || number, '', '', 'kv', 5, now(), now() FROM generate_series(1, \(count)) number
                ON CONFLICT DO NOTHING;
                ALTER TABLE tenants ENABLE TRIGGER bound_rows
                """)
        }
        try fill(to: PostgresTenantSettings.maxTenants - 1)
        #expect(try write(.tenant(tenant("last")), settings) == nil)
        #expect(try write(.tenant(tenant("one more")), settings) == .conflict)
        #expect(try write(.tenant(tenant("last", "changed")), settings) == nil)
        #expect(try load(settings).get().tenants.count == PostgresTenantSettings.maxTenants)
        try fill(to: 2 * PostgresTenantSettings.maxTenants - 1)
        #expect(try load(settings).get().tenants.count == 2 * PostgresTenantSettings.maxTenants)
        try fill(to: 2 * PostgresTenantSettings.maxTenants)
        #expect(try load(settings).failure == .corrupt)
        let failure = TenantSettingsFailure(table: .tenants, tenant: nil, reason: .tooManyRows)
        #expect(settings.observations == [.foundCorruption(failure)])
    }

    // MARK: Without an answer

    @Test("a change whose connection is lost may have been made, and can be made again")
    func lost() throws {
        let settings = try settings()
        #expect(try write(.tenant(tenant("company_a")), settings) == nil)
        let holder = try store.inspector()
        try holder.execute("BEGIN; SELECT * FROM tenants FOR UPDATE")
        let box = StoreFixture.SharedBox<StoreFailure?>()
        store.on { _ in settings.port.write(.tenant(self.tenant("company_a", "changed"))) { box.value = .some($0) } }
        let inspector = try store.inspector()
        let terminate = """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND datname = current_database()
            """
        try store.wait("a lock") { _ in
            do { return try inspector.query(terminate).rowCount == 1 } catch { return false }
        }
        try store.wait("the loss") { _ in box.value != nil }
        #expect(box.value == .some(.unknown))
        try holder.execute("ROLLBACK")
        try store.wait("a connection") { $0.pool.isAvailable }
        #expect(try write(.tenant(tenant("company_a", "changed")), settings) == nil)
        #expect(try load(settings).get().tenants.map(\.tenant) == [tenant("company_a", "changed")])
    }

    @Test("without a server it is unavailable")
    func nowhere() throws {
        let store = try StoreFixture(
            Secret("host=/nonexistent dbname=x user=x"),
            ownership: Ownership(incarnation: "x", epochs: Array(repeating: 1, count: 512)))
        store.on { $0.pool.start() }
        let settings = Settings(store, try sealer(Self.old))
        let loaded: Loaded = try store.answer(to: "load") { settings.port.load($1) }
        #expect(loaded.failure == .unavailable)
        let written: StoreFailure? = try store.answer(to: "a change") { settings.port.write(.deleteTenant("a"), $1) }
        #expect(written == .unavailable)
    }
}

extension Result where Failure == StoreFailure {
    fileprivate var failure: StoreFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
