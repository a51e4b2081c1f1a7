import HTTPClient
import JSON
import Ports
import Primitives
import Reactor
import SlipProviders
import Synchronization
import TestSupport
import Testing

@testable import Domain
@testable import LineAccounts

@Suite("Calls about slips", .timeLimit(.minutes(5)))
struct SlipCallTests {
    private static let slip = #"""
        {"payload":"p","transRef":"015275120000AKR00001","date":"2026-11-21T10:02:15+07:00","countryCode":"TH",
        "amount":{"amount":3450.25,"local":{}},"sender":{"bank":{"id":"004","short":"KBANK"},"account":{"name":{"th":
        "นาย สมชาย ท","en":"MR. SOMCHAI T"},"bank":{"type":"BANKAC","account":"xxx-x-x1234-x"}}},"receiver":{"bank":
        {"id":"014"},"account":{"name":{"th":"บจก. ตัวอย่าง"},"proxy":{"type":"MSISDN","account":"xxx-xxx-5678"}}}}
        """#
    private static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10]

    private var report: SlipReport {
        SlipReport(
            bank: BankCode("004"), transRef: "015275120000AKR00001", amount: Samples.satang(345_025),
            transferredAt: Timestamp(rfc3339: "2026-11-21T10:02:15+07:00"),
            sender: SlipParty(
                thaiName: "นาย สมชาย ท", englishName: "MR. SOMCHAI T", bank: BankCode("004"), account: "xxx-x-x1234-x"),
            receiver: SlipParty(thaiName: "บจก. ตัวอย่าง", bank: BankCode("014"), proxy: "xxx-xxx-5678"))
    }

    @Test("each provider is asked in its own way, with its own credential")
    func providers() throws {
        let shared = [
            SlipVerifierCredential(tenant: nil, provider: .slipok, token: Secret("shared-sok"), branch: "9"),
            SlipVerifierCredential(tenant: nil, provider: .easyslip2, token: Secret("off"), isActive: false),
        ]
        let world = try World(shared: shared) { request in
            if request.path.hasPrefix("/slipok") {
                return .text(200, #"{"success":true,"data":\#(Self.slipOK)}"#)
            }
            return request.path.hasPrefix("/easyslip2")
                ? .text(200, #"{"success":true,"data":{"rawSlip":\#(Self.slip)}}"#)
                : .text(200, #"{"status":200,"data":\#(Self.slip)}"#)
        }
        let names = world.loop.enter { world.adapter.live.verifiers }
        #expect(names == ["easyslip-v2/tenant", "easyslip-v1/tenant", "slipok/tenant", "slipok/shared"])
        for name in names {
            let answer: VerifierAnswer = try world.answer { $0.verify(.payload(Samples.payload), by: name, $1) }
            guard case .genuine(let genuine) = answer else {
                Issue.record("\(name): \(answer)")
                continue
            }
            if name.hasPrefix("easyslip") { #expect(genuine == report) }
            #expect(genuine.transRef == report.transRef && genuine.amount == report.amount)
        }
        let requests = world.log.requests
        #expect(requests[0].headers["authorization"] == "Bearer es2" && requests[0].json?["payload"] != nil)
        #expect(requests[1].headers["authorization"] == "Bearer es1")
        #expect(requests[1].path == "/easyslip1/verify?payload=\(Samples.payload)&checkDuplicate=false")
        #expect(requests[2].path == "/slipok/123" && requests[2].headers["x-authorization"] == "sok")
        #expect(requests[3].path == "/slipok/9" && requests[3].headers["x-authorization"] == "shared-sok")
        // Nobody is asked to remember slips.
        #expect(requests[0].json?["checkDuplicate"]?.bool == false && requests[2].json?["log"] == nil)
    }

    private static let slipOK = #"""
        {"success":true,"transRef":"015275120000AKR00001","sendingBank":"004","receivingBank":"014",
        "transTimestamp":"2026-11-21T03:02:15.000Z","amount":3450.25,"sender":{"displayName":"นาย สมชาย ท","name":"",
        "proxy":{"type":null,"value":null},"account":{"type":"BANKAC","value":"xxx-x-x1234-x"}},"receiver":{}}
        """#

    @Test("an image is uploaded as a file")
    func image() throws {
        let world = try World { _ in .text(404, #"{"status":404,"message":"slip_not_found"}"#) }
        for (name, part) in [
            ("easyslip-v2/tenant", "image"), ("easyslip-v1/tenant", "file"), ("slipok/tenant", "files"),
        ] {
            let _: VerifierAnswer = try world.answer { $0.verify(.image(Self.jpeg), by: name, $1) }
            let request = try #require(world.log.requests.last)
            #expect(request.headers["content-type"]?.hasPrefix("multipart/form-data; boundary=") == true)
            #expect(request.text.contains(#"name="\#(part)"; filename="slip.jpg""#), "\(name)")
            #expect(request.body.firstRange(of: Self.jpeg) != nil)
        }
        // Each with a boundary of its own.
        #expect(Set(world.log.requests.map { $0.headers["content-type"] ?? "" }).count == 3)
    }

    @Test("an image that no provider takes is not sent")
    func noImage() throws {
        let world = try World { _ in .silence }
        for bytes in [Array("%PDF-1.7".utf8), [], Self.jpeg + [UInt8](repeating: 0, count: 4 * 1024 * 1024)] {
            let answer: VerifierAnswer = try world.answer { $0.verify(.image(bytes), by: "easyslip-v2/tenant", $1) }
            #expect(answer == .bad(.unreadable))
        }
        #expect(world.log.count == 0)
    }

    @Test("a credential that was taken away, switched off or never there is not used")
    func credentials() throws {
        let world = try World { _ in .silence }
        world.book.apply(.deleteVerifier(tenant: World.tenant, .easyslip1))
        world.book.apply(
            .verifier(
                SlipVerifierCredential(
                    tenant: World.tenant, provider: .slipok, token: Secret("k"), branch: "1", isActive: false)))
        for name in ["easyslip-v1/tenant", "slipok/tenant", "easyslip-v2/shared", "", "elsewhere"] {
            let answer: VerifierAnswer = try world.answer { $0.verify(.payload("p"), by: name, $1) }
            #expect(answer == .fault(.configuration), "\(name)")
        }
        #expect(world.loop.enter { world.adapter.live.verifiers } == ["easyslip-v2/tenant"])
        #expect(world.log.count == 0)
    }

    // MARK: What failures mean

    /// Every failure, with what is made of it for an image and for a payload.
    private static let meanings: [(VerificationFailure, VerifierAnswer, VerifierAnswer)] = [
        (.invalid, .bad(.notASlip), .bad(.notASlip)), (.expired, .bad(.expired), .bad(.expired)),
        (.unreadableImage, .bad(.unreadable), .fault(.unclear)), (.notFoundYet, .notFound, .notFound),
        (.pending(retryAfter: .seconds(600)), .pending(after: .seconds(600)), .pending(after: .seconds(600))),
        (.duplicate(nil), .fault(.unclear), .fault(.unclear)),
        (.amountMismatch(nil), .fault(.unclear), .fault(.unclear)),
        (.receiverMismatch(nil), .fault(.unclear), .fault(.unclear)),
        (.quota, .fault(.quota), .fault(.quota)), (.unauthorized, .fault(.configuration), .fault(.configuration)),
        (.badRequest, .fault(.configuration), .fault(.configuration)),
        (.outage, .fault(.unavailable), .fault(.unavailable)), (.notSent, .fault(.unavailable), .fault(.unavailable)),
        (.unclear, .fault(.unclear), .fault(.unclear)),
    ]

    @Test("each failure means one thing, and only what is said of the slip is a verdict")
    func failures() {
        for (failure, image, payload) in Self.meanings {
            #expect(VerifierAnswer(.failure(failure), to: .image([])) == image, "\(failure)")
            #expect(VerifierAnswer(.failure(failure), to: .payload("")) == payload, "\(failure)")
            if case .bad = image {
                #expect(failure.advice == .reject || failure.advice == .askForImage, "\(failure)")
            } else {
                #expect(failure.advice != .reject, "\(failure)")
            }
        }
    }

    @Test(
        "a genuine slip stays genuine when the provider has seen it, or knows other accounts",
        arguments: [("1012", true), ("1013", false), ("1014", false)])
    func genuine(_ code: String, _ wasSeenBefore: Bool) throws {
        let world = try World { _ in .text(400, #"{"code":\#(code),"message":"x","data":\#(Self.slipOK)}"#) }
        let answer: VerifierAnswer = try world.answer { $0.verify(.payload("p"), by: "slipok/tenant", $1) }
        guard case .genuine(let slip) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(slip.wasSeenBefore == wasSeenBefore)
        #expect(slip.bank == BankCode("004") && slip.transRef == "015275120000AKR00001")
    }

    @Test("the providers' own words come through as answers")
    func words() throws {
        for (body, expected) in [
            (#"{"success":false,"error":{"code":"QUOTA_EXCEEDED"}}"#, VerifierAnswer.fault(.quota)),
            (#"{"success":false,"error":{"code":"SLIP_PENDING"}}"#, .pending(after: .seconds(300))),
            (#"{"success":false,"error":{"code":"INVALID_API_KEY"}}"#, .fault(.configuration)),
            (#"{"success":false,"error":{"code":"SLIP_NOT_FOUND"}}"#, .notFound),
        ] {
            let world = try World { _ in .text(403, body) }
            let answer: VerifierAnswer = try world.answer { $0.verify(.payload("p"), by: "easyslip-v2/tenant", $1) }
            #expect(answer == expected)
        }
        for (message, expected) in [
            ("slip_expired", VerifierAnswer.bad(.expired)), ("invalid_payload", .bad(.notASlip)),
            ("transaction_not_found", .notFound), ("server_error", .fault(.unavailable)),
        ] {
            let world = try World { _ in .text(400, #"{"status":400,"message":"\#(message)"}"#) }
            let answer: VerifierAnswer = try world.answer { $0.verify(.payload("p"), by: "easyslip-v1/tenant", $1) }
            #expect(answer == expected, "\(message)")
        }
    }

    @Test("a wallet's name is a bank of its own, another word for a bank is none, and no NUL reaches the log")
    func banks() throws {
        for (word, bank) in [("TRUEMONEYWALLET", "TRUEMONEYWALLET"), ("KBANK", "004"), ("Somebank", nil)] {
            let body = Self.slip.replacing(#""id":"004""#, with: #""id":"\#(word)""#)
                .replacing("MR. SOMCHAI T", with: #"MR.\u0000X"#)
            let world = try World { _ in .text(200, #"{"status":200,"data":\#(body)}"#) }
            let answer: VerifierAnswer = try world.answer { $0.verify(.payload("p"), by: "easyslip-v1/tenant", $1) }
            guard case .genuine(let slip) = answer else {
                Issue.record("\(answer)")
                continue
            }
            #expect(slip.bank?.text == bank && slip.sender.bank?.text == bank)
            #expect(slip.sender.englishName == nil && slip.sender.thaiName == "นาย สมชาย ท")
        }
    }

    // MARK: Reading and claiming

    @Test("what the reader finds comes on the loop, wherever it was found, and not after close")
    func reading() throws {
        let asked = Mutex<[[UInt8]]>([])
        let found = QRAnswer.slip(Samples.reference, payload: Samples.payload)
        let world = try World(readSlip: { image, _, completion in
            asked.withLock { $0.append(image) }
            // At once, and off the loop's turn: the adapter must not pass it on like that.
            completion(found)
        }) { _ in .silence }
        let answer: QRAnswer = try world.answer { $0.readSlip(Self.jpeg, $1) }
        #expect(answer == found)
        #expect(asked.withLock { $0 } == [Self.jpeg])

        let late: Answers<QRAnswer> = world.call { $0.readSlip(Self.jpeg, $1) }
        world.loop.enter { world.adapter.close() }
        world.settle()
        #expect(late.count == 0)
    }

    @Test("a reader that does not answer is not waited for, and one that answers twice is heard once")
    func hangingReader() throws {
        let completions = Mutex<[@Sendable (QRAnswer) -> Void]>([])
        let world = try World(readSlip: { _, _, completion in completions.withLock { $0.append(completion) } }) { _ in
            .silence
        }
        let hanging: Answers<QRAnswer> = world.call { $0.readSlip(Self.jpeg, $1) }
        world.time.skip(.seconds(19))
        world.settle()
        #expect(hanging.count == 0)
        world.time.skip(.seconds(1))
        world.run(until: { hanging.count > 0 })
        #expect(hanging.first == QRAnswer.none)
        for completion in completions.withLock({ $0 }) { completion(.foreign) }
        world.settle()
        #expect(hanging.count == 1)

        let twice: Answers<QRAnswer> = world.call { $0.readSlip(Self.jpeg, $1) }
        for _ in 0..<2 { completions.withLock { $0.last }?(.foreign) }
        world.run(until: { twice.count > 0 })
        world.time.skip(.seconds(30))
        world.settle()
        #expect(twice.count == 1 && twice.first == .foreign)
    }

    @Test(
        "a reference is claimed for the tenant's slip",
        arguments: [ClaimAnswer.claimed, .taken(by: "oa-2/t_9"), .unavailable])
    func claiming(_ expected: ClaimAnswer) throws {
        let world = try World { _ in .silence }
        world.claims.answer = expected
        let claim = SlipClaim(reference: Samples.reference, payload: nil)
        let answer: ClaimAnswer = try world.answer { $0.claim(claim, transaction: "t_1", $1) }
        #expect(answer == expected)
        let made = try #require(world.claims.claimed.first)
        #expect(made.tenant == World.tenant && made.account == "oa-1" && made.transaction == "t_1")
        #expect(made.reference == Samples.reference)
        let late: Answers<ClaimAnswer> = world.call { $0.claim(claim, transaction: "t_1", $1) }
        world.loop.enter { world.adapter.close() }
        world.settle()
        #expect(late.count == 0)
    }
}
