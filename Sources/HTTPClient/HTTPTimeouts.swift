/// How long each part of one transfer may take. The client enforces them with the loop's timers.
package struct HTTPTimeouts: Sendable, Equatable {
    /// From the start until the request can be written: waiting for a free connection to the host, name resolution, TCP and
    /// TLS. A healthy provider needs under half a second, so 3 s tells a dead one early enough to ask another.
    package var connect: Duration
    /// From then until the first byte of the answer: the provider's own thinking time before it says anything.
    package var firstByte: Duration
    /// The longest gap between two pieces of the answer. Time that the consumer itself held the transfer does not count.
    package var idle: Duration
    /// From the start to the end of the answer, whatever happens, pauses included.
    package var total: Duration

    package init(
        connect: Duration = .seconds(3), firstByte: Duration = .seconds(10), idle: Duration = .seconds(10),
        total: Duration = .seconds(30)
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.idle = idle
        self.total = total
    }
}
