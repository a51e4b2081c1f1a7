package import WireProtocol

/// Why a token is not accepted. The cases are for counting and for tests; a client learns less (`fault`).
package enum TokenViolation: String, Error, Equatable, Sendable, CaseIterable {
    // Before the signature is known to be good.
    case absent, tooLong, notThreeParts, badBase64, badJSON
    case noAlgorithm, unsupportedAlgorithm, algorithmMismatch, criticalHeader
    case unknownTenant, unknownKey, badSignature
    // After it.
    case wrongIssuer, wrongAudience, badExpiry, expired, notYetValid, badSubject, badRole, badGrants, badIdentifier
    case revoked

    /// What the client is told: a constant text, nothing of the token. Before the signature is verified all violations
    /// look alike, so that nobody can find out tenants, key names or algorithms by trying.
    package var fault: Fault {
        switch self {
        case .expired: Fault(.expired)
        case .revoked: Fault(.revoked)
        case .absent: Fault(.unauthenticated, "A token is required.")
        case .tooLong, .notThreeParts, .badBase64, .badJSON, .noAlgorithm, .unsupportedAlgorithm, .algorithmMismatch,
            .criticalHeader, .unknownTenant, .unknownKey, .badSignature:
            Fault(.unauthenticated, "The token is not acceptable.")
        case .wrongIssuer: Fault(.unauthenticated, "The token's issuer is not the tenant's.")
        case .wrongAudience: Fault(.unauthenticated, "The token is for another audience.")
        case .badExpiry: Fault(.unauthenticated, "The token has no usable expiry.")
        case .notYetValid: Fault(.unauthenticated, "The token is not valid yet.")
        case .badSubject: Fault(.unauthenticated, "The token has no usable subject.")
        case .badRole: Fault(.unauthenticated, "The token has no role that its key may give.")
        case .badGrants: Fault(.unauthenticated, "The token's grants are not in the agreed form.")
        case .badIdentifier: Fault(.unauthenticated, "The token's identifier is not in the agreed form.")
        }
    }
}
