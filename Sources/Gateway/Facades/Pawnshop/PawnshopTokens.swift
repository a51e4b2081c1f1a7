internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Reactor
internal import Transport
internal import WireProtocol

/// Pawn Shop's tokens where they meet Sala: a bearer's token becomes a cookie, says who its bearer is, and is given back. Who may
/// have one is the platform's: its own login makes them.
///
/// Attempts are counted as the platform's login counts its own, for each client address and person (`TokenAttempts`).
enum PawnshopTokens {
    /// Other names under which the document's parts have the token's cookie; none is read but the first, all are taken back.
    static let cookieNames = [TokenExtraction.cookieName, "token"]
    /// A cookie lives as long as its token, a day at most.
    static let maxCookieSeconds: Int64 = 86_400

    static func logout(_ routed: RoutedRequest, _ tenant: String) throws(PawnshopRefusal) {
        let cookies = cookieNames.map { cookie($0, "", seconds: 0) }
        let envelope = PawnshopEnvelope(routed)
        let bearer: Principal
        do throws(PawnshopRefusal) {
            // Who gives back a good token has guessed nothing: it is taken however often that was.
            bearer = try attempt(routed, tenant, isRefusable: false).bearer
        } catch {
            // Whatever that cookie was, the browser is to forget it.
            return envelope.refuse(error, cookies: error.status == .unauthorized ? cookies : [])
        }
        let activity = routed.activity(.logout, by: bearer, of: nil)
        routed.gateway.revoke(bearer, .loggedOut, recording: activity) { fault in
            if let fault { return envelope.refuse(PawnshopRefusal(fault)) }
            envelope.succeed("Logout successful", .null, cookies: cookies)
        }
    }

    /// Gives the bearer's token as a cookie of this host, for pages whose platform gave it to them on another one.
    static func session(_ routed: RoutedRequest, _ tenant: String) throws(PawnshopRefusal) {
        let (bearer, token) = try attempt(routed, tenant, isRefusable: true)
        let now = routed.exchange.loop.time.wallClock
        let left = bearer.expires.seconds - now.seconds
        PawnshopEnvelope(routed).succeed(
            "Login successful", ["userId": PawnshopEnvelope.id(bearer.subject)],
            cookies: [cookie(TokenExtraction.cookieName, token.reveal(), seconds: min(max(left, 0), maxCookieSeconds))])
    }

    static func me(_ routed: RoutedRequest, _ tenant: String) throws(PawnshopRefusal) {
        let bearer: Principal
        do throws(Fault) {
            guard let found = try routed.token() else { throw Fault(.unauthenticated) }
            bearer = try routed.admit(routed.services.identity.verify(found.token), of: tenant)
        } catch {
            // Pages ask it whenever they are loaded: a good token is no attempt here.
            throw refusal(of: error, routed, tenant, person: "")
        }
        PawnshopEnvelope(routed).succeed("Current user retrieved successfully", person(bearer))
    }

    // MARK: Attempts

    /// The bearer and the token, counted as an attempt of that person. Throws what is wrong with the token, or, when there were too
    /// many, 429.
    private static func attempt(
        _ routed: RoutedRequest, _ tenant: String, isRefusable: Bool
    ) throws(PawnshopRefusal) -> (bearer: Principal, token: Secret) {
        var person = ""
        let found: (bearer: Principal, token: Secret)
        do throws(Fault) {
            guard let token = try routed.token()?.token else { throw Fault(.unauthenticated) }
            let known = try routed.services.identity.known(token)
            person = known.standing?.email ?? known.subject
            found = (try routed.admit(routed.services.identity.verify(token), of: tenant), token)
        } catch {
            throw refusal(of: error, routed, tenant, person: person)
        }
        if let wait = take(routed, tenant, person), isRefusable { throw tooMany(wait, routed) }
        return found
    }

    private static func refusal(
        of fault: Fault, _ routed: RoutedRequest, _ tenant: String, person: String
    ) -> PawnshopRefusal {
        // Without a token nothing is tried, and one that is over, or not for this, was good.
        if fault == Fault(.unauthenticated) { return .noToken }
        let isAttempt = fault.code == .unauthenticated || fault.code == .revoked
        if isAttempt, let wait = take(routed, tenant, person) { return tooMany(wait, routed) }
        return PawnshopRefusal(fault)
    }

    private static func take(_ routed: RoutedRequest, _ tenant: String, _ person: String) -> Duration? {
        routed.gateway.limits?.tokenAttempts.take(
            from: CountedAddress(routed.exchange.peerAddress), tenant: tenant, person: person)
    }

    private static func tooMany(_ wait: Duration, _ routed: RoutedRequest) -> PawnshopRefusal {
        routed.gateway.observer.refused(.rate)
        let limits = routed.gateway.configuration.clients
        let minutes = limits.tokenAttemptPeriod.components.seconds / 60
        return PawnshopRefusal(
            .tooManyRequests, "RATE_LIMIT_EXCEEDED", "Too many requests",
            "Maximum \(limits.tokenAttempts) attempts per \(minutes) minutes allowed",
            retryAfterSeconds: max(1, (wait.wholeMillisecondsRoundedUp + 999) / 1_000))
    }

    // MARK: Forms

    private static func cookie(_ name: String, _ value: String, seconds: Int64) -> String {
        "\(name)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; Secure; SameSite=Strict"
    }

    /// What the token says; what only the platform knows is null.
    private static func person(_ bearer: Principal) -> JSONValue {
        let standing = bearer.standing
        func named(_ names: Set<String>?) -> JSONValue {
            .array((names ?? []).sorted().map { ["name": .string($0)] })
        }
        return [
            "id": PawnshopEnvelope.id(bearer.subject), "email": JSONValue(standing?.email),
            "fullName": JSONValue(standing?.name), "phoneNumber": .null, "profileUrl": .null,
            // The platform gives tokens to nobody else, and one that it took back is refused.
            "status": "ACTIVE",
            "lastLoginAt": .null, "branchId": .null, "branch": .null,
            "role": [
                "id": .null, "name": .string(bearer.role.rawValue), "permissions": named(standing?.permissions),
                "menuPermissions": named(standing?.menus),
            ],
        ]
    }
}
