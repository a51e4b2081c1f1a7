internal import Primitives
internal import Reactor
internal import TLS

/// The two files of a server's certificate. They are read at the start and at every SIGHUP.
struct TLSFiles: Sendable {
    /// What is wrong with them, in a sentence that names the file and holds nothing of its content.
    struct Problem: Error {
        let message: String
    }

    /// Two weeks. A certificate that ends sooner is worth a warning: renewals are tried again and again in the weeks before.
    static let minRemaining = Duration.seconds(1_209_600)

    /// The chain, the server's own certificate first.
    let certificate: String
    let key: String

    func load() throws(Problem) -> ServerCertificate {
        do throws(TLSFailure) {
            return try ServerCertificate(chain: try file(certificate).get(), key: try file(key).get())
        } catch {
            throw Problem(message: error.description)
        }
    }

    func context() throws(Problem) -> TLSContext {
        let certificate = try load()
        do {
            return try TLSContext(certificate, time: SystemTime(), random: SystemRandom())
        } catch {
            throw Problem(message: error.description)
        }
    }

    private func file(_ path: String) -> Result<PEMFile, TLSFailure> {
        do {
            return .success(PEMFile(name: path, content: try FileSystem.read(path)))
        } catch {
            return .failure(.unreadable(error.message))
        }
    }
}

/// Where a certificate stands in its time.
enum CertificateAge {
    case notYetValid, fresh, ending, expired

    init(_ certificate: ServerCertificate, now: Timestamp) {
        if now < certificate.notBefore {
            self = .notYetValid
        } else if now >= certificate.notAfter {
            self = .expired
        } else if now.advanced(by: TLSFiles.minRemaining) >= certificate.notAfter {
            self = .ending
        } else {
            self = .fresh
        }
    }
}
