internal import Primitives
internal import TLS

/// The certificate of `sala dev --tls` and the authority that signs it, in the data folder: made at the first start, used
/// again while they are good, renewed before they end. The authority outlives many certificates, so that trusting it is done once.
struct DevCertificates {
    static let certificateLifetime = Duration.seconds(90 * 86_400)
    /// Thirty days. What has less time left is renewed at the start: a server may run for a while.
    static let minRemaining = Duration.seconds(2_592_000)

    private let data: String
    private let now: Timestamp
    private let random: any RandomSource

    init(data: String, now: Timestamp, random: any RandomSource) {
        self.data = data
        self.now = now
        self.random = random
    }

    /// What clients have to trust.
    var authorityPath: String { data + "/ca.pem" }
    private var authorityKeyPath: String { data + "/ca-key.pem" }
    private var files: TLSFiles {
        TLSFiles(certificate: data + "/certificate.pem", key: data + "/certificate-key.pem")
    }

    func loadOrMake() throws(CommandFailure) -> TLSFiles {
        do {
            if let authority = try loadedAuthority() {
                if !isGood() { try issue(from: authority) }
            } else {
                try issue(from: try makeAuthority())
            }
            return files
        } catch let failure as TLSFailure {
            throw CommandFailure(.unavailable, "sala: \(failure)")
        } catch let failure as FileSystem.Failure {
            throw CommandFailure(.unavailable, "sala: \(failure.message)")
        } catch {
            throw CommandFailure(.unavailable, "sala: no certificate can be made: \(error)")
        }
    }

    private func file(_ path: String) throws(FileSystem.Failure) -> PEMFile {
        PEMFile(name: path, content: try FileSystem.read(path))
    }

    /// The authority of an earlier start; nil when there is none, or when it ends before its next certificate would.
    private func loadedAuthority() throws -> LocalAuthority? {
        guard FileSystem.exists(authorityPath), FileSystem.exists(authorityKeyPath) else { return nil }
        let authority = try LocalAuthority(certificate: try file(authorityPath), key: try file(authorityKeyPath))
        return authority.notAfter > now.advanced(by: Self.certificateLifetime) ? authority : nil
    }

    private func makeAuthority() throws -> LocalAuthority {
        let made = try LocalAuthority.make(name: "sala dev (this machine only)", now: now, random: random)
        try FileSystem.write(made.key, to: authorityKeyPath, mode: 0o600)
        try FileSystem.write(made.certificate, to: authorityPath, mode: 0o644)
        return try LocalAuthority(certificate: try file(authorityPath), key: try file(authorityKeyPath))
    }

    /// Whether the certificate of an earlier start will do. A damaged one will not, and is replaced.
    private func isGood() -> Bool {
        guard FileSystem.exists(files.certificate), FileSystem.exists(files.key) else { return false }
        do {
            let certificate = try files.load()
            return certificate.notBefore <= now && certificate.notAfter > now.advanced(by: Self.minRemaining)
        } catch {
            return false
        }
    }

    private func issue(from authority: LocalAuthority) throws {
        let issued = try authority.issue(now: now, lifetime: Self.certificateLifetime, random: random)
        try FileSystem.write(issued.key, to: files.key, mode: 0o600)
        try FileSystem.write(issued.certificate, to: files.certificate, mode: 0o644)
    }
}
