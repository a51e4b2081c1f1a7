import Glibc

do {
    exit(try journalBenchmark() ? 0 : 1)
} catch {
    print("benchmark failed: \(error)")
    exit(1)
}
