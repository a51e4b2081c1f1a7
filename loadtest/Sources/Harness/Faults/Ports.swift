internal import Primitives
internal import Reactor

/// Ports for a server of our own.
enum Ports {
    /// `sala dev` has its stand-ins so many ports above its own.
    static let standinOffset: UInt16 = 10
    /// Below those that the kernel gives to outgoing connections (32,768 and above): while the server is being restarted,
    /// thousands of clients try its port, and one of them would get just this one as its own.
    private static let choice: ClosedRange<UInt64> = 20_000...29_999
    private static let maxTries = 100

    /// A port that is free now together with its stand-ins'.
    static func freePair(_ random: any RandomSource) throws(LoadFailure) -> UInt16 {
        for _ in 0..<maxTries {
            let port = UInt16(choice.lowerBound + random.uint64() % UInt64(choice.count))
            if isFree(port), isFree(port + standinOffset) { return port }
        }
        throw LoadFailure(.unavailable, "no two free ports, ten apart, in \(maxTries) tries")
    }

    static func isFree(_ port: UInt16) -> Bool {
        do throws(SystemError) {
            _ = try ListeningSocket(host: "127.0.0.1", port: port, backlog: 1, sharesPort: false)
            return true
        } catch {
            return false
        }
    }
}
