internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import SlipQR
internal import Transport

/// SlipOK (API documentation 1.7): `/slipok/api/line/apikey/{branch}`. Every failure has status 400, which is the norm in public
/// code and not documented. Confined to the stand-ins' loop.
final class SlipOKStandin: Standin {
    /// Slips that were stored with `log`.
    static let maxSeen = 50_000

    private struct Settings: Equatable {
        var answers = ScriptedAnswers()
        var quota = 1_000
        /// The keys that are taken; empty: every key.
        var keys: [String] = []
        /// The branches that there are; empty: every number.
        var branches: [String] = []
    }

    private struct Seen: Hashable {
        let branch: String
        let code: SlipQR
    }

    private struct Question {
        var finding: SlipFinding?
        var logs = false
        var amount: Satang?
    }

    let name = "slipok"
    let desk: SlipDesk
    let webhookSecret: Secret
    private let loop: EventLoop
    private let webhooks: PaymentWebhooks
    private var own = Settings()
    private var seen = Recent<Seen, Timestamp>(maxEntries: maxSeen)
    private var used = 0

    init(_ configuration: StandinServer.Configuration, desk: SlipDesk, loop: EventLoop) {
        self.desk = desk
        self.loop = loop
        webhookSecret = configuration.gateways.slipOK.webhookSecret
        webhooks = PaymentWebhooks(name, configuration, loop: loop)
    }

    func failure(_ status: Int) -> HTTPResponse {
        .json(
            HTTPStatus(code: status) ?? .internalServerError,
            ["success": false, "message": "ระบบขัดข้องชั่วคราว กรุณาลองใหม่อีกครั้ง"])
    }

    func change(_ members: JSONObject) throws(BehaviourError) {
        var next = own
        for member in members.members {
            if try next.answers.change(member, in: members, isKnown: { Int($0).map { Self.words[$0] != nil } ?? false })
            {
                continue
            }
            switch member.name {
            case "quota": next.quota = try member.count() ?? Settings().quota
            case "keys": next.keys = try member.texts()
            case "branches": next.branches = try member.texts()
            default: throw .unknown(member)
            }
        }
        own = next
    }

    var settings: JSONObject {
        var members = own.answers.json
        members["quota"] = .integer(Int64(own.quota))
        members["keys"] = .array(own.keys.map(JSONValue.string))
        members["branches"] = .array(own.branches.map(JSONValue.string))
        members["used"] = .integer(Int64(used))
        return members
    }

    /// Slips stored before are forgotten, too.
    func reset() {
        own = Settings()
        seen.removeAll()
        used = 0
    }

    func control(_ exchange: HTTPExchange, _ path: ArraySlice<String>) -> Bool {
        guard path.elementsEqual(["webhook"]), exchange.request.method == .post else { return false }
        do throws(BehaviourError) {
            guard let members = exchange.request.json?.object?.members else {
                throw BehaviourError("the body is a JSON object")
            }
            var transfer = TransferOrder()
            var others: [JSONObject.Member] = []
            for member in members where try !transfer.change(member) { others.append(member) }
            var unknown = JSONObject()
            let order = try PaymentOrder(others, currency: .baht, others: &unknown)
            if let member = unknown.members.first { throw .unknown(member) }
            guard order.status == .paid || order.status == .failed else {
                throw BehaviourError("status is paid or failed")
            }
            webhooks.carryOut(order, exchange) { order throws(BehaviourError) in
                try event(order, transfer, at: loop.time.wallClock)
            }
        } catch {
            exchange.respond(.json(.badRequest, ["error": .string(error.detail)]))
        }
        return true
    }

    // MARK: Calls

