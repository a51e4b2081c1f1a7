import Domain
import JSON
import Ports
import Primitives
import TestSupport
import Testing

@testable import Gateway

@Suite("The slip service's routes: what is set up")
struct SlipServiceSettingsTests {
    private static let full: JSONValue = [
        "tenantId": "company_c", "tenantName": "บริษัท ซี", "apiBaseUrl": "https://api.company-c.com/",
        "adminUsername": "boss",
        "lineChannelId": "123456789", "lineChannelSecret": "channel-secret-1", "lineAccessToken": "access-token-1",
        "sessionMode": "kv", "accountListTtl": 7,
    ]

    private func changed(_ object: JSONValue, _ name: String, _ value: JSONValue?) -> JSONValue {
        var members = object.object ?? [:]
        members[name] = value
        return .object(members)
    }

    @Test("An operator makes a tenant, which is written before it is there, and shown without its secrets")
    func create() throws {
        let world = try SlipServiceWorld()
        let answer = try world.ask("POST", "/api/tenants", Self.full, as: .operator)
        #expect(answer.status == 200 && answer.json["success"]?.bool == true)
        let tenant = try #require(answer.json["tenant"])
        #expect(tenant["tenantName"]?.string == "บริษัท ซี" && tenant["accountListTtl"]?.integer == 7)
        #expect(tenant["apiBaseUrl"]?.string == "https://api.company-c.com")
        #expect(tenant["hasLineChannelSecret"]?.bool == true && tenant["hasLineAccessToken"]?.bool == true)
        #expect(try world.ask("GET", "/api/tenants/company_c", as: .operator).json == tenant)
        #expect(world.world.settings.written.count == 1)
        #expect(world.world.tenants["company_c"]?.tenant.lineChannelSecret == Secret("channel-secret-1"))
    }

    @Test("A change keeps what it does not name, null empties what may be empty")
    func update() throws {
        let world = try SlipServiceWorld()
        let body: JSONValue = ["tenantId": "company_a", "tenantName": "New", "lineAccessToken": .null]
        let answer = try world.ask("POST", "/api/tenants", body)
        #expect(answer.status == 200)
        let tenant = try #require(world.world.tenants["company_a"]?.tenant)
        #expect(tenant.name == "New" && tenant.lineChannelSecret == Secret("channel-secret-1"))
        #expect(tenant.lineAccessToken == nil && tenant.lineChannelID == "1234" && tenant.adminUsername == "admin")
    }

    @Test("Only an operator makes a tenant, deletes one, and says where its back end is")
    func operatorsOnly() throws {
        let world = try SlipServiceWorld()
        world.world.tenants.apply(.deleteTenant("company_a"))
        #expect(try world.ask("POST", "/api/tenants", changed(Self.full, "tenantId", "company_a")).status == 403)
        let other = try SlipServiceWorld()
        #expect(try other.ask("DELETE", "/api/tenants/company_a").status == 403)
        let body: JSONValue = ["tenantId": "company_a", "apiBaseUrl": "https://evil.example"]
        #expect(try other.ask("POST", "/api/tenants", body).status == 403)
        let same: JSONValue = ["tenantId": "company_a", "apiBaseUrl": "https://api.company-a.com"]
        #expect(try other.ask("POST", "/api/tenants", same).status == 200)
        #expect(other.world.settings.written.count == 1)
    }

    @Test(
        "A field that is not as agreed is refused by its name, and nothing is written",
        arguments: [
            ("tenantId", nil), ("tenantId", "Company"), ("tenantId", ""), ("tenantId", 7), ("tenantId", "a/b"),
            ("tenantId", .string(String(repeating: "a", count: 33))), ("tenantName", nil), ("tenantName", " "),
            ("tenantName", "a\u{0}b"), ("tenantName", .string(String(repeating: "a", count: 121))),
            ("tenantName", ["a"]), ("apiBaseUrl", nil), ("apiBaseUrl", "http://api.example.com"),
            ("apiBaseUrl", "http://127.0.0.1:1"), ("apiBaseUrl", "ftp://h"), ("apiBaseUrl", "https://"),
            ("apiBaseUrl", "https://u:p@h"), ("apiBaseUrl", "https://h?x=1"), ("apiBaseUrl", "https://h/#f"),
            ("apiBaseUrl", "https://h:0"), ("apiBaseUrl", "https://h:65536"), ("apiBaseUrl", "https://h h"),
            ("apiBaseUrl", .string("https://h/" + String(repeating: "a", count: 1_000))), ("lineChannelId", "x"),
            ("lineChannelId", 5), ("lineChannelSecret", ""), ("lineChannelSecret", "a b"), ("lineAccessToken", 1),
            ("lineAccessToken", .string(String(repeating: "a", count: 1_025))), ("sessionMode", "redis"),
            ("accountListTtl", 0), ("accountListTtl", 1_441), ("accountListTtl", 5.5), ("accountListTtl", "5"),
            ("accountListTtl", -1), ("adminUsername", ""),
        ] as [(String, JSONValue?)])
    func fields(name: String, value: JSONValue?) throws {
        let world = try SlipServiceWorld()
        let answer = try world.ask("POST", "/api/tenants", changed(Self.full, name, value), as: .operator)
        #expect([400, 404].contains(answer.status) && answer.message.contains(name))
        #expect(answer.json["error"]?.string == "Bad Request")
        #expect(world.world.settings.written.isEmpty)
    }

