internal import COpenSSL
package import Primitives

/// A certificate authority of one machine's own, for development: it signs certificates for `localhost` and the loopback
/// addresses and, by its name constraints (RFC 5280 §4.2.1.10), for nothing else. So who trusts it does not trust its
/// holder with any other site.
package struct LocalAuthority: Sendable {
    /// What a server at home may be called.
    package static let names = ["localhost", "127.0.0.1", "::1"]
    /// Ten years: trusting an authority is work for a person.
    package static let lifetime = Duration.seconds(3_650 * 86_400)

    /// The algorithm of a certificate's key.
    package enum KeyKind: Sendable {
        case p256, rsa2048
    }

    /// A certificate in PEM and its key in PEM (PKCS #8, not encrypted).
    package struct Issued: Sendable {
        package let certificate: [UInt8]
        package let key: [UInt8]
    }

    private let own: ServerCertificate

    /// An authority that was made before.
    package init(certificate: PEMFile, key: PEMFile) throws(TLSFailure) {
        own = try ServerCertificate(chain: certificate, key: key)
    }

    package var notAfter: Timestamp { own.notAfter }

    /// Makes a new authority, valid from an hour before `now` (clocks differ).
    package static func make(
        name: String, now: Timestamp, random: any RandomSource
    ) throws(TLSFailure) -> Issued {
        let key = try PrivateKey(.p256)
        let draft = try CertificateDraft(name: name, now: now, lifetime: lifetime, key: key, random: random)
        let extensions = [
            (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"), (NID_key_usage, "critical,keyCertSign"),
            (NID_subject_key_identifier, "hash"),
            (
                NID_name_constraints,
                "critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0,"
                    + "permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
            ),
        ]
        try draft.sign(as: draft.pointer, with: key.pointer, extensions)
        return Issued(certificate: try draft.pem(), key: try key.pem())
    }

    /// A certificate of a server, for `names`: host names and numeric addresses.
    package func issue(
        for names: [String] = Self.names, now: Timestamp, lifetime: Duration, kind: KeyKind = .p256,
        random: any RandomSource
    ) throws(TLSFailure) -> Issued {
        let key = try PrivateKey(kind)
        let draft = try CertificateDraft(
            name: names.first ?? "", now: now, lifetime: lifetime, key: key, random: random)
        let alternatives = names.map { ($0.contains(where: { $0 == ":" }) || $0.isIPv4 ? "IP:" : "DNS:") + $0 }
        let extensions = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, kind == .p256 ? "critical,digitalSignature" : "critical,digitalSignature,keyEncipherment"),
            (NID_ext_key_usage, "serverAuth"), (NID_subject_alt_name, alternatives.joined(separator: ",")),
            (NID_subject_key_identifier, "hash"), (NID_authority_key_identifier, "keyid"),
        ]
        try draft.sign(as: own.chain[0], with: own.key, extensions)
        return Issued(certificate: try draft.pem(), key: try key.pem())
    }
}

extension String {
    fileprivate var isIPv4: Bool { allSatisfy { $0.isNumber || $0 == "." } }
}
