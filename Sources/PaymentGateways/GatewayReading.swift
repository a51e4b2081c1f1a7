internal import HTTPClient
internal import JSON
internal import Primitives

/// Readings that the gateways share. What is absent, null, empty, beyond its bound or of other characters is nil.
struct GatewayReading {
    let limits: GatewayLimits

    /// With the digits of its numbers as they stand: amounts are never binary fractions.
    func json(_ bytes: [UInt8]) -> JSONValue? {
        do throws(JSONError) { return try JSONParser.parseExactly(bytes) } catch { return nil }
    }

    /// Printable ASCII.
    func text(_ value: JSONValue?, maxBytes: Int) -> String? {
        guard let text = value?.string, (1...maxBytes).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        return text
    }

    /// Visible ASCII.
    func word(_ value: JSONValue?, maxBytes: Int) -> String? {
        guard let text = text(value, maxBytes: maxBytes), !text.utf8.contains(0x20) else { return nil }
        return text
    }

    func identifier(_ value: JSONValue?) -> String? { word(value, maxBytes: limits.maxIdentifierBytes) }

    func code(_ value: JSONValue?) -> String? { text(value, maxBytes: limits.maxCodeBytes) }

    func method(_ value: JSONValue?) -> String? { text(value, maxBytes: limits.maxMethodBytes) }

    /// Our id of a payment in what the provider keeps for us: `payment_id`, else `order_id`. Shops write numbers, too.
    func payment(metadata: JSONValue?) -> String? {
        for name in ["payment_id", "order_id"] {
            switch metadata?[name] {
            case .integer(let number): return "\(number)"
            case let value: if let text = identifier(value) { return text }
            }
        }
        return nil
    }

    // MARK: Amounts

    /// A whole number of hundredths.
    func hundredths(_ value: JSONValue?, _ currency: Currency?) -> Money? {
        guard case .integer(let count)? = value, let currency else { return nil }
        return Money(hundredths: count, currency)
    }

    func currency(_ value: JSONValue?) -> Currency? {
        guard let text = word(value, maxBytes: 3) else { return nil }
        return Currency(code: text)
    }

    /// Decimals after the point that an amount of 2C2P has at most.
    private static let decimals = 5

    /// Units with decimals, as a number or a text of one; zeros may follow the second decimal. Nil for a part of a hundredth.
    func decimal(_ value: JSONValue?, _ currency: Currency?) -> Money? {
        guard let currency else { return nil }
        switch value {
        case .integer(let units): return Money(decimal: "\(units)", currency)
        case .string(let text):
            let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return Money(decimal: text, currency) }
            guard parts[1].utf8.count <= Self.decimals, parts[1].dropFirst(2).allSatisfy({ $0 == "0" }) else {
                return nil
            }
            return Money(decimal: "\(parts[0]).\(parts[1].prefix(2))", currency)
        case nil, .null, .bool, .double, .array, .object: return nil
        }
    }

    /// What a charge's state is after so much of it was given back; `isRefundKnown` is false where the refund cannot be read.
    func state(
        _ state: ChargeReport.State, amount: Money?, refunded: Money?, isRefundKnown: Bool
    ) -> ChargeReport.State {
        guard state == .paid else { return state }
        guard isRefundKnown else { return .unknown }
        guard let amount, let refunded, !refunded.isZero else { return state }
        return refunded.hundredths >= amount.hundredths ? .refunded : .paid
    }

    // MARK: Times

    /// Seconds since 1970, up to the year 9999.
    func seconds(_ value: JSONValue?) -> Timestamp? {
        guard case .integer(let seconds)? = value, (1...253_402_300_799).contains(seconds) else { return nil }
        return Timestamp(seconds: seconds)
    }

    func rfc3339(_ value: JSONValue?) -> Timestamp? { text(value, maxBytes: 40).flatMap { Timestamp(rfc3339: $0) } }

    // MARK: Addresses

    /// Where a payer is sent. Without TLS only when the provider is configured so.
    func page(_ value: JSONValue?, baseURL: String) -> String? {
        guard let url = word(value, maxBytes: limits.maxURLBytes) else { return nil }
        let isPlain = url.hasPrefix("http://") && baseURL.hasPrefix("http://")
        return url.hasPrefix("https://") || isPlain ? url : nil
    }
}

extension HTTPClientRequest {
    /// A call with a key as the user's name and no password (RFC 7617).
    static func basic(
        _ method: HTTPMethod, _ url: String, key: Secret, type: String? = nil, body: [UInt8] = [], limits: GatewayLimits
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(
            method: method, url: url,
            headers: [("Authorization", "Basic \(Base64.encode((key.reveal() + ":").utf8))")], body: body,
            timeouts: limits.timeouts, maxBodyBytes: limits.maxAnswerBytes)
        if let type { request.headers.append(("Content-Type", type)) }
        // What makes something would make it twice.
        request.needsFreshConnection = method != .get
        return request
    }
}
