package import Domain
package import Primitives
internal import Synchronization

/// Pictures of slips that people have sent, until the payment that they are for has looked at them. In memory only: a restart forgets
/// them, and they are sent again. For all loops.
package final class HeldPictures: Sendable {
    fileprivate struct Picture {
        let bytes: [UInt8]
        let session: SessionAddress
        let since: Instant
    }
    fileprivate struct Contents {
        var pictures: [String: Picture] = [:]
        var byteCount = 0
    }
    private let contents = Mutex(Contents())
    private let time: any TimeSource
    private let random: any RandomSource

    /// Pictures at once, and their bytes; beyond, the next one is refused.
    package static let maxPictures = 1_024
    package static let maxBytes = 64 * 1024 * 1024
    /// Of one session; the next one takes the place of the oldest.
    package static let maxPicturesPerSession = 2
    /// Longer than a provider that is not reachable is tried.
    package static let maxAge = Duration.seconds(900)

    package init(time: any TimeSource, random: any RandomSource) {
        self.time = time
        self.random = random
    }

    /// The name by which the session finds it; nil when there is no room.
    package func hold(_ bytes: [UInt8], for session: SessionAddress) -> String? {
        let name = random.identifier("img")
        let now = time.now
        return contents.withLock { contents in
            contents.forget(before: now.advanced(by: .zero - Self.maxAge))
            contents.makeRoom(for: session)
            guard contents.pictures.count < Self.maxPictures, contents.byteCount + bytes.count <= Self.maxBytes else {
                return nil
            }
            contents.pictures[name] = Picture(bytes: bytes, session: session, since: now)
            contents.byteCount += bytes.count
            return name
        }
    }

    /// nil when it is not held (any more), or is another session's.
    package func picture(_ name: String, of session: SessionAddress) -> [UInt8]? {
        contents.withLock { contents in
            contents.pictures[name].flatMap { $0.session == session ? $0.bytes : nil }
        }
    }

    package func release(_ name: String, of session: SessionAddress) {
        contents.withLock { contents in
            if contents.pictures[name]?.session == session { contents.remove(name) }
        }
    }
}

extension HeldPictures.Contents {
    fileprivate mutating func remove(_ name: String) {
        if let picture = pictures.removeValue(forKey: name) { byteCount -= picture.bytes.count }
    }

    mutating func makeRoom(for session: SessionAddress) {
        let own = pictures.filter { $0.value.session == session }.sorted { $0.value.since < $1.value.since }
        for (name, _) in own.dropLast(HeldPictures.maxPicturesPerSession - 1) { remove(name) }
    }

    /// Only when room may be short is every picture looked at.
    fileprivate mutating func forget(before instant: Instant) {
        guard pictures.count >= HeldPictures.maxPictures / 2 || byteCount >= HeldPictures.maxBytes / 2 else { return }
        for (name, picture) in pictures where picture.since < instant { remove(name) }
    }
}