    func receive(_ call: StandinCall) {
        let path = Array(call.segments)
        guard path.count >= 4, path[0...2] == ["api", "line", "apikey"] else {
            return call.respond(.json(.notFound, ["message": "Not Found"]))
        }
        let branch = path[3]
        guard branch.allSatisfy({ $0.isASCII && $0.isNumber }), own.branches.isEmpty || own.branches.contains(branch)
        else { return refuse(call, 1001) }
        guard let key = call.request.headers.first("x-authorization"), !key.isEmpty,
            own.keys.isEmpty || own.keys.contains(key)
        else { return refuse(call, 1002) }
        switch (call.request.method, path.dropFirst(4).first) {
        case (.get, "quota"):
            call.respond(
                .json(
                    .ok,
                    [
                        "success": true,
                        "data": [
                            "quota": .integer(Int64(max(0, own.quota - used))), "specialQuota": 0,
                            "overQuota": .integer(Int64(max(0, used - own.quota))),
                        ],
                    ]))
        case (.post, nil): verify(call, branch)
        default: call.respond(.json(.notFound, ["message": "Not Found"]))
        }
    }

    private func question(_ request: HTTPRequest) -> Question {
        var question = Question()
        func read(_ value: (String) -> JSONValue?) {
            question.logs = value("log")?.bool ?? (value("log")?.string == "true")
            question.amount = value("amount").flatMap { Satang(baht: $0) }
            if let data = value("data")?.string, !data.isEmpty { question.finding = desk.find(payload: data) }
            if let url = value("url")?.string, !url.isEmpty, question.finding == nil {
                switch desk.find(url: url, host: request.headers.first("Host")) {
                case .success(let finding): question.finding = finding
                case .failure: question.finding = .noImage
                }
            }
        }
        if let form = StandinForm(request) {
            if let image = form.content("files") { question.finding = desk.find(image: image) }
            let finding = question.finding
            read { form.text($0).map(JSONValue.string) }
            question.finding = finding ?? question.finding
        } else if let json = request.json {
            read { json[$0] }
        }
        return question
    }

    private func verify(_ call: StandinCall, _ branch: String) {
        let question = question(call.request)
        var code: SlipQR?
        switch question.finding {
        case .slip(let slip)?: code = slip.code
        case .unknown(let unknown)?: code = unknown
        case .noSlipCode?, .noCode?, .noImage?, .imageTooLarge?, nil: break
        }
        if let answer = own.answers.take(reference: code?.reference).flatMap({ Int($0) }) {
            return refuse(call, answer, data: Self.delay(answer, code))
        }
        switch question.finding {
        case nil: refuse(call, 1000)
        case .noSlipCode?: refuse(call, 1008)
        case .noCode?: refuse(call, 1007)
        case .noImage?: refuse(call, 1005)
        case .imageTooLarge?: refuse(call, 1006)
        case .unknown?: refuse(call, 1011)
        case .slip(let slip)?: judge(call, slip, question, Seen(branch: branch, code: slip.code))
        }
    }

    /// In which order the three are looked at is not documented.
    private func judge(_ call: StandinCall, _ slip: Slip, _ question: Question, _ entry: Seen) {
        let now = call.exchange.loop.time.wallClock
        if question.logs {
            if let earlier = seen[entry] {
                let clock = earlier.rfc3339.prefix(19).replacing("T", with: " ")
                return refuse(call, 1012, "สลิปซ้ำ สลิปนี้เคยส่งเข้ามาในระบบเมื่อ \(clock)", data: .object(slip.slipOK(call)))
            }
            used += 1
            seen.note(now, for: entry)
            // Which PromptPay ids a branch has registered is not known here: any is.
            guard slip.receiver.proxy != nil || desk.isRegistered(slip.receiver.account) != nil else {
                return refuse(call, 1014, data: .object(slip.slipOK(call)))
            }
        } else {
            used += 1
        }
        if let amount = question.amount, amount != slip.amount {
            return refuse(call, 1013, data: .object(slip.slipOK(call)))
        }
        call.respond(.json(.ok, ["success": true, "data": .object(slip.slipOK(call))]))
    }

    private func refuse(_ call: StandinCall, _ code: Int, _ message: String? = nil, data: JSONValue? = nil) {
        var body: JSONObject = ["code": .integer(Int64(code)), "message": .string(message ?? Self.words[code] ?? "")]
        if let data { body["data"] = data }
        call.respond(.json(.badRequest, .object(body)))
    }

