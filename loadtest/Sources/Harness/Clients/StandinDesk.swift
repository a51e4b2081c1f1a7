internal import HTTP1
internal import JSON
internal import Primitives

/// The controls of the stand-ins (docs/STANDINS.md): what the harness has them do, and what they have in their books.
final class StandinDesk {
    /// Connections to the stand-ins: as many controls are under way.
    static let connections = 64

    private let pool: HTTPPool

    /// Throws when the target has no stand-ins that are ours to control.
    init(_ run: RunContext, for behaviour: String) throws(LoadFailure) {
        guard let standins = run.target.standins else {
            throw LoadFailure(
                .usage, "\(behaviour) needs the stand-ins of a `sala dev`: their books are what it reconciles with")
        }
        pool = HTTPPool(to: standins, driver: run.driver, connections: Self.connections, recorder: run.recorder)
    }

    var outstanding: Int { pool.outstanding }

    func close() { pool.close() }

    /// Has a control do something once; the answer, or why there is none.
    func post(
        _ path: String, _ body: JSONValue, _ completion: @escaping (Result<JSONValue, LoadFailure>) -> Void
    ) {
        let call: HTTPCall
        do { call = try HTTPCall(.post, "/_control/\(path)", body: body) } catch { return completion(.failure(error)) }
        pool.send(call) { result in
            switch result {
            case .failure(let failure): completion(.failure(failure))
            case .success(let answer) where answer.isSuccess: completion(.success(answer.json))
            case .success(let answer):
                completion(
                    .failure(LoadFailure(.unavailable, "_control/\(path): \(answer.status) \(answer.excerpt)")))
            }
        }
    }

    func read(_ path: String) throws(LoadFailure) -> JSONValue {
        let answer = try pool.answer(to: try HTTPCall(.get, "/_control/\(path)"))
        guard answer.isSuccess else {
            throw LoadFailure(.unavailable, "_control/\(path): \(answer.status) \(answer.excerpt)")
        }
        return answer.json
    }

    /// What the tenant's back end has credited, by the credit's id and transfer. A transfer is called `{bank}/{transRef}`.
    func credits(of tenant: String) throws(LoadFailure) -> [String: BookEntry] {
        try Self.entries(try read("backend/ledger?tenant=\(tenant)")["credits"], of: "the ledger of \(tenant)") {
            credit in
            guard let id = credit["id"]?.string, let bank = credit["bank"]?.string,
                let reference = credit["transRef"]?.string
            else { return nil }
            // Its number alone begins anew when a ledger is emptied.
            return ("\(id) \(bank)/\(reference)", "\(bank)/\(reference)", .baht)
        }
    }

    /// What the gateway has that was paid, by its own id. A payment is called as the merchant calls it. The stand-in knows 20,000
    /// payments, and forgets the oldest.
    func payments(of gateway: String) throws(LoadFailure) -> [String: BookEntry] {
        try Self.payments(in: try read("\(gateway)/payments"), of: gateway)
    }

    /// The same, not waited for; nothing when it cannot be read.
    func readPayments(of gateway: String, _ completion: @escaping ([String: BookEntry]) -> Void) {
        let call: HTTPCall
        do { call = try HTTPCall(.get, "/_control/\(gateway)/payments") } catch { return }
        pool.send(call) { result in
            guard case .success(let answer) = result, answer.isSuccess else { return }
            do { completion(try Self.payments(in: answer.json, of: gateway)) } catch { return }
        }
    }

    private static func payments(in json: JSONValue, of gateway: String) throws(LoadFailure) -> [String: BookEntry] {
        let paid = json["payments"]?.array?.filter { $0["status"]?.string == "paid" }
        return try entries(paid.map(JSONValue.array), of: "the payments of \(gateway)") { payment in
            guard let id = payment["id"]?.string, let reference = payment["reference"]?.string,
                let currency = payment["currency"]?.string.flatMap({ Currency(code: $0) })
            else { return nil }
            return (id, reference, currency)
        }
    }

    private static func entries(
        _ rows: JSONValue?, of what: String, _ read: (JSONValue) -> (id: String, reference: String, currency: Currency)?
    ) throws(LoadFailure) -> [String: BookEntry] {
        guard let rows = rows?.array else { throw LoadFailure(.unavailable, "\(what): no list") }
        var entries: [String: BookEntry] = [:]
        for row in rows {
            guard let (id, reference, currency) = read(row),
                let amount = row["amount"]?.string.flatMap({ Money(decimal: $0, currency) })
            else { throw LoadFailure(.unavailable, "\(what): an entry that is not understood") }
            entries[id] = BookEntry(reference: reference, amount: amount)
        }
        return entries
    }
}
