/// What the operating system says of the process. Nil: it does not say.
package struct ProcessFigures: Sendable {
    package var memoryBytes: Int64?
    /// Of the machine.
    package var machineMemoryBytes: Int64?
    /// That its threads used since the start.
    package var cpuSeconds: Double?

    package init(memoryBytes: Int64? = nil, machineMemoryBytes: Int64? = nil, cpuSeconds: Double? = nil) {
        self.memoryBytes = memoryBytes
        self.machineMemoryBytes = machineMemoryBytes
        self.cpuSeconds = cpuSeconds
    }
}
