import Primitives
import TLS
import TestSupport
import Testing

@Suite("Certificates of a server")
struct ServerCertificateTests {
    private let certificates: TestCertificates

    init() throws { certificates = try TestCertificates.shared.get() }

    private func failure(chain: [UInt8], key: [UInt8]) -> TLSFailure? {
        do throws(TLSFailure) {
            _ = try ServerCertificate(
                chain: PEMFile(name: "chain.pem", content: chain), key: PEMFile(name: "key.pem", content: key))
            return nil
        } catch {
            return error
        }
    }

    @Test func aChainAndItsKeyAreRead() throws {
        let certificate = try certificates.issue(lifetime: .seconds(1_000)).serverCertificate()
        #expect(certificate.notAfter == certificates.time.advanced(by: .seconds(1_000)))
        #expect(certificate.notBefore == certificates.time.advanced(by: .seconds(-3_600)))
    }

    @Test(arguments: ["localhost", "127.0.0.1", "::1"]) func itIsValidForItsNames(host: String) throws {
        #expect(try certificates.issue().serverCertificate().isValid(forHost: host))
    }

    @Test(arguments: ["example.org", "127.0.0.2", "localhost.example.org", ""])
    func itIsValidForNoOtherName(host: String) throws {
        #expect(!(try certificates.issue().serverCertificate().isValid(forHost: host)))
    }

    @Test func whatIsNoCertificateIsSaid() throws {
        let issued = try certificates.issue()
        #expect(failure(chain: [], key: issued.key) == .noCertificate(file: "chain.pem"))
        #expect(failure(chain: Array("hello".utf8), key: issued.key) == .noCertificate(file: "chain.pem"))
        #expect(failure(chain: issued.key, key: issued.key) == .noCertificate(file: "chain.pem"))
    }

    @Test func aDamagedCertificateIsCountedFromOne() throws {
        let issued = try certificates.issue()
        var lines = String(decoding: issued.certificate, as: UTF8.self).split(separator: "\n")
        lines.remove(at: 2)
        let damaged = Array(lines.joined(separator: "\n").utf8)
        #expect(failure(chain: damaged, key: issued.key) == .damagedCertificate(file: "chain.pem", number: 1))
        #expect(
            failure(chain: issued.certificate + damaged, key: issued.key)
                == .damagedCertificate(file: "chain.pem", number: 2))
    }

    @Test func aChainHasABound() throws {
        let issued = try certificates.issue()
        let bound = ServerCertificate.maxChainCertificates
        let long = Array(repeatElement(issued.certificate, count: bound).joined())
        #expect(failure(chain: long, key: issued.key) == nil)
        #expect(
            failure(chain: long + issued.certificate, key: issued.key)
                == .chainTooLong(file: "chain.pem", limit: bound))
    }

    @Test func whatIsNoKeyIsSaid() throws {
        let issued = try certificates.issue()
        #expect(failure(chain: issued.certificate, key: []) == .noPrivateKey(file: "key.pem"))
        #expect(failure(chain: issued.certificate, key: issued.certificate) == .noPrivateKey(file: "key.pem"))
        #expect(failure(chain: issued.certificate, key: issued.key.dropLast(60)) == .noPrivateKey(file: "key.pem"))
    }

    @Test(arguments: [
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHs\n-----END ENCRYPTED PRIVATE KEY-----\n",
        """
        -----BEGIN EC PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF

        MIHs
        -----END EC PRIVATE KEY-----

        """,
    ]) func nobodyIsAskedForAPassphrase(key: String) throws {
        let issued = try certificates.issue()
        #expect(
            failure(chain: issued.certificate, key: Array(key.utf8)) == .encryptedPrivateKey(file: "key.pem"))
    }

    @Test func anotherCertificatesKeyIsRefused() throws {
        let issued = try certificates.issue()
        let mismatch = TLSFailure.keyMismatch(certificate: "chain.pem", key: "key.pem")
        #expect(failure(chain: issued.certificate, key: try certificates.issue().key) == mismatch)
        #expect(failure(chain: issued.certificate, key: try certificates.issue(kind: .rsa2048).key) == mismatch)
    }

    @Test func failuresNameTheFileAndNoDescriptionHoldsAKey() throws {
        let issued = try certificates.issue()
        let file = PEMFile(name: "key.pem", content: issued.key)
        #expect("\(file)" == "key.pem" && String(reflecting: file) == "key.pem")
        let failure = failure(chain: issued.certificate, key: Array("secret".utf8))
        #expect(failure?.description == "key.pem: no readable private key in PEM form is in it")
    }

    @Test func anAuthoritySignsForThisMachineOnly() throws {
        let issued = try certificates.issue(["example.org"])
        let context = try TLSContext(
            try issued.serverCertificate(), time: VirtualTime(), random: SeededSource(seed: 1))
        var offer = certificates.offer
        offer.host = "example.org"
        let world = try StreamWorld(context, offer)
        world.until { world.client.tls?.isOver == true }
        #expect(world.client.tls?.failure == "certificate verify failed")
    }
}
