"""Results of load tests that never were, as `sala-loadtest` writes them: for tests of what it makes of them."""

import math
import random

KINDS = ("lost", "duplicated", "reordered", "regressed", "stuck", "unbalanced")


def lowest_of_bucket(microseconds):
    """Where the bucket of a value begins: one microsecond wide below 128, then 64 buckets for each doubling."""
    if microseconds < 128:
        return microseconds
    shift = microseconds.bit_length() - 7
    return microseconds >> shift << shift


def histogram(milliseconds):
    values = sorted(round(value * 1000) for value in milliseconds)
    buckets = {}
    for value in values:
        buckets[lowest_of_bucket(value)] = buckets.get(lowest_of_bucket(value), 0) + 1
    return {
        "count": len(values), "unit": "ms", "min": values[0] / 1000 if values else None,
        "max": values[-1] / 1000 if values else None, "sumMicroseconds": sum(values),
        "bucketsMicroseconds": sorted([lowest, count] for lowest, count in buckets.items()),
    }


def percentile(values, share):
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def run(seconds=60, stages=("connect", "message.ok", "message.event", "resume"), slower=1.0, seed=1, **members):
    """A run of the scenario `chat` in which half of the clients were cut off in the middle."""
    chance = random.Random(seed)
    cut = seconds // 2
    series = {
        "interval": 1, "seconds": list(range(1, seconds + 1)),
        "columns": {name: [] for name in (
            "sent", "acknowledged", "delivered", "errors", "connections", "serverCPU", "serverMemory", "generatorCPU", "lateness")},
        "stages": {stage: {"p50": [], "p99": []} for stage in stages},
    }
    values = {stage: [] for stage in stages}
    for second in range(1, seconds + 1):
        hurt = cut <= second < cut + 4
        rate = 400 * (0.6 if hurt else 1) + chance.gauss(0, 12)
        row = {
            "sent": 400, "acknowledged": rate, "delivered": rate * 3, "errors": 50 if second == cut else 0,
            "connections": min(1000, second * 250) * (0.5 if second == cut else 1),
            "serverCPU": 0.45 + (0.5 if hurt else 0) + chance.gauss(0, 0.03), "serverMemory": 96 + second * 0.2,
            "generatorCPU": 0.2 + chance.gauss(0, 0.01), "lateness": 0.3 + abs(chance.gauss(0, 0.2)),
        }
        for name, value in row.items():
            series["columns"][name].append(round(value, 3))
        for index, stage in enumerate(stages):
            only_then = {"connect": second <= 4, "resume": hurt}.get(stage, True)
            now = [
                slower * (1.5 + index) * math.exp(chance.gauss(0, 0.5)) * (12 if hurt else 1) for _ in range(300)
            ] if only_then else []
            values[stage] += now
            series["stages"][stage]["p50"].append(round(percentile(now, 0.5), 3) if now else None)
            series["stages"][stage]["p99"].append(round(percentile(now, 0.99), 3) if now else None)
    return {
        "format": "sala-loadtest/1",
        "scenario": {
            "name": "chat", "title": "People who write, read, stop and reload", "seconds": seconds, "warmupSeconds": 3,
            "drainSeconds": 15,
            "groups": [{
                "name": "people", "behaviour": "chat", "connections": 1000, "sessions": 64,
                "connect": {"shape": "constant", "rate": 250}, "arrivals": {"shape": "poisson", "rate": 400},
                "settings": {"messageBytes": 80, "mix": {"write": 8, "read": 1, "reload": 1}}}],
            "faults": [{"at": cut, "do": "cut", "share": 0.5, "group": "people"}],
            "limits": {"message.ok": {"p99": 40}},
        },
        "startedAt": "2026-03-01T12:00:00Z", "seconds": seconds, "target": "wss://sala.example",
        "command": ["sala-loadtest", "run", "chat", "--target", "wss://sala.example", "--duration", f"{seconds}s"],
        "machine": {
            "cores": 2, "kernel": "Linux 6.1.0", "processor": "An ordinary processor @ 2.40GHz", "memoryMiB": 7960,
            "loadAverage": [0.42, 0.31, 0.2]},
        "server": {"pid": 4711, "version": "1.2.3"},
        "generator": {
            "processes": 1, "cpu": 0.2, "lateness": histogram([0.1 + abs(chance.gauss(0, 0.3)) for _ in range(500)]),
            "isBottleneck": False, "why": []},
        "stages": {stage: histogram(values[stage]) for stage in stages},
        "totals": {"sent": 400 * seconds, "acknowledged": 390 * seconds, "delivered": 1170 * seconds, "errors": 50},
        "errors": {"closed 4503": 38, "fault 2429": 11, "connect: refused": 1},
        "series": series,
        "events": [{"at": cut, "what": "cut half of people"}, {"at": cut + 4, "what": "everybody is back"}],
        "figures": {"server bytes a connection": 21437.5},
        "oracle": {"checks": 93600, **{kind: 0 for kind in KINDS}, "findings": []},
        "limits": [{"stage": "message.ok", "percentile": "p99", "limit": 40, "measured": 38.2, "isMet": True}],
        "verdict": "passed", "failures": [], **members,
    }


def failed_run(**members):
    """A run in which everything went wrong that can be shown."""
    finding = {
        "kind": "lost", "session": "conversation/c_0123456789abcdef0123456789abcdef",
        "detail": "acknowledged as offset 1042 and never seen by watcher 7, who saw 1041 and 1043",
        "journal": [{"offset": offset, "name": "message.created"} for offset in (1041, 1042, 1043)],
    }
    base = run(**members)
    base["oracle"] = {
        "checks": 93600, **{kind: 0 for kind in KINDS}, "lost": 3, "stuck": 1, "findings": [finding, {**finding, "kind": "stuck"}]}
    base["limits"].append({"stage": "resume", "percentile": "p99", "limit": 20, "measured": 412.5, "isMet": False})
    base["failures"] = ["resume p99 was 412.5 ms; the scenario allows 20 ms.", "3 lost; none may be.", "1 stuck; none may be."]
    base["verdict"] = "failed"
    base["generator"].update(isBottleneck=True, why=["It used 0.97 of a core.", "It was 8.2 ms late (p99)."])
    return base


def empty_run():
    """A run in which nothing was measured."""
    base = run(seconds=10, stages=())
    base["series"] = {"interval": 1, "seconds": [], "columns": {}, "stages": {}}
    base.update(
        totals={}, errors={}, events=[], figures={}, limits=[], server={}, machine={},
        oracle={"checks": 0, **{kind: 0 for kind in KINDS}, "findings": []})
    base["generator"] = {"processes": 1, "cpu": None, "lateness": histogram([]), "isBottleneck": False, "why": []}
    return base
