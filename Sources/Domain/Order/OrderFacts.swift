package import JSON
internal import Primitives

/// A place that an order begins or ends at.
package struct OrderPlace: Sendable, Equatable {
    package let point: GeoPoint
    package let id: String?
    package let name: String?
    package let address: String?

    package static let maxTextCharacters = 200

    package init(point: GeoPoint, id: String? = nil, name: String? = nil, address: String? = nil) {
        self.point = point
        self.id = id
        self.name = name
        self.address = address
    }
}

/// What an order's session is made with (`PUT /v1/sessions/order/{id}`).
package struct OrderFacts: Sendable, Equatable {
    /// Whose order it is.
    package var customer: String
    /// What may become of it: as it was when the order was made.
    package var lifecycle: Lifecycle
    /// Who does what was ordered, where it is a person of their own.
    package var provider: String?
    package var branch: OrderPlace?
    package var destination: OrderPlace?
    /// `{id}` of the payment that it follows.
    package var payment: String?
    /// What people call it.
    package var number: String?
    /// The platform's own facts, kept and given back.
    package var details: JSONObject?

    package static let maxSubjectBytes = 128
    package static let maxNumberCharacters = 40
    package static let maxDetailBytes = 16 * 1024

    package init(
        customer: String, lifecycle: Lifecycle, provider: String? = nil, branch: OrderPlace? = nil,
        destination: OrderPlace? = nil, payment: String? = nil, number: String? = nil, details: JSONObject? = nil
    ) {
        self.customer = customer
        self.lifecycle = lifecycle
        self.provider = provider
        self.branch = branch
        self.destination = destination
        self.payment = payment
        self.number = number
        self.details = details
    }

    /// The same request again is the same order, also when the tenant has changed the lifecycle since.
    package static func == (one: OrderFacts, other: OrderFacts) -> Bool {
        one.customer == other.customer && one.lifecycle.name == other.lifecycle.name && one.provider == other.provider
            && one.branch == other.branch && one.destination == other.destination && one.payment == other.payment
            && one.number == other.number && one.details == other.details
    }
}

extension OrderFacts {
    /// The name of the lifecycle in the body of a `PUT`.
    package static func lifecycleName(in json: JSONValue) throws(FaultReason) -> String {
        guard let name = json["lifecycle"]?.string else {
            throw .invalid("lifecycle is the name of one: baanfoodie, jeco, trusttrade or the tenant's own")
        }
        return name
    }

    /// Reads the body of the `PUT`. Unknown members are ignored.
    /// - Parameter lifecycle: the one that it names.
    package init(json: JSONValue, lifecycle: Lifecycle) throws(FaultReason) {
        func text(_ name: String, _ limit: Int) throws(FaultReason) -> String? {
            guard let value = json[name], !value.isNull else { return nil }
            guard let text = value.string, (1...limit).contains(text.utf8.count) else {
                throw .invalid("\(name) has 1 to \(limit) bytes")
            }
            return text
        }
        guard let customer = try text("customer", Self.maxSubjectBytes) else {
            throw .invalid("customer has 1 to \(Self.maxSubjectBytes) bytes")
        }
        self.init(
            customer: customer, lifecycle: lifecycle, provider: try text("provider", Self.maxSubjectBytes),
            branch: try OrderPlace(ifPresent: json["branch"], "branch"),
            destination: try OrderPlace(ifPresent: json["destination"], "destination"))
        if let payment = json["payment"], !payment.isNull {
            guard let id = payment.string, SessionAddress.isValid(id: id) else {
                throw .invalid("payment is no session's id")
            }
            self.payment = id
        }
        if let number = json["number"], !number.isNull {
            guard let text = number.string, (1...Self.maxNumberCharacters).contains(text.count) else {
                throw .invalid("number has 1 to \(Self.maxNumberCharacters) characters")
            }
            self.number = text
        }
        if let details = json["details"], !details.isNull {
            guard let object = details.object, details.bytes.count <= Self.maxDetailBytes else {
                throw .invalid("details is an object of at most \(Self.maxDetailBytes) bytes")
            }
            self.details = object
        }
    }
}

extension OrderPlace {
    fileprivate init?(ifPresent json: JSONValue?, _ name: String) throws(FaultReason) {
        guard let json, !json.isNull else { return nil }
        guard let latitude = json["lat"]?.double, let longitude = json["lng"]?.double,
            let point = GeoPoint(latitude: latitude, longitude: longitude)
        else { throw .invalid("\(name) has lat from -90 to 90 and lng from -180 to 180") }
        func text(_ member: String) throws(FaultReason) -> String? {
            guard let value = json[member], !value.isNull else { return nil }
            // Platforms number their branches.
            if case .integer(let number) = value, member == "id" { return String(number) }
            guard let text = value.string, (1...Self.maxTextCharacters).contains(text.count) else {
                throw .invalid("\(name).\(member) has 1 to \(Self.maxTextCharacters) characters")
            }
            return text
        }
        self.init(point: point, id: try text("id"), name: try text("name"), address: try text("address"))
    }
}

extension OrderPlace: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = ["lat": .double(point.latitude), "lng": .double(point.longitude)]
        object["id"] = id.map(JSONValue.string)
        object["name"] = name.map(JSONValue.string)
        object["address"] = address.map(JSONValue.string)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        guard let latitude = try fields.value("lat").double, let longitude = try fields.value("lng").double,
            let point = GeoPoint(latitude: latitude, longitude: longitude)
        else { throw JSONFieldFailure(field: "lat") }
        self.init(
            point: point, id: try fields.string(ifPresent: "id"), name: try fields.string(ifPresent: "name"),
            address: try fields.string(ifPresent: "address"))
    }
}

extension OrderFacts: JSONWritable, JSONReadable {
    /// As a checkpoint keeps it: a lifecycle that every release has by its name, another whole.
    package var object: JSONObject {
        var object: JSONObject = [
            "customer": .string(customer),
            "lifecycle": lifecycle == Lifecycle.builtIn(lifecycle.name) ? .string(lifecycle.name) : lifecycle.json,
        ]
        object["provider"] = provider.map(JSONValue.string)
        object["branch"] = branch?.json
        object["destination"] = destination?.json
        object["payment"] = payment.map(JSONValue.string)
        object["number"] = number.map(JSONValue.string)
        object["details"] = details.map(JSONValue.object)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        let lifecycle: Lifecycle
        let written = try fields.value("lifecycle")
        if let name = written.string {
            guard let builtIn = Lifecycle.builtIn(name) else { throw JSONFieldFailure(field: "lifecycle") }
            lifecycle = builtIn
        } else {
            do throws(LifecycleFault) { lifecycle = try Lifecycle(json: written) } catch {
                throw JSONFieldFailure(field: "lifecycle" + error.path)
            }
        }
        self.init(
            customer: try fields.string("customer"), lifecycle: lifecycle,
            provider: try fields.string(ifPresent: "provider"), branch: try fields.part(ifPresent: "branch"),
            destination: try fields.part(ifPresent: "destination"), payment: try fields.string(ifPresent: "payment"),
            number: try fields.string(ifPresent: "number"), details: fields.value(ifPresent: "details")?.object)
    }
}