    @Test("In development a back end may be this machine, and nothing else without TLS")
    func loopback() throws {
        let world = try SlipServiceWorld { configuration in
            configuration.enforcesRates = false
            configuration.isDevelopment = true
        }
        for (url, status) in [
            ("http://127.0.0.1:8090/backend/x", 200), ("http://localhost:1", 200), ("http://[::1]:2", 200),
            ("http://10.0.0.1", 400), ("http://localhost.example.com", 400), ("http://127.0.0.1.example.com", 400),
        ] {
            let body = changed(Self.full, "apiBaseUrl", .string(url))
            #expect(try world.ask("POST", "/api/tenants", body, as: .operator).status == status, "\(url)")
        }
    }

    @Test("A tenant that is deleted is gone with all that was set up; one that is not there is 404")
    func delete() throws {
        let world = try SlipServiceWorld()
        let answer = try world.ask("DELETE", "/api/tenants/company_b", as: .operator)
        #expect(answer.status == 200 && answer.message == "Tenant deleted successfully")
        #expect(world.world.settings.written == [.deleteTenant("company_b")])
        for method in ["GET", "DELETE"] {
            let answer = try world.ask(method, "/api/tenants/company_b", as: .operator)
            #expect(answer.status == 404 && answer.json["error"]?.string == "Not Found")
            #expect(answer.message == "Tenant company_b does not exist")
        }
    }

    @Test("What the store did not write is not there", arguments: [StoreFailure.unavailable, .overloaded, .unknown])
    func storeFails(failure: StoreFailure) throws {
        let world = try SlipServiceWorld()
        world.world.settings.failure = failure
        world.world.settings.loaded = world.world.tenants.all
        for route in SlipServiceWorld.routes(of: "company_a")
        where route.method != "GET" && !route.path.contains("/scan/") && !route.path.hasSuffix("admin-login") {
            let before = world.world.tenants.all
            let answer = try world.ask(route.method, route.path, route.body, as: .operator)
            #expect(answer.status == 503, "\(route.method) \(route.path)")
            #expect(answer.raw["Retry-After"] != nil)
            #expect(world.world.tenants.all == before)
        }
        // What may have been written is looked up.
        #expect((world.world.settings.loads > 0) == (failure == .unknown))
    }

    @Test("Changes are made one after the other, each on what the one before left")
    func order() throws {
        let world = try SlipServiceWorld()
        let changes = world.world.gatewayLoop.tenantChanges
        world.world.settings.isHeld = true
        let seen = Kept<String>()
        for name in ["one", "two"] {
            world.world.enter {
                changes.submit { book in
                    guard var tenant = book["company_a"]?.tenant else { return .success(nil) }
                    seen.all.append(tenant.name)
                    tenant.name += " " + name
                    return .success(.tenant(tenant))
                } _: { _ in
                }
            }
        }
        world.world.settle()
        #expect(seen.all == ["Company company_a"])
        world.world.enter { world.world.settings.release() }
        world.world.until([]) { world.world.settings.written.count == 2 }
        world.world.settle()
        #expect(world.world.tenants["company_a"]?.tenant.name == "Company company_a one two")
    }

    @Test("Changes that wait are bounded")
    func bounded() throws {
        let world = try SlipServiceWorld()
        let changes = world.world.gatewayLoop.tenantChanges
        world.world.settings.isHeld = true
        let refusals = Kept<SlipServiceRefusal?>()
        world.world.enter {
            for _ in 0..<SlipServiceLimits.maxWaitingChanges + 2 {
                changes.submit { _ in
                    .success(.deleteAdminSession(tenant: "company_a"))
                } _: {
                    refusals.all.append($0)
                }
            }
        }
        #expect(refusals.all == [.storeUnavailable])
        world.world.enter { world.world.settings.release() }
        world.world.until([]) { refusals.all.count == SlipServiceLimits.maxWaitingChanges + 2 }
        #expect(refusals.all.count { $0 == nil } == SlipServiceLimits.maxWaitingChanges + 1)
    }

