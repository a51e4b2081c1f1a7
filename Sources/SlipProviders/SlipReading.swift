internal import JSON
internal import Primitives

/// Readings that the providers share. Optional texts may be absent, null or empty: all three are nil.
struct SlipReading {
    let limits: SlipProviderLimits

    func json(_ body: [UInt8]) -> JSONValue? {
        guard body.count <= limits.maxAnswerBytes else { return nil }
        do throws(JSONError) { return try JSONParser.parseExactly(body) } catch { return nil }
    }

    /// Nil when it is left out. Longer than the bound is left out, too: names and masks only help to match.
    func text(_ value: JSONValue?) -> String? {
        guard let text = value?.string, !text.isEmpty, text.utf8.count <= limits.maxTextBytes else { return nil }
        return text
    }

    /// A reference names the transfer: nil unless it is one that a bank gives.
    func reference(_ value: JSONValue?) -> String? {
        guard let text = text(value), text.utf8.count <= limits.maxReferenceBytes,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) })
        else { return nil }
        return text
    }

    func amount(_ value: JSONValue?) -> Int64? { Satang.amount(value, max: limits.maxSatang) }

    func account(_ value: JSONValue?, _ names: [String]) -> SlipAccount? {
        guard let value, let masked = names.lazy.compactMap({ text(value[$0]) }).first else { return nil }
        return SlipAccount(type: text(value["type"]), masked: masked)
    }
}
