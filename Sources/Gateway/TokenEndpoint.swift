internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Transport
internal import WireProtocol

/// Tickets and revocation.
enum TokenEndpoint {
    static func ticket(_ request: RoutedRequest) {
        request.withPrincipal { principal in
            do throws(Fault) {
                let ticket = try request.services.identity.issueTicket(for: principal)
                request.respond(
                    .created, secret: ["ticket": .string(ticket.reveal()), "expiresInSeconds": 30])
            } catch {
                request.refuse(error)
            }
        }
    }

    /// Revokes the request's own token, or, for who serves the tenant, the one in the body (`{"token":"…"}`). Durable
    /// before it is answered; open sockets of the token end within a second.
    static func revoke(_ request: RoutedRequest) {
        request.withPrincipal { principal in
            do throws(Fault) {
                let target = try target(of: request, principal)
                let activity = request.activity(
                    .revocation, by: principal, of: nil, ["subject": .string(target.subject)])
                let exchange = request.exchange
                request.gateway.revoke(target, .revoked, recording: activity) { fault in
                    exchange.respond(fault.map { HTTPResponse(problem: $0) } ?? HTTPResponse(status: .noContent))
                }
            } catch {
                request.refuse(error)
            }
        }
    }

    private static func target(of request: RoutedRequest, _ principal: Principal) throws(Fault) -> Principal {
        guard !request.request.body.isEmpty else { return principal }
        let body: JSONValue
        do { body = try JSONParser.parse(request.request.body) } catch {
            throw Fault(.malformed, "the body is not JSON")
        }
        guard let text = body["token"], !text.isNull else { return principal }
        guard let token = text.string else { throw Fault(.malformed, "token is a string") }
        let target = try request.services.identity.verify(Secret(token))
        guard target.tenant == principal.tenant,
            target.subject == principal.subject || principal.caller.role.servesTenant
        else { throw Fault(.forbidden, "another subject's token") }
        return target
    }
}