    // MARK: What belongs to a tenant

    @Test("A LINE account is set up with its session")
    func lineAccounts() throws {
        let world = try SlipServiceWorld()
        let path = "/api/tenants/company_a/line-oas"
        let body: JSONValue = [
            "id": "oa-2", "name": "OA two", "channelId": "77", "channelSecret": "oa-secret-1",
            "accessToken": "oa-token-1",
        ]
        let made = try world.ask("POST", path, body)
        #expect(made.status == 201 && made.json["lineOa"]?["hasChannelSecret"]?.bool == true)
        #expect(made.json["lineOa"]?["webhookPath"]?.string == "/webhook/company_a/oa-2")
        let address = SessionAddress(tenant: "company_a", kind: .lineAccount, id: "oa-2")
        #expect(world.world.store.records[address] != nil, "the session is there")
        #expect(try world.ask("POST", path, ["id": "oa-2", "name": "Renamed"]).status == 200)
        #expect(world.world.tenants["company_a"]?.channels.last?.channelSecret == Secret("oa-secret-1"))
        let list = try world.ask("GET", path)
        #expect(list.json["lineOas"]?.array?.compactMap { $0["id"]?.string } == ["oa-1", "oa-2"])
        #expect(list.json["total"]?.integer == 2)
        #expect(try world.ask("DELETE", path + "/oa-2").status == 200)
        #expect(try world.ask("DELETE", path + "/oa-2").status == 404)
        #expect(world.world.store.records[address] != nil, "its log stays")
        let unnamed = try world.ask("POST", path, changed(body, "id", nil))
        #expect(unnamed.json["lineOa"]?["id"]?.string?.hasPrefix("lineoa-") == true)
        for (name, value) in [
            ("id", "api"), ("id", "A"), ("id", ""), ("name", ""), ("channelId", "x"), ("channelSecret", ""),
            ("accessToken", " "),
        ] as [(String, JSONValue)] {
            let answer = try world.ask("POST", path, changed(body, name, value))
            #expect(answer.status == 400 && answer.message.contains(name), "\(name)")
        }
        for name in ["name", "channelId", "channelSecret", "accessToken"] {
            let answer = try world.ask("POST", path, changed(changed(body, "id", "oa-9"), name, nil))
            #expect(answer.status == 400 && answer.message == name + " is missing")
        }
    }

    @Test("A tenant has so many LINE accounts and no more")
    func manyLineAccounts() throws {
        let world = try SlipServiceWorld()
        let channel = try #require(world.world.tenants["company_a"]?.channels.first)
        for index in 2...SlipServiceLimits.maxLineAccounts {
            var other = channel
            other.id = "oa-\(index)"
            world.world.tenants.apply(.channel(other))
        }
        let path = "/api/tenants/company_a/line-oas"
        let body: JSONValue = [
            "id": "one-more", "name": "N", "channelId": "7", "channelSecret": "s", "accessToken": "t",
        ]
        #expect(try world.ask("POST", path, body).status == 400)
        #expect(try world.ask("POST", path, ["id": "oa-2", "name": "N"]).status == 200)
    }

