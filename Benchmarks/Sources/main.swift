import Glibc

do {
    let isLean = try allocationBenchmark()
    let isFast = try journalBenchmark()
    exit(isLean && isFast ? 0 : 1)
} catch {
    print("benchmark failed: \(error)")
    exit(1)
}
