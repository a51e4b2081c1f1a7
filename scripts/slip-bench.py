#!/usr/bin/env python3
"""How long a slip takes from LINE's webhook to the credit, and how many a second are sustained.

Starts `sala dev` (release) on a fresh store, with stand-ins that answer at once, and has the LINE stand-in send webhooks at a steady
rate to four LINE accounts. Latencies are read from the sessions' logs: from `slip.received` to `slip.credited`, by the server's clock,
to the millisecond; and from the stand-in, which clocks each webhook until its answer. Everything, PostgreSQL, the drawing of the
slips and this script included, runs on this machine's cores.
"""

import argparse
import json
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
ACCOUNTS = ["oa-1", "oa-2", "oa-3", "oa-4"]


def call(url, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


def milliseconds(start, end):
    def parse(text):
        from datetime import datetime

        return datetime.fromisoformat(text).timestamp()

    return (parse(end) - parse(start)) * 1000


class Load:
    """Sends `kind` events at `rate` a second for `seconds`; each sender waits for its answer."""

    def __init__(self, dev, rate, seconds, kind, users, senders=32):
        self.dev, self.kind, self.users = dev, kind, users
        self.answers, self.failures = [], []
        self.due = queue.Queue()
        threads = [threading.Thread(target=self.send) for _ in range(senders)]
        for thread in threads:
            thread.start()
        start = time.monotonic()
        for number in range(int(rate * seconds)):
            time.sleep(max(0, start + number / rate - time.monotonic()))
            self.due.put(number)
        for _ in threads:
            self.due.put(None)
        for thread in threads:
            thread.join()
        self.seconds = time.monotonic() - start

    def send(self):
        while (number := self.due.get()) is not None:
            try:
                answer = call(
                    self.dev["standins"] + "/_control/line/webhook",
                    {
                        "tenant": "company_a", "oa": ACCOUNTS[number % len(ACCOUNTS)], "type": self.kind,
                        "amount": 100 + number % 900, "user": "U%032x" % (number % self.users),
                    },
                )
                (self.answers if answer["status"] == 200 else self.failures).append(answer)
            except Exception as error:  # noqa: BLE001 - counted, and shown
                self.failures.append(str(error))


def log_of(dev, account, after):
    token = dev["tokens"]["company_a"]["staff"]
    events = []
    while after is not None:
        page = call(f"{dev['http']}/v1/sessions/line-oa/{account}/log?after={after}&limit=500", token=token)
        events += page["events"]
        after = page["next"]
    return events


def credits(dev, starts):
    """Latencies of the credited slips since `starts`, and how many have come and not ended."""
    latencies, open_slips = [], 0
    for account in ACCOUNTS:
        received = {}
        for event in log_of(dev, account, starts.get(account, 0)):
            transaction = event["data"].get("transaction")
            if event["name"] == "slip.received":
                received[transaction] = event["at"]
            elif event["name"] == "slip.credited":
                latencies.append(milliseconds(received.pop(transaction), event["at"]))
            elif event["name"] in ("slip.duplicate", "slip.failed", "slip.review"):
                received.pop(transaction, None)
        open_slips += len(received)
    return latencies, open_slips


def offsets(dev):
    token = dev["tokens"]["company_a"]["staff"]
    found = {}
    for account in ACCOUNTS:
        try:
            found[account] = call(f"{dev['http']}/v1/sessions/line-oa/{account}", token=token)["offset"]
        except urllib.error.HTTPError:
            found[account] = 0
    return found


def run(dev, name, rate, seconds, users, kind="slip"):
    starts = offsets(dev)
    load = Load(dev, rate, seconds, kind, users)
    deadline = time.monotonic() + 120
    while True:
        latencies, left = credits(dev, starts)
        if not left or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    webhooks = [answer["ms"] for answer in load.answers]
    print(
        f"{name:<28} sent {len(load.answers):5} in {load.seconds:5.1f} s ({len(load.answers) / load.seconds:5.1f}/s), "
        f"failed {len(load.failures)}; webhook p50 {percentile(webhooks, .5):5.1f} p99 {percentile(webhooks, .99):6.1f} ms"
        + (
            f"; credited {len(latencies)}, left {left}; to credit p50 {percentile(latencies, .5):6.1f} "
            f"p99 {percentile(latencies, .99):7.1f} ms"
            if kind == "slip" else ""
        ),
        flush=True,
    )
    if load.failures:
        print("    first failure:", str(load.failures[0])[:200])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / ".build/release/sala"))
    parser.add_argument("--port", type=int, default=9700)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rates", default="5,50,100", help="slips a second, one run each")
    parser.add_argument("--webhooks", type=float, default=200, help="text webhooks a second")
    parser.add_argument("--users", type=int, default=500)
    options = parser.parse_args()
    data = pathlib.Path(tempfile.mkdtemp(prefix="sala-slips-"))
    log = open(data / "output", "w")
    server = subprocess.Popen(
        [options.binary, "dev", "--port", str(options.port), "--data", str(data / "data")], stdout=log, stderr=log)
    try:
        document = data / "data/dev.json"
        for _ in range(600):
            if document.exists() or server.poll() is not None:
                break
            time.sleep(0.1)
        if not document.exists():
            sys.exit("sala dev did not start:\n" + (data / "output").read_text()[-2000:])
        dev = json.loads(document.read_text())
        run(dev, "warming up", 20, 3, options.users)
        for rate in options.rates.split(","):
            run(dev, f"{rate} slips a second", float(rate), options.seconds, options.users)
        run(dev, f"{options.webhooks:g} webhooks a second", options.webhooks, options.seconds, options.users, "text")
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
