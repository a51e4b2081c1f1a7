package import JSON
package import Primitives

/// A person's cart as the platform's back end keeps it: one branch's things, and where they go. What the things are is the
/// platform's own.
package struct FoodieCart: Sendable, Equatable {
    package let branchID: Int64
    package let isEmpty: Bool
    package let hasLocation: Bool

    /// Of the whole, as JSON: a hundred things with what is added to them.
    package static let maxBytes = 32 * 1024

    /// Reads what `PUT …/users/{id}/cart` has, and what was stored.
    package init(json: JSONValue) throws(FaultReason) {
        guard json.object != nil else { throw .invalid("the body is a JSON object") }
        guard case .integer(let branch)? = json["branchId"], branch > 0 else {
            throw .invalid("branchId is a whole number, 1 or more")
        }
        guard let items = json["items"]?.array else { throw .invalid("items is a list") }
        branchID = branch
        isEmpty = items.isEmpty
        switch json["customerLocation"] {
        case nil, .null?: hasLocation = false
        case let place?:
            guard let latitude = place["lat"]?.double, let longitude = place["lng"]?.double, abs(latitude) <= 90,
                abs(longitude) <= 180
            else { throw .invalid("customerLocation has lat and lng") }
            hasLocation = true
        }
    }
}

/// Why nothing is paid at a branch now (the platform's document, §11).
package enum CheckoutRefusal: String, Sendable, CaseIterable {
    case forceClosed = "BRANCH_FORCE_CLOSED"
    case closed = "BRANCH_CLOSED"
    case cartMismatch = "CART_BRANCH_MISMATCH"
    case noLocation = "CUSTOMER_LOCATION_REQUIRED"
}

/// What is looked at before a transaction is made.
package struct FoodieCheckout: Sendable {
    package let purpose: PaymentPurpose
    package let branchID: Int64
    package let branch: FoodieBranch
    /// nil: the person has none.
    package let cart: FoodieCart?

    package init(purpose: PaymentPurpose, branchID: Int64, branch: FoodieBranch, cart: FoodieCart?) {
        self.purpose = purpose
        self.branchID = branchID
        self.branch = branch
        self.cart = cart
    }

    /// nil: go on. Who puts money into their own wallet buys nothing, so that only a cart of another branch is in the way.
    package func refusal(at time: Timestamp) -> CheckoutRefusal? {
        if purpose == .deposit {
            guard let cart, !cart.isEmpty else { return nil }
            return cart.branchID == branchID ? nil : .cartMismatch
        }
        if branch.isForceClosed { return .forceClosed }
        guard branch.isOpen(at: time) else { return .closed }
        guard let cart, !cart.isEmpty, cart.branchID == branchID else { return .cartMismatch }
        return cart.hasLocation ? nil : .noLocation
    }
}
