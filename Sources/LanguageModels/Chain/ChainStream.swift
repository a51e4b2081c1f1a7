internal import Ports
internal import Primitives
internal import Reactor

/// One reply through a chain. Confined to the chain's loop; kept alive by its timers and by the stream it listens to.
final class ChainStream: ModelStream {
    /// The call to one provider.
    private struct Call {
        let index: Int
        let attempt: ProviderHealth.Attempt
        let start: Instant
        var stream: (any ModelStream)?
        var firstToken: Duration?
    }

    private let chain: ModelChain
    private let request: ModelRequest
    private let deadline: Instant
    private var plan: FailoverPlan
    private var receive: ((ModelEvent) -> Void)?
    private var call: Call?
    /// Counts calls, so that what a call that is over still says is not heard.
    private var callNumber = 0
    private var timeout: ScheduledTimer?
    private var wait: ScheduledTimer?
    private var usage: ModelUsage?

    init(chain: ModelChain, request: ModelRequest, _ receive: @escaping (ModelEvent) -> Void) {
        self.chain = chain
        self.request = request
        self.receive = receive
        deadline = chain.loop.time.now.advanced(by: request.timeout)
        plan = FailoverPlan(
            deadline: deadline, maxAttempts: chain.configuration.maxAttempts,
            probeRecheck: chain.configuration.probeRecheck)
    }

    /// Of the call that runs or ran last and cost anything.
    var usageSoFar: ModelUsage? { call?.stream?.usageSoFar ?? usage }

    func begin() {
        guard receive != nil else { return }
        timeout = chain.loop.schedule(after: deadline.since(chain.loop.time.now)) { [self] in expired() }
        proceed()
    }

    func cancel() {
        guard receive != nil else { return }
        receive = nil
        stop(.cancelled)
    }

    /// Does what the plan says next.
    private func proceed() {
        let now = chain.loop.time.now
        switch plan.next(chain.health, at: now) {
        case .attempt(let index): ask(index, at: now)
        case .wait(let until):
            wait = chain.loop.schedule(after: until.since(now)) { [self] in
                wait = nil
                proceed()
            }
        case .fail(let failure): end(.failed(failure, usage))
        }
    }

    private func ask(_ index: Int, at now: Instant) {
        plan.began()
        callNumber += 1
        let number = callNumber
        call = Call(index: index, attempt: chain.health[index].begin(at: now), start: now)
        var request = request
        request.timeout = deadline.since(now)
        let stream = chain.members[index].model.stream(request) { [self] event in
            if number == callNumber { hear(event) }
        }
        call?.stream = stream
    }

    private func hear(_ event: ModelEvent) {
        guard let receive, let call else { return }
        switch event {
        case .text, .toolCall:
            if call.firstToken == nil {
                self.call?.firstToken = chain.loop.time.now.since(call.start)
                chain.health[call.index].succeeded(call.attempt)
            }
            receive(event)
        case .finished(let finish, let usage):
            chain.health[call.index].succeeded(call.attempt)
            close(call, .finished(finish), usage)
            end(event)
        case .failed(let failure, let usage):
            chain.health[call.index].failed(call.attempt, failure, at: chain.loop.time.now)
            close(call, .failed(failure), usage)
            if call.firstToken != nil { return end(event) }
            plan.failed(call.index, failure)
            proceed()
        }
    }

    /// The whole request's time is up, whatever was under way.
    private func expired() {
        timeout = nil
        guard receive != nil else { return }
        let failure = ProviderFailure.transient(.timeout, retryAfter: nil)
        stop(.failed(failure))
        end(.failed(failure, usage))
    }

    /// Ends the call that runs. A provider that brought no token within the whole request's time has failed; one that was
    /// taken back has not.
    private func stop(_ outcome: ModelAttempt.Outcome) {
        timeout?.cancel()
        wait?.cancel()
        wait = nil
        guard let call else { return }
        let usage = call.stream?.usageSoFar
        callNumber += 1
        call.stream?.cancel()
        if case .failed(let failure) = outcome, call.firstToken == nil {
            chain.health[call.index].failed(call.attempt, failure, at: chain.loop.time.now)
        } else {
            chain.health[call.index].abandoned(call.attempt, at: chain.loop.time.now)
        }
        close(call, outcome, usage)
    }

    private func close(_ call: Call, _ outcome: ModelAttempt.Outcome, _ usage: ModelUsage?) {
        self.call = nil
        self.usage = usage ?? self.usage
        guard let observe = chain.configuration.observe else { return }
        let member = chain.members[call.index]
        observe(
            ModelAttempt(
                provider: member.provider, model: usage?.model ?? member.model.model, outcome: outcome,
                firstToken: call.firstToken, duration: chain.loop.time.now.since(call.start), usage: usage))
    }

    private func end(_ event: ModelEvent) {
        guard let receive else { return }
        self.receive = nil
        timeout?.cancel()
        wait?.cancel()
        receive(event)
    }
}
