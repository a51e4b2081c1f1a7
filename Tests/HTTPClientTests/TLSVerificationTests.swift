import Glibc
import HTTPClient
import TestSupport
import Testing

@Suite("TLS verification (HTTPClient)", .timeLimit(.minutes(5)))
struct TLSVerificationTests {
    @Test("a certificate nobody vouches for, or of another host, is refused; a trusted one is not")
    func verification() throws {
        let server = try OpenSSLServer(connections: 3)
        defer { server.stop() }
        let untrusting = try World { _ in }
        let refused = untrusting.start(HTTPClientRequest(url: "https://localhost:\(server.port)/"))
        untrusting.run { refused.isOver }
        #expect(refused.events == [.failed(.tlsFailure)])

        let trusting = try World(configure: { $0.authoritiesPath = server.certificatePath }) { _ in }
        let wrongName = trusting.start(HTTPClientRequest(url: "https://127.0.0.1:\(server.port)/"))
        trusting.run { wrongName.isOver }
        #expect(wrongName.events == [.failed(.tlsFailure)])

        let accepted = trusting.start(HTTPClientRequest(url: "https://localhost:\(server.port)/"))
        trusting.run { accepted.isOver }
        #expect(accepted.head?.status == 200)
    }

    @Test("a server without TLS is a TLS failure")
    func noTLS() throws {
        let world = try World { peer in
            guard !peer.received.isEmpty else { return }
            peer.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            peer.close()
        }
        let call = world.start(HTTPClientRequest(url: "https" + world.server.url.dropFirst(4)))
        world.run { call.isOver }
        #expect(call.events == [.failed(.tlsFailure)])
    }
}

/// `openssl s_server` with a certificate of its own for `localhost`, for a number of connections.
private struct OpenSSLServer {
    struct Unavailable: Error {}
    let directory: String
    let port: Int
    private let output: UnsafeMutablePointer<FILE>
    var certificatePath: String { "\(directory)/certificate.pem" }

    init(connections: Int) throws {
        var template = Array("/tmp/sala-tls-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Unavailable() }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let command = """
            cd \(directory) && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 \
            -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key.pem -out certificate.pem 2>/dev/null && \
            exec timeout 30 openssl s_server -accept 127.0.0.1:0 -cert certificate.pem -key key.pem -www \
            -naccept \(connections) 2>/dev/null
            """
        guard let output = popen(command, "r") else { throw Unavailable() }
        self.output = output
        // "ACCEPT 127.0.0.1:40123" once it listens.
        var line = [CChar](repeating: 0, count: 256)
        var port: Int?
        while port == nil, fgets(&line, 256, output) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("ACCEPT") else { continue }
            port = text.split(whereSeparator: { $0 == ":" || $0 == "\n" }).last.flatMap { Int($0) }
        }
        guard let port else { throw Unavailable() }
        self.port = port
    }

    func stop() {
        pclose(output)
        unlink("\(directory)/certificate.pem")
        unlink("\(directory)/key.pem")
        rmdir(directory)
    }
}
