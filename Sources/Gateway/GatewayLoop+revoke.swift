internal import Authentication
internal import Ports
internal import Primitives
internal import WireProtocol

extension GatewayLoop {
    /// Refuses a token from now on. It is durable first; then no loop of this process takes it any more and what it opened ends;
    /// other processes follow (`RevocationWatch`). The completion runs on this loop.
    func revoke(
        _ target: Principal, _ cause: Revocation.Cause, recording activity: ActivityRow?,
        _ completion: @escaping (Fault?) -> Void
    ) {
        let revocation = Revocation(
            tenant: target.tenant, token: target.tokenIdentifier.text,
            until: target.expires.advanced(by: JWTVerifier.maxSkew), cause: cause)
        own.revocations.revoke(revocation, recording: activity) { [self] failure in
            if failure != nil {
                return completion(Fault(.overloaded, "the store is unavailable", retryAfter: .seconds(1)))
            }
            do throws(Fault) {
                try services.identity.revoke(target.tokenIdentifier, expires: target.expires)
            } catch {
                return completion(error)
            }
            revokeEverywhere(target.tokenIdentifier, cause)
            completion(nil)
        }
    }
}
