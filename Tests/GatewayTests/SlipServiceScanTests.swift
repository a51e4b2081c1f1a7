import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing
import Transport

@testable import Gateway

@Suite("The slip service's routes: scanning")
struct SlipServiceScanTests {
    private static let verify = "/api/scan/verify-slip"
    private static let multipart = "multipart/form-data; boundary=B"

    private func world(_ configure: (inout ScriptedLineServices.Script) -> Void = { _ in }) throws -> SlipServiceWorld {
        let world = try SlipServiceWorld()
        world.prepare()
        configure(&world.world.scans.script)
        return world
    }

    // MARK: Verifying

    @Test("A slip is shown as the document has it, its amount digit by digit")
    func shape() throws {
        let world = try world()
        let form = SlipServiceWorld.form([("tenantId", Array("company_a".utf8)), ("file", SlipServiceWorld.png)])
        let answer = try world.ask("POST", Self.verify, form, Self.multipart)
        #expect(answer.status == 200 && answer.json["success"]?.bool == true)
        let slip = try #require(answer.json["data"]?["data"])
        #expect(slip["sender"]?["name"] == ["th": "นาย สมชาย ท", "en": "MR. SOMCHAI T"])
        #expect(slip["sender"]?["account"] == ["value": "xxx-x-x1234-x", "bank": ["short": "SCB"]])
        #expect(slip["receiver"]?["account"] == ["value": "xxx-xxx-5678", "bank": ["short": "KTB"]])
        #expect(answer.raw.body.contains(#""amount":{"amount":345.25}"#))
        #expect(slip["transRef"]?.string == "015275120000AKR00001" && slip["date"]?.string != nil)
        #expect(
            world.world.scans.calls == [
                .read(SlipServiceWorld.png.count), .verify(.image(SlipServiceWorld.png), "scripted"),
            ])
    }

    @Test("The text of the QR code is asked about in place of the image, and must name the same transfer")
    func payload() throws {
        let reference = try #require(SlipServiceWorld.reference)
        let world = try world { $0.qr = .slip(reference, payload: "0041") }
        let form = SlipServiceWorld.form([("file", SlipServiceWorld.png)])
        #expect(try world.ask("POST", Self.verify, form, Self.multipart).status == 200)
        #expect(world.world.scans.calls.last == .verify(.payload("0041"), "scripted"))
        var other = SlipServiceWorld.report
        other.transRef = "OTHER"
        world.world.scans.script.verification = .genuine(other)
        #expect(try world.ask("POST", Self.verify, form, Self.multipart).status == 500)
        world.world.scans.script.qr = .foreign
        #expect(try world.ask("POST", Self.verify, form, Self.multipart).status == 400)
        let direct = try world.ask("POST", Self.verify, ["payload": "0041"])
        #expect(direct.status == 200 || direct.status == 500)
    }

    @Test("A verdict stands; it is told with 400 and a reason")
    func verdicts() throws {
        for answer: VerifierAnswer in [
            .pending(after: nil), .notFound, .bad(.unreadable), .bad(.notASlip), .bad(.expired),
        ] {
            let world = try world {
                $0.live.verifiers = ["first", "second"]
                $0.verification = answer
            }
            let told = try world.ask("POST", Self.verify, ["payload": "0041"])
            #expect(told.status == 400 && told.json["success"]?.bool == false && !told.message.isEmpty)
            #expect(world.world.scans.calls == [.verify(.payload("0041"), "first")])
        }
    }

    @Test("A fault of one service leads to the next; of all, to the document's 500 or 503")
    func failOver() throws {
        for (fault, status) in [
            (VerifierFault.unavailable, 503), (.unclear, 503), (.quota, 500), (.configuration, 500),
        ] {
            let world = try world {
                $0.live.verifiers = ["first", "second"]
                $0.verification = .fault(fault)
            }
            let told = try world.ask("POST", Self.verify, ["payload": "0041"])
            #expect(told.status == status && told.message.hasPrefix("Verification failed"))
            #expect(
                world.world.scans.calls == [.verify(.payload("0041"), "first"), .verify(.payload("0041"), "second")])
        }
        let none = try world { $0.live.verifiers = [] }
        #expect(try none.ask("POST", Self.verify, ["payload": "0041"]).status == 500)
    }

    @Test("A url is fetched from the public internet, and nothing is said of what is not")
    func url() throws {
        let world = try world()
        world.world.files.answer = .file(SlipServiceWorld.png)
        let body: JSONValue = ["tenantId": "company_a", "url": "https://example.com/slip.png"]
        #expect(try world.ask("POST", Self.verify, body).status == 200)
        let form = SlipServiceWorld.form([("url", Array("https://example.com/2.png".utf8))])
        #expect(try world.ask("POST", Self.verify, form, Self.multipart).status == 200)
        #expect(world.world.files.urls == ["https://example.com/slip.png", "https://example.com/2.png"])
        var messages: Set<String> = []
        for answer: PublicFileAnswer in [.notPublic, .unavailable] {
            world.world.files.answer = answer
            let told = try world.ask("POST", Self.verify, body)
            #expect(told.status == 400)
            messages.insert(told.message)
        }
        #expect(messages.count == 1)
        for answer: PublicFileAnswer in [.notAURL, .tooLarge, .file(Array("<html>".utf8)), .file([])] {
            world.world.files.answer = answer
            #expect(try world.ask("POST", Self.verify, body).status == 400)
        }
    }

    @Test("A form that is cut anywhere is refused")
    func cutForm() throws {
        let world = try world()
        let form = SlipServiceWorld.form([("tenantId", Array("company_a".utf8)), ("file", SlipServiceWorld.png)])
        for count in 0..<(form.count - 2) {
            let answer = try world.ask("POST", Self.verify, Array(form[..<count]), Self.multipart)
            #expect(answer.status == 400, "\(count)")
        }
        #expect(world.world.scans.calls.isEmpty)
        #expect(try world.ask("POST", Self.verify, form, Self.multipart).status == 200)
    }

    @Test("Exactly one of file, url and payload, once, and of what they should be")
    func questions() throws {
        let world = try world()
        let png = SlipServiceWorld.png
        for (parts, status) in [
            ([], 400), ([("tenantId", Array("company_a".utf8))], 400), ([("file", png), ("file", png)], 400),
            ([("file", png), ("url", Array("https://h/".utf8))], 400), ([("file", Array("GIF88a".utf8))], 400),
            ([("payload", [0xFF])], 400), ([("payload", Array("a b".utf8))], 400), ([("file", [])], 400),
            ([("tenantId", Array("company_b".utf8)), ("file", png)], 403),
            (Array(repeating: ("x", [1]), count: 9), 413),
        ] as [([(String, [UInt8])], Int)] {
            let form = SlipServiceWorld.form(parts.map { ($0.0, $0.1) })
            let answer = try world.ask("POST", Self.verify, form, Self.multipart)
            #expect(answer.status == status, "\(parts.map(\.0))")
        }
        let form = SlipServiceWorld.form([("file", png)])
        for type in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=B"] {
            let answer = try world.ask("POST", Self.verify, form, type)
            #expect((400...415).contains(answer.status), "\(type)")
        }
        #expect(
            try world.ask("POST", Self.verify, ["payload": .string(String(repeating: "0", count: 513))]).status == 400)
        #expect(world.world.scans.calls.isEmpty && world.world.files.urls.isEmpty)
        #expect(try world.ask("POST", Self.verify, form, Self.multipart, as: .operator).status == 400, "which tenant?")
        #expect(try world.ask("POST", "/t/company_b" + Self.verify, form, Self.multipart, as: .operator).status == 200)
    }

    @Test("A slip may be larger than other bodies, on this route alone")
    func sizes() throws {
        let world = try world()
        let image = SlipServiceWorld.png + [UInt8](repeating: 0, count: 4 * 1024 * 1024 - SlipServiceWorld.png.count)
        let form = SlipServiceWorld.form([("file", image)])
        for prefix in ["", "/t/company_a"] {
            #expect(try world.ask("POST", prefix + Self.verify, form, Self.multipart).status == 200)
        }
        let more = try world.ask("POST", Self.verify, SlipServiceWorld.form([("file", image + [0])]), Self.multipart)
        #expect(more.status == 413 && more.json["success"]?.bool == false)
        // The connection itself refuses these, before a byte of them is read.
        for (path, count) in [
            (Self.verify, SlipServiceLimits.maxSlipBodyBytes + 1), ("/api/scan/match-account", 1024 * 1024 + 1),
        ] {
            let token = try world.world.token(role: "admin", tenant: "company_a")
            let client = try RawClient(port: world.world.listener.port)
            client.send(
                "POST \(path) HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \(token)\r\nContent-Length: \(count)\r\n\r\n"
            )
            for _ in 0..<4_000 where !client.isOver {
                client.poll()
                world.world.enter { world.world.loop.turn(waitingAtMost: .milliseconds(1)) }
            }
            #expect(client.text.hasPrefix("HTTP/1.1 413 "), "\(path)")
        }
    }

    @Test("A request that is under way is answered, though its tenant is deleted meanwhile")
    func deletedMeanwhile() throws {
        let world = try world { $0.verification = nil }
        let token = try world.world.token(role: "admin", tenant: "company_a")
        let body = #"{"payload":"0041"}"#
        let client = try RawClient(port: world.world.listener.port)
        client.send(
            "POST \(Self.verify) HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer \(token)\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        world.world.until([]) { world.world.scans.open.count == 1 }
        #expect(try world.ask("DELETE", "/api/tenants/company_a", as: .operator).status == 200)
        let other: JSONValue = ["tenantId": "company_b", "searchName": "John Doe"]
        #expect(try world.ask("POST", "/api/scan/search-user", other, as: .operator).status == 200)
        world.world.scans.script.verification = .notFound
        world.world.enter { world.world.scans.answerOpen() }
        world.world.until([]) {
            client.poll()
            return client.isOver
        }
        #expect(client.text.hasPrefix("HTTP/1.1 400 "))
    }

    // MARK: Matching

    @Test("An account is found by the domain's rules")
    func accounts() throws {
        let world = try world()
        let path = "/api/scan/match-account"
        let exact = try world.ask("POST", path, ["receiverAccount": "123-4-56789-0", "receiverBank": "SCB"])
        #expect(exact.json == ["matched": true, "accountId": "ACC1", "matchMethod": "exact-account"])
        let name = try world.ask("POST", path, ["tenantId": "company_a", "receiverName": "XYZ COMPANY LIMITED"])
        #expect(name.json == ["matched": true, "accountId": "ACC2", "matchMethod": "name-match"])
        let ref3: JSONValue = ["receiverName": "SOMEBODY ELSE", "receiverRef3": "XYZ COMPANY LIMITED"]
        #expect(try world.ask("POST", path, ref3).json["accountId"]?.string == "ACC2")
        #expect(try world.ask("POST", path, ["receiverAccount": "5555555555"]).json == ["matched": false])
        #expect(try world.ask("POST", path, ["receiverName": "NOBODY"]).json == ["matched": false])
        #expect(try world.ask("POST", path, [:]).status == 400)
        #expect(try world.ask("POST", path, ["receiverAccount": "abc"]).status == 400)
        #expect(world.world.scans.calls.count == 5)
    }

    @Test("A list that is new is used, an old one is loaded anew; a back end that fails is told")
    func accountList() throws {
        let world = try world()
        let bank = try #require(BankCode("014"))
        let path = "/api/scan/match-account"
        let body: JSONValue = ["receiverAccount": "1234567890", "receiverBank": "SCB"]
        world.world.scans.script.live.accounts = AccountListFixture.list(at: world.world.time.wallClock, bank)
        #expect(try world.ask("POST", path, body).json["matched"]?.bool == true)
        #expect(world.world.scans.calls.isEmpty)
        world.world.time.advance(by: .seconds(300))
        #expect(try world.ask("POST", path, body).json["matched"]?.bool == true)
        #expect(world.world.scans.calls == [.accounts])
        world.world.scans.script.accounts = .unavailable
        #expect(try world.ask("POST", path, body).status == 503)
        world.world.scans.script.accounts = .adminExpired
        let expired = try world.ask("POST", path, body)
        #expect(expired.status == 401 && expired.json["success"]?.bool == false)
        #expect(world.world.scanned.all == ["company_a"], "made once")
    }

    @Test("A user is found by the domain's rules")
    func users() throws {
        let candidate = UserCandidate(
            id: "USER123", memberCode: "MEM001", fullName: "John Doe", bankAccount: "1234567890", bank: BankCode("014"))
        let world = try world { $0.users = .found([candidate]) }
        let path = "/api/scan/search-user"
        let body: JSONValue = ["searchName": "John Doe", "maskedAccount": "1234xxx890", "bankName": "SCB"]
        let found = try world.ask("POST", path, body)
        #expect(
            found.json == [
                "user": [
                    "id": "USER123", "memberCode": "MEM001", "fullname": "John Doe", "bankAccount": "1234567890",
                    "phone": .null,
                ], "matchMethod": "name-and-account-verified",
            ])
        let byName = try world.ask("POST", path, ["searchName": "John Doe"])
        #expect(byName.json["matchMethod"]?.string == "name-only")
        #expect(try world.ask("POST", path, ["searchName": "Jane Roe"]).json == ["user": .null])
        #expect(try world.ask("POST", path, ["maskedAccount": "1"]).status == 400)
        world.world.scans.script.users = .unavailable
        #expect(try world.ask("POST", path, body).status == 503)
        world.world.scans.script.users = .adminExpired
        #expect(try world.ask("POST", path, body).status == 401)
    }
}
