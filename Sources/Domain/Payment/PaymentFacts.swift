package import JSON
package import Primitives

package enum PaymentPurpose: String, Sendable, CaseIterable {
    /// For something that is bought.
    case payment
    /// Into the payer's own wallet.
    case deposit
}

package enum PaymentMethod: String, Sendable, CaseIterable {
    /// A transfer to the payee's PromptPay QR, proven by its slip.
    case qr
    /// The payer's wallet.
    case balance
    /// A payment gateway.
    case card
}

/// What a payment's session is made with (`PUT /v1/sessions/payment/{id}`).
package struct PaymentFacts: Sendable, Equatable {
    /// Who is to receive the transfer, as far as a slip shows it.
    package struct Payee: Sendable, Equatable {
        /// Phone, national or tax id, or e-wallet id: what the QR pays to.
        package var promptPay: String?
        /// The last four digits of what slips show as the receiver.
        package var lastFour: String?
        package var name: String?

        package init(promptPay: String? = nil, lastFour: String? = nil, name: String? = nil) {
            self.promptPay = promptPay
            self.lastFour = lastFour
            self.name = name
        }
    }

    /// The subject that pays.
    package var payer: String
    package var purpose: PaymentPurpose
    package var method: PaymentMethod
    /// More than zero.
    package var amount: Money
    /// How long it may be paid.
    package var expiresInSeconds: Int64
    package var payee: Payee?
    /// Of a card payment: who asks for the money; nil: whoever reports.
    package var gateway: PaymentGateway?
    /// `{id}` of the order that is paid for.
    package var order: String?
    /// The subject for whom the money is held until it is released; nil: no escrow.
    package var escrowPayee: String?
    /// What the tenant keeps of the money that is released.
    package var escrowFee: PlatformFee
    /// The platform's own facts, kept and given back.
    package var platform: JSONObject?

    package static let defaultExpirySeconds: Int64 = 900
    package static let minExpirySeconds: Int64 = 10
    package static let maxExpirySeconds: Int64 = 7 * 86_400
    package static let maxSubjectBytes = 128
    package static let maxPayeeNameCharacters = 120
    package static let maxPlatformBytes = 4_096

    package init(
        payer: String, purpose: PaymentPurpose = .payment, method: PaymentMethod = .qr, amount: Money,
        expiresInSeconds: Int64 = PaymentFacts.defaultExpirySeconds, payee: Payee? = nil,
        gateway: PaymentGateway? = nil, order: String? = nil, escrowPayee: String? = nil,
        escrowFee: PlatformFee = .none, platform: JSONObject? = nil
    ) {
        self.payer = payer
        self.purpose = purpose
        self.method = method
        self.amount = amount
        self.expiresInSeconds = expiresInSeconds
        self.payee = payee
        self.gateway = gateway
        self.order = order
        self.escrowPayee = escrowPayee
        self.escrowFee = escrowFee
        self.platform = platform
    }
}

