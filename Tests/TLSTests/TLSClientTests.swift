import Glibc
import Primitives
import Reactor
import TLS
import TestSupport
import Testing

@Suite("A client's side of TLS")
struct TLSClientTests {
    /// Both sides over one socket, without a loop.
    private final class Pair {
        private let listener: ListeningSocket
        let client: TLSStream
        let server: TLSStream
        private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * 1024, alignment: 1)
        private(set) var atClient: [UInt8] = []
        private(set) var atServer: [UInt8] = []
        private(set) var clientEnd: TransferResult?
        private(set) var serverEnd: TransferResult?

        init(_ serverContext: TLSContext, _ clientContext: TLSClientContext, host: String) throws {
            listener = try ListeningSocket(host: "127.0.0.1", port: 0, backlog: 1, sharesPort: false)
            client = try TLSStream(
                try Socket.connecting(to: "127.0.0.1", port: listener.port), clientContext, host: host)
            for _ in 0..<1_000_000 {
                guard case .accepted(let socket, _) = listener.accept() else { continue }
                server = try TLSStream(socket, serverContext)
                return
            }
            throw SystemError(ETIMEDOUT)
        }

        deinit { buffer.deallocate() }

        @discardableResult
        func until(_ condition: () -> Bool) -> Bool {
            for _ in 0..<20_000 where !condition() {
                if clientEnd == nil { clientEnd = read(client, &atClient) }
                if serverEnd == nil { serverEnd = read(server, &atServer) }
            }
            return condition()
        }

        private func read(_ stream: TLSStream, _ bytes: inout [UInt8]) -> TransferResult? {
            switch stream.receive(into: buffer) {
            case .moved(let count): bytes += buffer[..<count]
            case .wouldBlock: break
            case let result: return result
            }
            return nil
        }
    }

    /// Clients know no virtual time.
    private static let certificates = Result { try TestCertificates(time: SystemTime().wallClock) }

    /// Its certificate is for this machine: the authority may sign for no other.
    private func serverContext() throws -> TLSContext {
        try TLSContext(
            try Self.certificates.get().issue().serverCertificate(), time: SystemTime(), random: SystemRandom())
    }

    private func clientContext(_ pem: [UInt8]) throws -> TLSClientContext {
        var template = Array("/tmp/sala-authority-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        defer {
            close(descriptor)
            unlink(template)
        }
        try #require(pem.isEmpty || write(descriptor, pem, pem.count) == pem.count)
        return try TLSClientContext(
            authorities: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    @Test(
        "It trusts the authority that it was given, and bytes go both ways",
        arguments: LocalAuthority.names)
    func handshake(_ host: String) throws {
        let authority = try Self.certificates.get().authority.certificate
        let pair = try Pair(try serverContext(), try clientContext(authority), host: host)
        #expect(pair.until { pair.client.isHandshakeComplete && pair.server.isHandshakeComplete })
        #expect(pair.client.version == "TLSv1.3" && pair.client.certificateRefusal == nil)
        let text = Array("hello".utf8)
        #expect(text.withUnsafeBytes { pair.client.send($0) } == .moved(5))
        #expect(text.withUnsafeBytes { pair.server.send($0) } == .moved(5))
        #expect(pair.until { pair.atServer == text && pair.atClient == text })
        _ = pair.client.shutdownWrite()
        #expect(pair.until { pair.serverEnd == .ended })
    }

    @Test("A certificate of another host is refused, and the server is told", arguments: ["other.test", "127.0.0.2"])
    func anotherHost(_ host: String) throws {
        let authority = try Self.certificates.get().authority.certificate
        let pair = try Pair(try serverContext(), try clientContext(authority), host: host)
        #expect(pair.until { pair.clientEnd != nil && pair.serverEnd != nil })
        #expect(pair.clientEnd == .failed(SystemError(EPROTO)))
        #expect(pair.client.certificateRefusal?.hasSuffix("mismatch") == true)
        #expect(pair.server.violation == nil)
    }

    @Test("A certificate of an authority that is not trusted is refused")
    func anotherAuthority() throws {
        let other = try TestCertificates(time: SystemTime().wallClock).authority.certificate
        let pair = try Pair(try serverContext(), try clientContext(other), host: "localhost")
        #expect(pair.until { pair.clientEnd != nil })
        #expect(pair.client.certificateRefusal != nil && !pair.client.isHandshakeComplete)
        let system = try Pair(try serverContext(), try TLSClientContext(), host: "localhost")
        #expect(system.until { system.clientEnd != nil })
        #expect(system.client.certificateRefusal != nil)
    }

    @Test("A file without authorities is no trust")
    func noAuthorities() throws {
        #expect(throws: TLSFailure.self) { try clientContext([]) }
        #expect(throws: TLSFailure.self) { try TLSClientContext(authorities: "/that/is/not/there.pem") }
    }
}
