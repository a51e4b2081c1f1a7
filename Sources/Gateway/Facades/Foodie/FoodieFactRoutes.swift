internal import Domain
internal import HTTP1
internal import JSON
internal import Ports

/// What the platform's back end tells: branches, and what is in whose cart.
enum FoodieFactRoutes {
    /// `PUT …/branches/{id}`: the whole of it each time.
    static func setBranch(_ request: FoodieRequest) throws(FoodieRefusal) {
        try request.service()
        guard let id = request.parameters["id"].flatMap({ Int64($0) }), id > 0 else {
            throw .invalid("a branch's id is a whole number, 1 or more")
        }
        guard request.http.body.count <= PlatformFact.maxBytes else { throw tooLarge(PlatformFact.maxBytes) }
        let branch: FoodieBranch
        do {
            branch = try FoodieBranch(json: try JSONParser.parse(request.http.body))
        } catch let reason as FaultReason {
            throw FoodieRefusal(reason)
        } catch {
            throw .invalid("the body is not JSON")
        }
        let text = JSONValue.object(branch.json).bytes
        put(PlatformFact(PlatformFact.Key(.branch, String(id)), text: text), request) {
            request.respond { writer in
                writer.beginObject()
                writer.member("id", .integer(id))
                for member in branch.json.members { writer.member(member.name, member.value) }
                writer.member("branchIsOpen", .bool(branch.isOpen(at: request.now)))
                writer.endObject()
            }
        }
    }

    /// `PUT …/users/{id}/cart`: the whole of it each time. It is kept as it came.
    static func setCart(_ request: FoodieRequest) throws(FoodieRefusal) {
        try request.service()
        let id = request.parameters["id"] ?? ""
        guard (1...PlatformFact.maxIDBytes).contains(id.utf8.count) else {
            throw .invalid("a user's id has 1 to \(PlatformFact.maxIDBytes) bytes")
        }
        guard request.http.body.count <= FoodieCart.maxBytes else { throw tooLarge(FoodieCart.maxBytes) }
        let cart: FoodieCart
        do {
            cart = try FoodieCart(json: try JSONParser.parse(request.http.body))
        } catch let reason as FaultReason {
            throw FoodieRefusal(reason)
        } catch {
            throw .invalid("the body is not JSON")
        }
        put(PlatformFact(PlatformFact.Key(.cart, id), text: request.http.body), request) {
            request.respond { $0.value(["branchId": .integer(cart.branchID)]) }
        }
    }

    private static func tooLarge(_ bytes: Int) -> FoodieRefusal { .invalid("it has at most \(bytes) bytes") }

    private static func put(
        _ fact: PlatformFact, _ request: FoodieRequest, _ done: @escaping @Sendable () -> Void
    ) {
        request.own.facts.put(fact, tenant: request.tenant) { failure in
            if failure == nil { done() } else { request.refuse(.storeUnavailable) }
        }
    }
}
