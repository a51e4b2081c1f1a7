import Domain
import JSON
import Ports
import Primitives
import TestSupport
import Testing

@testable import Gateway

@Suite("Whose the slip service's routes are")
struct SlipServiceRightsTests {
    @Test("An administrator sees nothing of another tenant, route by route, and learns not whether it exists")
    func otherTenant() throws {
        let world = try SlipServiceWorld()
        for tenant in ["company_b", "no_such"] {
            for route in SlipServiceWorld.routes(of: tenant) {
                let answer = try world.ask(route.method, route.path, route.body)
                #expect(answer.status == 403, "\(route.method) \(route.path)")
                #expect(!answer.raw.body.contains("company_b"), "\(route.method) \(route.path)")
                for below in ["company_a", "company_b"] {
                    let answer = try world.ask(route.method, "/t/\(below)" + route.path, route.body)
                    #expect(answer.status == 403, "\(below) \(route.method) \(route.path)")
                }
            }
        }
        let settings = world.world
        #expect(settings.settings.written.isEmpty && settings.administration.calls.isEmpty)
        #expect(settings.scans.calls.isEmpty && settings.scanned.all.isEmpty)
    }

    @Test("An administrator's own routes are theirs, at the root and below the tenant")
    func own() throws {
        for prefix in ["", "/t/company_a"] {
            for route in SlipServiceWorld.routes(of: "company_a") where route.method != "DELETE" {
                let world = try SlipServiceWorld()
                world.prepare()
                let answer = try world.ask(route.method, prefix + route.path, route.body)
                #expect(
                    (200...201).contains(answer.status), "\(route.method) \(prefix)\(route.path): \(answer.json.text)")
                for tenant in world.world.scanned.all { #expect(tenant == "company_a") }
            }
        }
    }

    @Test("An operator may use each of them for each tenant; below a tenant for that one only")
    func operators() throws {
        for route in SlipServiceWorld.routes(of: "company_b") {
            let world = try SlipServiceWorld()
            world.prepare()
            let elsewhere = try world.ask(route.method, "/t/company_a" + route.path, route.body, as: .operator)
            #expect(elsewhere.status == 404, "\(route.method) \(route.path)")
            #expect(world.world.settings.written.isEmpty)
            let answer = try world.ask(route.method, "/t/company_b" + route.path, route.body, as: .operator)
            #expect((200...201).contains(answer.status), "\(route.method) \(route.path): \(answer.json.text)")
            let unknown = SlipServiceWorld.routes(of: "no_such").first {
                $0.method == route.method
                    && $0.path == route.path.replacing("company_b", with: "no_such")
            }
            if let unknown, unknown.path != "/api/tenants" {
                #expect(try world.ask(unknown.method, unknown.path, unknown.body, as: .operator).status == 404)
            }
        }
    }

    @Test("No token is 401, another role 403, each in the route's envelope")
    func noToken() throws {
        let world = try SlipServiceWorld()
        for route in SlipServiceWorld.routes(of: "company_a") + [("GET", "/api/tenants", nil, true)] {
            for prefix in ["", "/t/company_a"] {
                for (bearer, status, name) in [
                    (SlipServiceWorld.Bearer.nobody, 401, "Unauthorized"), (.role("customer"), 403, "Forbidden"),
                    (.role("staff"), 403, "Forbidden"), (.role("service"), 403, "Forbidden"),
                ] {
                    let answer = try world.ask(route.method, prefix + route.path, route.body, as: bearer)
                    #expect(answer.status == status, "\(route.method) \(route.path)")
                    #expect(answer.json["error"]?.string == (route.isNamed ? name : nil))
                    #expect(answer.json["success"]?.bool == (route.isNamed ? nil : false))
                    #expect(!answer.message.isEmpty)
                    #expect((answer.raw["WWW-Authenticate"] != nil) == (status == 401))
                }
            }
        }
        #expect(world.world.settings.written.isEmpty && world.world.administration.calls.isEmpty)
        #expect(world.world.scans.calls.isEmpty)
    }

    @Test("The list shows an administrator their own tenant, an operator all, and below a tenant that one")
    func list() throws {
        let world = try SlipServiceWorld()
        func ids(_ path: String, _ bearer: SlipServiceWorld.Bearer) throws -> [String] {
            let answer = try world.ask("GET", path, as: bearer)
            let ids = (answer.json["tenants"]?.array ?? []).compactMap { $0["tenantId"]?.string }
            #expect(answer.json["total"]?.integer == Int64(ids.count))
            return ids
        }
        #expect(try ids("/api/tenants", .admin) == ["company_a"])
        #expect(try ids("/api/tenants", .operator) == ["company_a", "company_b"])
        #expect(try ids("/t/company_b/api/tenants", .operator) == ["company_b"])
        #expect(try ids("/t/company_b/api/tenants", .otherAdmin) == ["company_b"])
    }

    @Test("Too many requests and an overloaded server are told in the envelope, too")
    func rates() throws {
        let world = try SlipServiceWorld { $0.clients.authenticationPerMinute = 1 }
        let body: JSONValue = ["username": "admin", "password": "pw"]
        let path = "/api/tenants/company_a/admin-login"
        _ = try world.ask("POST", path, body)
        let answer = try world.ask("POST", path, body)
        #expect(answer.status == 429 && answer.json["success"]?.bool == false && answer.raw["Retry-After"] != nil)
    }
}

extension SlipServiceWorld {
    /// Everything outside says yes.
    func prepare() {
        guard let bank = Self.reference?.bank else { return }
        world.scans.script.verification = .genuine(Self.report)
        world.scans.script.accounts = .loaded(
            AccountListFixture.list(at: world.time.wallClock, bank))
        world.scans.script.users = .found([])
        world.administration.login = .success(
            token: Secret("admin-token-1"), refreshToken: nil, expiresAt: nil, username: "admin")
    }
}
