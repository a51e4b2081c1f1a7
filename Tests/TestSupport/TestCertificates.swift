package import Primitives
import Reactor
package import TLS

/// An authority for tests, and certificates of it. Their times are those of `VirtualTime`, not the machine's.
package struct TestCertificates: Sendable {
    package let time: Timestamp
    package let authority: LocalAuthority.Issued
    private let signer: LocalAuthority
    /// RSA keys cost a second.
    private let rsa: LocalAuthority.Issued

    /// Made once: keys cost time.
    package static let shared = Result { try TestCertificates() }

    package init(time: Timestamp = VirtualTime().wallClock) throws {
        self.time = time
        authority = try LocalAuthority.make(name: "test authority", now: time, random: SystemRandom())
        signer = try LocalAuthority(
            certificate: PEMFile(name: "ca.pem", content: authority.certificate),
            key: PEMFile(name: "ca-key.pem", content: authority.key))
        rsa = try signer.issue(now: time, lifetime: .seconds(86_400), kind: .rsa2048, random: SystemRandom())
    }

    /// With an RSA key it is always the same one.
    package func issue(
        _ names: [String] = LocalAuthority.names, kind: LocalAuthority.KeyKind = .p256,
        lifetime: Duration = .seconds(86_400)
    ) throws -> LocalAuthority.Issued {
        if kind == .rsa2048 { return rsa }
        return try signer.issue(for: names, now: time, lifetime: lifetime, random: SystemRandom())
    }

    package func context(
        kind: LocalAuthority.KeyKind = .p256, time: any TimeSource = VirtualTime()
    ) throws -> TLSContext {
        try TLSContext(try issue(kind: kind).serverCertificate(), time: time, random: SystemRandom())
    }

    /// What a client offers that trusts this authority.
    package var offer: ClientTLS.Offer {
        var offer = ClientTLS.Offer()
        offer.authority = authority.certificate
        offer.time = time
        return offer
    }
}

extension LocalAuthority.Issued {
    package func serverCertificate() throws -> ServerCertificate {
        try ServerCertificate(
            chain: PEMFile(name: "chain.pem", content: certificate), key: PEMFile(name: "key.pem", content: key))
    }
}
