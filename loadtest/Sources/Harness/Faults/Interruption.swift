internal import CLinux
internal import Glibc
internal import Reactor

/// SIGINT, SIGTERM and SIGHUP, read by the driver's loop instead of ending the process in the middle of something.
final class Interruption: Pollable {
    private let descriptor: Int32
    private let interrupted: (Int32) -> Void

    /// `interrupted` gets the signal's number, in a turn of the loop. The signals stay blocked for the process's life.
    init(on loop: EventLoop, _ interrupted: @escaping (_ signal: Int32) -> Void) throws(LoadFailure) {
        self.interrupted = interrupted
        _ = sala_block_signals()
        descriptor = sala_signal_descriptor()
        guard descriptor >= 0 else { throw LoadFailure(.unavailable, "no signals: \(SystemError(-descriptor))") }
        do throws(SystemError) {
            // For as long as the loop lives: it holds us.
            _ = try loop.register(descriptor, for: .readable, self)
        } catch {
            throw LoadFailure(.unavailable, "no signals: \(error)")
        }
    }

    deinit { close(descriptor) }

    func becomeReady(_ readiness: Readiness) {
        let signal = sala_read_signal(descriptor)
        if signal != 0 { interrupted(signal) }
    }
}
