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

    /// A number of baht, in the digits of the answer; zeros may follow the second decimal. Nil for a part of a satang.
    func amount(_ value: JSONValue?) -> Satang? {
        switch value {
        case .integer(let baht): return Satang(decimal: "\(baht)")
        case .string(let text):
            let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].dropFirst(2).allSatisfy({ $0 == "0" }) else {
                return Satang(decimal: text)
            }
            return Satang(decimal: "\(parts[0]).\(parts[1].prefix(2))")
        case nil, .null, .bool, .double, .array, .object: return nil
        }
    }

    func account(_ value: JSONValue?, _ names: [String]) -> VerifiedAccount? {
        guard let value, let masked = names.lazy.compactMap({ text(value[$0]) }).first else { return nil }
        return VerifiedAccount(type: text(value["type"]), masked: masked)
    }
}
