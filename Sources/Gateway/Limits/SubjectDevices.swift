internal import Synchronization

/// Which device each subject is connected with, of tenants that let a subject have one. A device is what the hello names; a socket
/// whose hello names none is a device of its own. Over all loops, since a subject's sockets are on any of them.
final class SubjectDevices: Sendable {
    /// A socket and the loop that it is confined to.
    struct Place: Sendable {
        let gateway: GatewayLoop
        let socket: ClientSocket
    }

    private struct Entry {
        /// nil: one socket whose device has no name.
        let device: String?
        var places: [ObjectIdentifier: Place]
    }

    private let entries = Mutex<[SharedLimits.Subject: Entry]>([:])

    /// The socket is the subject's newest. Returns those of the device that it takes the place of.
    func enter(_ subject: SharedLimits.Subject, device: String?, _ place: Place) -> [Place] {
        entries.withLock { entries in
            let key = ObjectIdentifier(place.socket)
            guard var entry = entries[subject], let device, entry.device == device else {
                let earlier = entries[subject]?.places.values.filter { $0.socket !== place.socket } ?? []
                entries[subject] = Entry(device: device, places: [key: place])
                return earlier
            }
            entry.places[key] = place
            entries[subject] = entry
            return []
        }
    }

    func leave(_ subject: SharedLimits.Subject, _ socket: ClientSocket) {
        entries.withLock { entries in
            guard var entry = entries[subject], entry.places.removeValue(forKey: ObjectIdentifier(socket)) != nil else {
                return
            }
            entries[subject] = entry.places.isEmpty ? nil : entry
        }
    }
}
