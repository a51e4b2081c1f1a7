import Domain
import JSON
import Primitives
import TestSupport
import Testing

/// One labelled comparison of `Protocol/vectors/slip-matching`.
struct MatchingCase: Sendable {
    let name: String
    /// The slip's side: the receiver of an account case, the sender of a user case.
    let party: SlipParty
    /// Ids of the users that the back end names; empty in an account case.
    let candidates: [String]
    /// Who it is: nil when it is none of them.
    let truth: String?
    /// The method by which it must be found; nil when a person may have to look.
    let expected: String?

    init(_ json: JSONValue) throws {
        name = try #require(json["name"]?.string)
        _ = try #require(json["source"]?.string)
        let input = try #require(json["input"])
        party = try #require(SlipParty(json: input["sender"] ?? input), "\(name)")
        candidates = input["candidates"]?.array?.compactMap(\.string) ?? []
        truth = json["truth"]?.string
        expected = json["expect"]?.string
    }

    static func document(_ name: String) throws -> JSONValue {
        try #require(try Vectors.documents("slip-matching").first { $0.name == name }).value
    }

    static func all(_ document: JSONValue) throws -> [MatchingCase] {
        try #require(document["cases"]?.array).map(MatchingCase.init)
    }

    static func accounts(_ document: JSONValue) throws -> AccountList {
        func bank(_ json: JSONValue) -> BankCode? { json["bank"]?.string.flatMap(BankCode.init) }
        return AccountList(
            accounts: try #require(document["accounts"]?.array).map {
                TenantAccount(
                    id: try #require($0["id"]?.string), number: try #require($0["number"]?.string), bank: bank($0),
                    thaiName: $0["th"]?.string, englishName: $0["en"]?.string)
            },
            mappings: try #require(document["mappings"]?.array).map {
                AccountNameMapping(
                    number: try #require($0["number"]?.string), thaiName: $0["th"]?.string,
                    englishName: try #require($0["en"]?.string))
            }, loadedAt: Timestamp(seconds: 0))
    }

    static func users(_ document: JSONValue) throws -> [String: UserCandidate] {
        var users: [String: UserCandidate] = [:]
        for json in try #require(document["users"]?.array) {
            let id = try #require(json["id"]?.string)
            users[id] = UserCandidate(
                id: id, fullName: try #require(json["fullname"]?.string), bankAccount: json["account"]?.string,
                bank: json["bank"]?.string.flatMap(BankCode.init))
        }
        return users
    }
}

/// How often a matcher was right, wrong, and left it to a person.
struct MatchingScore {
    private(set) var right = 0
    private(set) var wrong: [String] = []
    private(set) var left: [String] = []
    private(set) var possible = 0

    mutating func count(_ one: MatchingCase, found: String?, method: String?) {
        if one.truth != nil { possible += 1 }
        guard let found else {
            if one.truth != nil { left.append(one.name) }
            return
        }
        if found == one.truth { right += 1 } else { wrong.append("\(one.name): \(found), not \(one.truth ?? "any")") }
    }

    var precision: Double { right + wrong.count == 0 ? 0 : Double(right) / Double(right + wrong.count) }
    var recall: Double { possible == 0 ? 0 : Double(right) / Double(possible) }

    func summary(_ what: String) -> String {
        func percent(_ value: Double) -> String { "\((value * 1_000).rounded() / 10) %" }
        return "\(what): precision \(percent(precision)), recall \(percent(recall)) (\(right) of \(possible) found, "
            + "\(wrong.count) wrong, \(left.count) left to a person)"
    }
}
