package import JSON
package import Primitives

/// A slip that somebody shows for a payment, on its way to a verdict. One at a time.
package struct PaymentSlip: Sendable, Equatable {
    /// What was shown.
    package enum Source: Sendable, Equatable {
        /// The text of the mini-QR.
        case payload(String)
        /// A picture that the server holds in memory, by the name it gave to it.
        case image(String)
    }

    /// How far it is.
    package enum Progress: Sendable, Equatable {
        case received
        /// Its QR is read: a reference, and the text.
        case read(SlipReference, payload: String)
        /// A provider says that the transfer is genuine, and it is what is asked for.
        case verified(SlipProof)
    }

    package let id: String
    package let submittedAt: Timestamp
    package let source: Source
    package internal(set) var progress = Progress.received
    package internal(set) var wait: Slip.Wait?

    package static let maxPayloadBytes = 256
    package static let maxImageNameBytes = 64

    init(id: String, submittedAt: Timestamp, source: Source) {
        self.id = id
        self.submittedAt = submittedAt
        self.source = source
    }

    /// What its QR said, once it is read.
    var reference: SlipReference? {
        switch progress {
        case .received: nil
        case .read(let reference, _): reference
        case .verified(let proof): proof.reference
        }
    }

    /// How often the step has failed since the slip got so far.
    func failures(of step: SlipStep) -> Int {
        guard let wait, wait.step == step else { return 0 }
        return wait.attempt
    }
}

/// A slip's next stage, as the log has it (`slip.stage`).
package enum PaymentSlipStage: Sendable, Equatable {
    case received(PaymentSlip.Source)
    case read(SlipReference, payload: String)
    case verified(SlipProof)
    /// A step failed for now; its timer is durable with this.
    case waiting(Slip.Wait)

    var name: String {
        switch self {
        case .received: "received"
        case .read: "read"
        case .verified: "verified"
        case .waiting: "waiting"
        }
    }
}

extension PaymentSlipStage: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = ["stage": .string(name)]
        switch self {
        case .received(let source): object.write(source)
        case .read(let reference, let payload):
            object["reference"] = reference.json
            object["payload"] = .string(payload)
        case .verified(let proof): object["proof"] = proof.json
        case .waiting(let wait): object["wait"] = wait.json
        }
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        switch try fields.string("stage") {
        case "received": self = .received(try fields.slipSource)
        case "read": self = .read(try fields.part("reference"), payload: try fields.string("payload"))
        case "verified": self = .verified(try fields.part("proof"))
        case "waiting": self = .waiting(try fields.part("wait"))
        default: throw JSONFieldFailure(field: "stage")
        }
    }
}

extension PaymentSlip: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = ["slip": .string(id), "submittedAt": .string(submittedAt.rfc3339)]
        object.write(source)
        switch progress {
        case .received: object["stage"] = "received"
        case .read(let reference, let payload):
            object["stage"] = "read"
            object["reference"] = reference.json
            object["qr"] = .string(payload)
        case .verified(let proof):
            object["stage"] = "verified"
            object["proof"] = proof.json
        }
        object["wait"] = wait?.json
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            id: try fields.string("slip"), submittedAt: try fields.time("submittedAt"), source: try fields.slipSource)
        switch try fields.string("stage") {
        case "received": progress = .received
        case "read": progress = .read(try fields.part("reference"), payload: try fields.string("qr"))
        case "verified": progress = .verified(try fields.part("proof"))
        default: throw JSONFieldFailure(field: "stage")
        }
        wait = try fields.part(ifPresent: "wait")
    }
}

extension JSONObject {
    fileprivate mutating func write(_ source: PaymentSlip.Source) {
        switch source {
        case .payload(let text): self["payload"] = .string(text)
        case .image(let name): self["image"] = .string(name)
        }
    }
}

extension JSONFields {
    fileprivate var slipSource: PaymentSlip.Source {
        get throws(JSONFieldFailure) {
            if let payload = try string(ifPresent: "payload") { return .payload(payload) }
            return .image(try string("image"))
        }
    }
}
