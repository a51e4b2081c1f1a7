internal import Glibc

/// Where connections to this machine come from. One address has 28,000 ports to another one, and connecting takes the kernel a hundred times
/// as long once the first half of them is used; 127.0.0.0/8 has 16 million addresses. Each process has 254 of its own.
final class LoopbackSources {
    /// Below half of the usual `net.ipv4.ip_local_port_range`.
    static let maxConnections = 10_000

    private let prefix: String
    private var count = 0

    /// - Parameter process: tells apart who may use the same address.
    init(process: Int32 = getpid()) {
        // 127.0 is left to others.
        prefix = "127.\(1 + process / 256 % 255).\(process % 256)"
    }

    /// For one connection more.
    func next() -> String {
        defer { count += 1 }
        return "\(prefix).\(1 + count / Self.maxConnections % 254)"
    }
}
