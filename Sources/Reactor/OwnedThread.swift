internal import CLinux
internal import Glibc

/// A POSIX thread with a name that runs one closure, and is joined by who started it.
package final class OwnedThread: Sendable {
    /// What the new thread takes over.
    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private let thread: pthread_t

    /// `name`: at most 15 bytes.
    package init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(name, body))
        // The thread owns one reference and gives it back when the closure returns.
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                sala_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard status == 0 else {
            start.release()
            throw SystemError(status)
        }
        self.thread = thread
    }

    /// Waits until the closure has returned. Once.
    package func join() { pthread_join(thread, nil) }
}
