#!/usr/bin/env python3
"""How the server's cost grows with connections, sessions, subscribers and the size of a message.

Each point is a run of `sala-loadtest` against a fresh server of its own (release builds; build both first). A line is fitted through
the points by least squares; its slope is what one more costs, `r2` how well a line describes it. Results go to results/curves.json,
plots to docs/plots/*.svg. Usage: scripts/cost-curves.py [--only NAME]... [--quick]
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLIENT = os.environ.get("LOADTEST_COMMAND", ROOT / ".build/release/sala-loadtest")
SERVER = os.environ.get("SALA_COMMAND", ROOT / ".build/release/sala")
SECONDS = 10
WARMUP = 2
# The server asks who is silent every 25 s.
IDLE_WARMUP = 27


def crowd(connections, sessions, warmup=WARMUP):
    return {"name": "crowd", "warmup": warmup, "behaviour": "idle", "connections": connections, "sessions": sessions,
            "connect": {"shape": "constant", "rate": 800}}


def stage(connections, rate, size=80):
    return {"name": "stage", "behaviour": "fanout", "connections": connections,
            "connect": {"shape": "constant", "rate": 800},
            "arrivals": {"shape": "constant", "rate": rate}, "settings": {"messageBytes": size}}


def memory(run):
    """MiB by which the server grew."""
    bytes_each = run["figures"]["server bytes a connection"]
    return bytes_each * run["scenario"]["groups"][0]["connections"] / 2**20


def measured(run, column):
    """What the column has for the seconds of the measured part."""
    when = {event["what"]: event["at"] for event in run["events"]}
    begin, end = when["measuring begins"], when["measuring ends"]
    series = run["series"]
    return [value for second, value in zip(series["seconds"], series["columns"][column])
            if value is not None and begin + 1 <= second <= end]


def resident(run):
    """MiB that the server has in all: sessions are made before the first connection comes."""
    return statistics.median(measured(run, "serverMemory"))


def processor(run):
    """Milliseconds of one core that the server needed in a second of the measured part."""
    return 1000 * statistics.fmean(measured(run, "serverCPU"))


# name: title, x, y, unit of the slope, factor from y per x to it, group of a point, points, what is measured
CURVES = {
    "connections": (
        "Memory by connections (all idle, 64 sessions)", "connections", "MiB", "bytes a connection", 2**20,
        lambda n: crowd(n, 64), [1000, 2500, 5000, 10000, 15000], memory),
    "connections-cpu": (
        "Processor time by connections (all idle)", "connections", "ms of a core each second",
        "µs of a core a connection and second", 1000, lambda n: crowd(n, 64, IDLE_WARMUP),
        [1000, 2500, 5000, 10000, 15000], processor),
    "sessions": (
        "Memory by live sessions (10,000 connections)", "sessions", "MiB", "bytes a session", 2**20,
        lambda n: crowd(10000, n), [10, 2500, 5000, 7500, 10000], resident),
    "subscribers": (
        "Processor time by subscribers of one session (5 messages a second)", "subscribers", "ms of a core each second",
        "µs a delivery", 1000 / 5, lambda n: stage(n, 5), [10, 1000, 2500, 5000, 7500, 10000], processor),
    "message-size": (
        "Processor time by message size (50 messages a second to 300 subscribers)", "bytes", "ms of a core each second",
        "ns a delivered byte", 1e6 / (50 * 300), lambda n: stage(300, 50, n), [64, 2000, 4000, 8000, 12000, 16000], processor),
}


def run(group, name):
    """The results of one run."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = pathlib.Path(folder) / "point.json"
        group = dict(group)
        warmup = group.pop("warmup", WARMUP)
        scenario.write_text(json.dumps({
            "name": "point", "title": name, "seconds": SECONDS, "warmupSeconds": warmup, "drainSeconds": 15, "groups": [group]}))
        done = subprocess.run(
            [CLIENT, "run", scenario, "--serve", "--sala", SERVER, "--out", folder + "/out"], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            sys.exit(f"{name}: the run failed\n{done.stdout}")
        return json.loads((pathlib.Path(folder) / "out/results.json").read_text())


def line(points):
    """Slope, the value at 0, and r² of the line through the points."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    slope, start = statistics.linear_regression(xs, ys)
    return slope, start, statistics.correlation(xs, ys) ** 2


def pretty(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def plot(title, x_name, y_name, points, slope, start, says):
    """A picture of its own, for light and dark pages."""
    width, height, left, bottom, top = 640, 320, 64, 48, 44
    x_most, y_most = max(x for x, _ in points), max(max(y for _, y in points), start + slope * max(x for x, _ in points)) * 1.1

    def at(x, y):
        return left + (width - left - 24) * x / x_most, height - bottom - (height - bottom - top) * y / y_most

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f"<title>{title}: {says}</title>",
        '<style>text{fill:#333}.g{stroke:#8884}.l{stroke:#2a6fdb;stroke-width:2}circle{fill:#c2410c}'
        "@media(prefers-color-scheme:dark){text{fill:#ddd}.l{stroke:#7fb0ff}circle{fill:#fdba74}}</style>",
        f'<text x="{left}" y="18" font-size="14">{title}</text><text x="{left}" y="35">{says}</text>',
    ]
    for step in range(5):
        x, y = x_most * step / 4, y_most * step / 4
        (x_at, floor), (_, y_at) = at(x, 0), at(0, y)
        parts.append(f'<path class="g" d="M{left} {y_at:.1f}H{width - 24}"/>'
                     f'<text x="{left - 8}" y="{y_at + 4:.1f}" text-anchor="end">{pretty(y)}</text>'
                     f'<text x="{x_at:.1f}" y="{floor + 18:.1f}" text-anchor="middle">{x:,.0f}</text>')
    (x1, y1), (x2, y2) = at(0, max(start, 0)), at(x_most, start + slope * x_most)
    parts.append(f'<path class="l" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>')
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in (at(*point) for point in points)]
    parts.append(f'<text x="{width - 24}" y="{height - 8}" text-anchor="end">{x_name}</text>'
                 f'<text x="{left - 56}" y="{top - 6}">{y_name if len(y_name) < 5 else ""}</text></svg>')
    return "\n".join(parts) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=CURVES, help="this curve; may be repeated")
    parser.add_argument("--quick", action="store_true", help="the first three points of each: to see that it works")
    options = parser.parse_args()
    results, runs = {}, {}
    for name in options.only or CURVES:
        title, x_name, y_name, unit, factor, group, counts, value = CURVES[name]
        points = []
        for count in counts[:3] if options.quick else counts:
            key = json.dumps(group(count))
            if key not in runs:
                runs[key] = run(group(count), f"{name}, {count}")
            points.append((count, value(runs[key])))
            print(f"{name:16} {count:7,} {points[-1][1]:10.2f} {y_name}", flush=True)
        slope, start, fit = line(points)
        says = f"{pretty(slope * factor)} {unit} (r² {fit:.3f})"
        print(f"{name:16} {says}", flush=True)
        results[name] = {"points": points, "slope": slope * factor, "unit": unit, "at0": start, "r2": fit}
        if not options.quick:
            folder = ROOT / "docs/plots"
            folder.mkdir(exist_ok=True)
            (folder / f"{name}.svg").write_text(plot(title, x_name, y_name, points, slope, start, says))
    folder = ROOT / "results"
    folder.mkdir(exist_ok=True)
    kept = folder / "curves.json"
    known = json.loads(kept.read_text()) if kept.exists() else {}
    kept.write_text(json.dumps(known | results, indent=1) + "\n")


if __name__ == "__main__":
    main()