    /// Ten minutes, as for Bangkok Bank.
    private static func delay(_ answer: Int, _ code: SlipQR?) -> JSONValue? {
        guard answer == 1010, let code, let bank = Bank(code.sendingBank) else { return nil }
        return [
            "qrcodeData": .string(code.text), "bankCode": .string(bank.code),
            "bankName": .string("ธนาคาร" + bank.nameTh),
            "delay": 10,
        ]
    }

    private static let words: [Int: String] = [
        1000: "กรุณาใส่ข้อมูล QR Code ให้ครบใน field data, files หรือ url", 1001: "ไม่พบข้อมูลสาขา กรุณาตรวจสอบไอดีสาขา",
        1002: "Authorization Header ไม่ถูกต้อง", 1003: "Package ของคุณหมดอายุแล้ว",
        1004: "Package ของคุณใช้เกินโควต้ามากเกินไปแล้ว",
        1005: "ไฟล์ไม่ใช่ไฟล์ภาพ กรุณาอัพโหลดไฟล์เฉพาะนามสกุล .jpg .jpeg .png .jfif หรือ .webp", 1006: "รูปภาพไม่ถูกต้อง",
        1007: "รูปภาพไม่มี QR Code", 1008: "QR ดังกล่าวไม่ใช่ QR สำหรับการตรวจสอบการชำระเงิน",
        1009: "ขออภัยในความไม่สะดวก ขณะนี้ข้อมูลธนาคารเกิดขัดข้องชั่วคราว โปรดตรวจใหม่อีกครั้งใน 15 นาทีถัดไป (ไม่เสียโควต้าสลิป)",
        1010: "เนื่องจากเป็นสลิปจากธนาคาร กรุณารอการตรวจสอบสลิปหลังการโอนประมาณ 10 นาที",
        1011: "QR Code หมดอายุ หรือ ไม่มีรายการอยู่จริง",
        1012: "สลิปซ้ำ", 1013: "ยอดที่ส่งมาไม่ตรงกับยอดสลิป", 1014: "บัญชีผู้รับไม่ตรงกับบัญชีหลักของร้าน",
    ]
}

extension Slip {
    fileprivate func slipOK(_ call: StandinCall) -> JSONObject { slipOK(number: String(call.number)) }

    /// As SlipOK tells it.
    func slipOK(number: String) -> JSONObject {
        let clock = at.rfc3339
        let utc = Timestamp(microseconds: at.microseconds - 7 * 3_600_000_000).rfc3339
        return [
            "success": true, "message": "✅", "rqUID": .string("783_\(number)"), "language": "TH",
            "transRef": .string(code.reference), "sendingBank": .string(sender.bank.code),
            "receivingBank": .string(receiver.bank.code), "transDate": .string(clock.prefix(10).filter { $0 != "-" }),
            "transTime": .string(String(clock.dropFirst(11).prefix(8))),
            "transTimestamp": .string(utc.prefix(23) + "Z"),
            "sender": sender.slipOK, "receiver": receiver.slipOK, "amount": amount.json, "paidLocalAmount": amount.json,
            "paidLocalCurrency": "764", "countryCode": "TH", "transFeeAmount": 0, "ref1": "", "ref2": "", "ref3": "",
            "toMerchantId": "", "qrcodeData": .string(code.text),
        ]
    }
}

extension Slip.Party {
    fileprivate var slipOK: JSONValue {
        let names = bank.shownNames(th: nameTh, en: nameEn)
        return [
            "displayName": JSONValue(names.th), "name": JSONValue(names.en),
            "proxy": ["type": JSONValue(proxy?.kind.rawValue), "value": JSONValue(proxy?.masked)],
            "account": ["type": .string(account.isEmpty ? "" : "BANKAC"), "value": .string(bank.mask(account))],
        ]
    }
}
