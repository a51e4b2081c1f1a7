#!/usr/bin/env python3
"""How long it takes from a payment gateway's webhook to the frame on a subscriber's socket, and how many a second are sustained.

Starts `sala dev` (release) on a fresh store, with stand-ins that answer at once. For each run it makes payments and paid charges at the
Omise stand-in, subscribes to every payment, then sends one signed webhook a payment at a steady rate, as due by the clock: what comes
late counts from when it was due. The latency ends when the frame that says `accepted` is read, so it has the question to the gateway
and two commits in it. Everything, PostgreSQL, the stand-ins and this script included, runs on this machine's cores.

Needs the Python package `websockets` (.venv, which `make test` makes, has it).
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from websockets.asyncio.client import connect

ROOT = pathlib.Path(__file__).resolve().parent.parent
TENANT = "jeco"
AMOUNT = 34_500
# Subscriptions of one socket; the server allows 128.
SUBSCRIPTIONS = 100


class Pool:
    """Keep-alive HTTP connections; a request waits for one that is free."""

    def __init__(self, address, size):
        self.host, self.port = address.removeprefix("http://").split(":")
        self.free = asyncio.Queue()
        for _ in range(size):
            self.free.put_nowait(None)

    async def call(self, method, path, headers, body):
        pair = await self.free.get()
        try:
            pair = pair or await asyncio.open_connection(self.host, int(self.port))
            reader, writer = pair
            head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Length: {len(body)}\r\n"
            head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            lines = answer.decode().lower()
            size = int(lines.split("content-length:")[1].split("\r\n")[0])
            content = await reader.readexactly(size)
            return int(answer.split(b" ", 2)[1]), content
        except BaseException:
            pair = None
            raise
        finally:
            self.free.put_nowait(pair)


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


class Run:
    def __init__(self, dev, rate, seconds):
        self.dev, self.rate, self.count = dev, rate, max(1, int(rate * seconds))
        self.prefix = f"b{int(time.time())}-{int(rate)}-"
        self.server = Pool(dev["http"], 64)
        self.standins = Pool(dev["standins"], 16)
        self.charges, self.sent, self.latencies, self.statuses = {}, {}, [], {}
        self.done = asyncio.Event()

    async def make(self, number):
        payment = f"{self.prefix}{number}"
        service = {"Authorization": "Bearer " + self.dev["tokens"][TENANT]["service"], "Content-Type": "application/json"}
        facts = {"payer": "u_1", "method": "card", "gateway": "omise", "amount": "345.00", "expiresInSeconds": 3600}
        status, text = await self.server.call(
            "PUT", f"/v1/sessions/payment/{payment}", service, json.dumps(facts).encode())
        assert status == 201, text
        key = base64.b64encode((self.dev["apiKeys"]["omise"] + ":").encode()).decode()
        order = {"amount": AMOUNT, "currency": "thb", "card": "tokn_test_bench", "metadata": {"payment_id": payment}}
        status, text = await self.standins.call(
            "POST", "/omise/charges", {"Authorization": "Basic " + key, "Content-Type": "application/json"},
            json.dumps(order).encode())
        charge = json.loads(text)
        assert status == 200 and charge["paid"], text
        self.charges[payment] = charge

    async def watch(self, payments, ready):
        token = self.dev["tokens"][TENANT]["staff"]
        async with connect(
            self.dev["http"].replace("http", "ws", 1) + "/v1/socket", subprotocols=["sala.v1.json"], compression=None,
            ping_interval=None, proxy=None,
        ) as socket:
            subscribe = [{"session": f"payment/{payment}"} for payment in payments]
            await socket.send(json.dumps({"type": "hello", "token": token, "subscribe": subscribe}))
            left, waiting = len(payments), len(payments)
            async for text in socket:
                now = time.perf_counter()
                if '"type":"snapshot"' in text:
                    waiting -= 1
                    if not waiting:
                        ready.set()
                elif '"status.changed"' in text:
                    frame = json.loads(text)
                    self.latencies.append((now - self.sent[frame["session"].removeprefix("payment/")]) * 1_000)
                    left -= 1
                    if not left:
                        return

    async def hook(self, payment, due):
        self.sent[payment] = due
        event = {
            "object": "event", "id": f"evnt_test_{payment}", "livemode": False, "location": "/events/x",
            "webhook_deliveries": [], "data": self.charges[payment], "key": "charge.complete",
            "created_at": "2026-11-21T03:00:00Z",
        }
        body = json.dumps(event).encode()
        stamp = str(int(time.time()))
        code = hmac.digest(base64.b64decode(self.dev["secrets"]["omise"]), stamp.encode() + b"." + body, hashlib.sha256)
        status, _ = await self.server.call(
            "POST", f"/webhooks/{TENANT}/omise",
            {"Content-Type": "application/json", "Omise-Signature": code.hex(), "Omise-Signature-Timestamp": stamp}, body)
        self.statuses[status] = self.statuses.get(status, 0) + 1

    async def run(self):
        payments = [f"{self.prefix}{number}" for number in range(self.count)]
        for first in range(0, self.count, 64):
            await asyncio.gather(*(self.make(number) for number in range(first, min(first + 64, self.count))))
        watchers, ready = [], []
        for first in range(0, self.count, SUBSCRIPTIONS):
            ready.append(asyncio.Event())
            watchers.append(asyncio.create_task(self.watch(payments[first : first + SUBSCRIPTIONS], ready[-1])))
            await ready[-1].wait()
        hooks, start = [], time.perf_counter()
        for number, payment in enumerate(payments):
            due = start + number / self.rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            hooks.append(asyncio.create_task(self.hook(payment, due)))
        await asyncio.gather(*hooks)
        took = time.perf_counter() - start
        done, late = await asyncio.wait(watchers, timeout=60)
        for task in late:
            task.cancel()
        print(
            f"{self.rate:6g}/s: {self.count} webhooks in {took:5.1f} s ({self.count / took:5.1f}/s), answers {self.statuses}, "
            f"accepted {len(self.latencies)}; webhook to frame p50 {percentile(self.latencies, .5):6.1f} "
            f"p95 {percentile(self.latencies, .95):6.1f} p99 {percentile(self.latencies, .99):6.1f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / ".build/release/sala"))
    parser.add_argument("--port", type=int, default=9720)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rates", default="50,100,200,500", help="payments a second, one run each")
    options = parser.parse_args()
    data = pathlib.Path(tempfile.mkdtemp(prefix="sala-payments-"))
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
        asyncio.run(Run(dev, 50, 2).run())
        for rate in options.rates.split(","):
            asyncio.run(Run(dev, float(rate), options.seconds).run())
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