    @Test("Credentials at slip services")
    func verifiers() throws {
        let world = try SlipServiceWorld()
        let path = "/api/tenants/company_a/slip-verifiers"
        let slipok: JSONValue = ["provider": "slipok", "token": "verifier-1", "branch": "123"]
        #expect(try world.ask("POST", path, slipok).status == 200)
        #expect(try world.ask("POST", path, ["provider": "slipok", "isActive": false]).status == 200)
        let kept = try #require(world.world.tenants["company_a"]?.verifiers.last)
        #expect(kept.token == Secret("verifier-1") && kept.branch == "123" && !kept.isActive)
        let list = try world.ask("GET", path)
        #expect(
            list.json["slipVerifiers"]?[1] == [
                "provider": "slipok", "branch": "123", "isActive": false, "hasToken": true,
            ])
        #expect(try world.ask("DELETE", path + "/slipok").status == 200)
        #expect(try world.ask("DELETE", path + "/slipok").status == 404)
        #expect(try world.ask("DELETE", path + "/other").status == 404)
        for (body, name) in [
            (["provider": "other", "token": "t"], "provider"), (["token": "t"], "provider"),
            (["provider": "slipok", "branch": "1"], "token"), (["provider": "slipok", "token": "t"], "branch"),
            (["provider": "slipok", "token": "t", "branch": "../x"], "branch"),
            (["provider": "easyslip-v1", "isActive": "yes"], "isActive"),
        ] as [(JSONValue, String)] {
            let answer = try world.ask("POST", path, body)
            #expect(answer.status == 400 && answer.message.contains(name))
        }
    }

    @Test("Names of accounts")
    func mappings() throws {
        let world = try SlipServiceWorld()
        let path = "/api/tenants/company_a/account-mappings"
        let body: JSONValue = ["accountNumber": "123-4-56789-0", "nameEn": "ABC Company", "nameTh": "บริษัท เอบีซี"]
        #expect(try world.ask("POST", path, body).status == 200)
        #expect(try world.ask("GET", path).json["accountMappings"]?[1] == body)
        #expect(try world.ask("DELETE", path + "/123-4-56789-0").status == 200)
        #expect(try world.ask("DELETE", path + "/123-4-56789-0").status == 404)
        for (name, value) in [
            ("accountNumber", nil), ("accountNumber", "xxx1"), ("accountNumber", "---"), ("nameEn", nil), ("nameTh", 5),
        ] as [(String, JSONValue?)] {
            let answer = try world.ask("POST", path, changed(body, name, value))
            #expect(answer.status == 400 && answer.message.contains(name))
        }
    }

    @Test("What customers are told")
    func messageSettings() throws {
        let world = try SlipServiceWorld()
        let path = "/api/message-settings/company_a"
        let before = try world.ask("GET", path)
        #expect(before.json["id"]?.string == "msg-company_a" && before.json["colorPrimary"]?.string == "#D4AF37")
        #expect(before.json["updatedAt"] == .null)
        let body: JSONValue = [
            "imageReplyEnabled": false, "imageReplyMessage": "รอสักครู่\nนะคะ", "flexLogoUrl": "https://example.com/l.png",
            "gameUrl": "", "colorMutedText": "#abcdef",
        ]
        #expect(try world.ask("POST", path, body).json == ["success": true])
        let after = try world.ask("GET", path).json
        for name in ["imageReplyEnabled", "imageReplyMessage", "flexLogoUrl", "gameUrl", "colorMutedText"] {
            #expect(after[name] == body[name])
        }
        #expect(after["colorPrimary"] == before.json["colorPrimary"] && after["flexMessageEnabled"]?.bool == true)
        for (name, value) in [
            ("imageReplyEnabled", .null), ("flexMessageEnabled", 1), ("imageReplyMessage", ""),
            ("imageReplyMessage", .string(String(repeating: "a", count: 501))), ("flexLogoUrl", "http://x/l.png"),
            ("flexLogoUrl", "javascript:alert(1)"), ("gameUrl", "https://a b"), ("colorPrimary", "red"),
            ("colorPrimary", "#12345"), ("colorBodyBg", "#GGGGGG"), ("colorSeparator", 5),
        ] as [(String, JSONValue)] {
            let answer = try world.ask("POST", path, [name: value])
            #expect(answer.status == 400 && answer.message.contains(name), "\(name)")
        }
        #expect(try world.ask("GET", path).json == after)
    }

    @Test("A body that is no JSON object is refused on every route that takes one")
    func hostileBodies() throws {
        let world = try SlipServiceWorld()
        let deep = String(repeating: "[", count: 100_000)
        for route in SlipServiceWorld.routes(of: "company_a") where route.body != nil {
            for text in [
                "", "{", "[]", "7", "null", "\"x\"", "{\"tenantId\":\"company_a\",\"tenantId\":\"company_b\"}", deep,
                "{\"a\":\(deep)", "\u{FEFF}{}",
            ] {
                let answer = try world.ask(route.method, route.path, Array(text.utf8), "application/json")
                #expect(answer.status == 400, "\(route.path) \(text.prefix(20))")
            }
            let members = (route.body?.object ?? [:]).members.map(\.name)
            for name in members {
                let wrong: [JSONValue] = [.array([.object([:])]), .object([:]), .bool(true), .integer(.max)]
                for value in wrong where !(name == "isActive" || name == "imageReplyEnabled") || value.bool == nil {
                    let body = changed(route.body ?? [:], name, value)
                    let answer = try world.ask(route.method, route.path, body)
                    #expect(answer.status == 400, "\(route.path) \(name) \(value.text)")
                }
            }
        }
        #expect(world.world.settings.written.isEmpty && world.world.scans.calls.isEmpty)
    }
}