extension PaymentFacts {
    /// Reads the body of the `PUT`. Unknown members are ignored. An amount is a decimal in a string, or a whole number.
    package init(json: JSONValue) throws(FaultReason) {
        func choice<Choice: RawRepresentable<String> & CaseIterable>(
            _ name: String, otherwise: Choice
        ) throws(FaultReason) -> Choice {
            guard let value = json[name], !value.isNull else { return otherwise }
            guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
                throw .invalid("\(name) is one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return choice
        }
        let subjectBytes = 1...Self.maxSubjectBytes
        guard let payer = json["payer"]?.string, subjectBytes.contains(payer.utf8.count) else {
            throw .invalid("payer has 1 to \(Self.maxSubjectBytes) bytes")
        }
        guard let currency = (json["currency"] ?? "THB").string.flatMap(Currency.init(code:)) else {
            throw .invalid("currency is one of \(Currency.allCases.map(\.code).joined(separator: ", "))")
        }
        guard let amount = Money(json["amount"], currency), !amount.isZero else {
            throw .invalid("amount is a decimal in a string, more than zero, with two decimals at most")
        }
        let seconds = json["expiresInSeconds"] ?? .integer(Self.defaultExpirySeconds)
        guard case .integer(let expiry) = seconds, (Self.minExpirySeconds...Self.maxExpirySeconds).contains(expiry)
        else { throw .invalid("expiresInSeconds is \(Self.minExpirySeconds) to \(Self.maxExpirySeconds)") }
        self.init(
            payer: payer, purpose: try choice("purpose", otherwise: .payment),
            method: try choice("method", otherwise: .qr), amount: amount, expiresInSeconds: expiry)
        if let json = json["payee"], !json.isNull { payee = try Payee(json: json) }
        if let name = json["gateway"], !name.isNull {
            guard let gateway = name.string.flatMap(PaymentGateway.init(rawValue:)) else {
                throw .invalid("gateway is one of \(PaymentGateway.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            self.gateway = gateway
        }
        if let order = json["order"], !order.isNull {
            guard let id = order.string, SessionAddress.isValid(id: id) else {
                throw .invalid("order is no session's id")
            }
            self.order = id
        }
        if let escrow = json["escrow"], !escrow.isNull {
            guard let payee = escrow["payee"]?.string, subjectBytes.contains(payee.utf8.count) else {
                throw .invalid("escrow.payee has 1 to \(Self.maxSubjectBytes) bytes")
            }
            guard purpose == .payment else { throw .invalid("a deposit has no escrow") }
            escrowPayee = payee
            if let points = escrow["feeBasisPoints"], !points.isNull {
                guard let fee = points.integer.flatMap(PlatformFee.init(basisPoints:)) else {
                    throw .invalid("escrow.feeBasisPoints is 0 to \(PlatformFee.maxBasisPoints)")
                }
                escrowFee = fee
            }
        }
        if let platform = json["platform"], !platform.isNull {
            guard let object = platform.object, platform.bytes.count <= Self.maxPlatformBytes else {
                throw .invalid("platform is an object of at most \(Self.maxPlatformBytes) bytes")
            }
            self.platform = object
        }
        if purpose == .deposit, method == .balance { throw .invalid("a deposit is not paid from the balance") }
    }
}

extension PaymentFacts.Payee {
    fileprivate init(json: JSONValue) throws(FaultReason) {
        func text(_ name: String, _ isValid: (String) -> Bool, _ words: String) throws(FaultReason) -> String? {
            guard let value = json[name], !value.isNull else { return nil }
            guard let text = value.string, isValid(text) else { throw .invalid("payee.\(name) \(words)") }
            return text
        }
        guard json.object != nil else { throw .invalid("payee is an object") }
        self.init(
            promptPay: try text(
                "promptpay", { (1...32).contains($0.utf8.count) && $0.utf8.allSatisfy(Self.isDialled) },
                "is a phone number, a national or tax id, or an e-wallet id"),
            lastFour: try text("last4", { $0.utf8.count == 4 && $0.utf8.allSatisfy(Self.isDigit) }, "has four digits"),
            name: try text(
                "name", { (1...PaymentFacts.maxPayeeNameCharacters).contains($0.count) && $0.utf8.count <= 2_048 },
                "has 1 to \(PaymentFacts.maxPayeeNameCharacters) characters"))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isDialled(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == 0x2D || byte == 0x20 || byte == 0x2B
    }
}

extension Money {
    /// Reads a decimal in a string, or a whole number of JSON. A binary fraction is no amount.
    package init?(_ json: JSONValue?, _ currency: Currency) {
        switch json {
        case .string(let text)?: self.init(decimal: text, currency)
        case .integer(let units)?: self.init(decimal: String(units), currency)
        case nil, .null, .bool, .double, .array, .object: return nil
        }
    }
}

extension PaymentFacts: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = [
            "payer": .string(payer), "purpose": .string(purpose.rawValue), "method": .string(method.rawValue),
            "amount": .string(amount.decimal), "currency": .string(amount.currency.code),
            "expiresInSeconds": .integer(expiresInSeconds),
        ]
        if let payee {
            var json = JSONObject()
            json["promptpay"] = payee.promptPay.map(JSONValue.string)
            json["last4"] = payee.lastFour.map(JSONValue.string)
            json["name"] = payee.name.map(JSONValue.string)
            object["payee"] = .object(json)
        }
        object["gateway"] = gateway.map { .string($0.rawValue) }
        object["order"] = order.map(JSONValue.string)
        object["escrow"] = escrowPayee.map { payee in
            escrowFee == .none
                ? ["payee": .string(payee)]
                : ["payee": .string(payee), "feeBasisPoints": .integer(escrowFee.basisPoints)]
        }
        object["platform"] = platform.map(JSONValue.object)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        // What was once accepted is accepted again.
        do { try self.init(json: fields.json) } catch { throw JSONFieldFailure(field: "facts") }
    }
}
