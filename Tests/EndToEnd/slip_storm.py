"""The slip storm: customers send slips to several LINE accounts of one tenant, some of them twice at the same moment, slip services fail
now and then, the server and its PostgreSQL are killed with -9, and in the end the sums must hold. `scripts/slip-storm.py` runs it at full size,
`test_slip_storm.py` at a tenth.

LINE, the slip services and the back end are the stand-ins, in a process that outlives the server (`sala standins`). The storm does what
LINE does: what was not answered with 2xx is delivered again. And what staff do: a slip in review is sent on its way again.

What must hold in the end (Protocol/README.md, Promises):

- lost: every event that was answered with 200 is in its account's log, once;
- open: every slip is final;
- duplicates: no transfer was credited twice, in the logs or in the back end's ledger;
- money: for each transfer, and in sum, what the logs credited is what the ledger has, to the satang;
- told: nobody was told twice, that a slip came or what became of it;
- wrong: a slip with another end than it must have: of one transfer's slips one is credited, the others are duplicates.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from conftest import SalaDev, free_port, request, wait_for
from store import kill_postgres, postmaster_pid

TENANT = "company_a"
ACCOUNTS = ("oa-1", "oa-2", "oa-3", "oa-4")
FINAL = {"slip.credited": "credited", "slip.duplicate": "duplicate", "slip.failed": "failed"}
# Webhooks on their way at once.
SENDERS = 16
# Seconds between two deliveries of an event that had no 2xx.
REDELIVERY = 0.3
# Seconds that an event may go without a 2xx: a server that was killed is back long before.
DELIVERY_TIMEOUT = 120
# Seconds from the last delivery until every slip is final. An order that a crash left open is asked about after 30 s, and sent
# again when it was absent twice, a minute apart; a step that failed waits 30 s, 2 min and 5 min.
QUIET_TIMEOUT = 900
# How often staff send one slip on its way again before it counts as open.
MAX_RETRIES = 10
LOG_PAGE = 500
MAX_EXAMPLES = 20
# What the messages begin with, in the words of Sources/LineAccounts/Notices.
RECEIPT, CREDIT, DUPLICATE = "ได้รับสลิปแล้ว", "เติมเครดิต ", "สลิปนี้เคยส่งเข้ามา"


@dataclass
class Options:
    slips: int = 1000
    users: int = 50
    # The share of the slips that show a transfer of another slip, and of the slip services' calls that fail.
    duplicates: float = 0.1
    failures: float = 0.05
    # How often each of the two is killed.
    kills: int = 3
    # Seconds over which the slips are sent.
    seconds: float = 30
    seed: int = 1


@dataclass(frozen=True)
class Order:
    """One photo: who sends it where, and the transfer that it shows. `payer`: the user of the back end who made that."""

    user: str
    account: str
    reference: str
    payer: dict = field(hash=False)
    amount: Decimal

    @property
    def bank(self):
        return self.payer["bank"]

    def control(self):
        """As `POST /_control/line/webhook` wants it."""
        return {
            "tenant": TENANT, "oa": self.account, "type": "slip", "user": self.user, "amount": float(self.amount),
            "payload": mini_qr(self.bank, self.reference),
            # Another person may send the photo; it shows the same payer.
            "sender": {"nameTh": self.payer["fullname"], "account": self.payer["bankAccount"], "bank": self.bank},
        }


@dataclass
class Delivery:
    """What became of an order's webhook."""

    order: Order
    event: str
    message: str
    deliveries: int


@dataclass
class Sums:
    """What must be zero, with examples; and what must not be, or the storm has shown nothing."""

    lost: int = 0
    open: int = 0
    duplicates: int = 0
    money: int = 0
    told: int = 0
    wrong: int = 0
    examples: list = field(default_factory=list)
    slips: int = 0
    credited: int = 0
    satang: int = 0
    redelivered: int = 0
    retried: int = 0
    reconciled: int = 0
    messages: int = 0
    kills: int = 0
    seconds: float = 0

    def add(self, kind, what):
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(f"{kind}: {what}")

    @property
    def hold(self):
        return not (self.lost or self.open or self.duplicates or self.money or self.told or self.wrong)

    def __str__(self):
        return (
            f"lost={self.lost} open={self.open} duplicates={self.duplicates} money={self.money} told={self.told} "
            f"wrong={self.wrong}")


@dataclass
class Slip:
    """A slip as the log tells of it."""

    account: str
    transaction: str
    event: str
    user: str
    status: str = "open"
    reason: str = ""
    reference: tuple = None
    credits: list = field(default_factory=list)
    source: str = ""
    marks: Counter = field(default_factory=Counter)


def mini_qr(bank, reference):
    """The text of a slip's QR code."""
    def part(tag, value):
        return f"{tag}{len(value):02}{value}"

    body = part("00", part("00", "000001") + part("01", bank) + part("02", reference)) + part("51", "TH") + "9104"
    checksum = 0xFFFF
    for byte in body.encode():
        checksum ^= byte << 8
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x1021 if checksum & 0x8000 else 0)) & 0xFFFF
    return f"{body}{checksum:04X}"


def plan(options, people):
    """The orders, in volleys: those of one transfer stand together and are sent at the same moment. `people`: who each user of LINE
    is at the back end."""
    choices = random.Random(options.seed)
    users = sorted(people)
    twins = round(options.slips * options.duplicates)
    volleys = []
    for index in range(options.slips - twins):
        user = users[index % len(users)]
        # Every amount is another: a message that tells of it tells of one transfer.
        amount = Decimal(10_000 + index * 100 + choices.randrange(100)) / 100
        reference = f"0STORM{options.seed % 10_000:04}{index:010}"
        volleys.append([Order(user, choices.choice(ACCOUNTS), reference, people[user], amount)])
    for volley in choices.sample(volleys, twins):
        first = volley[0]
        # Every second one from another person; mostly to another account.
        user = first.user if choices.random() < 0.5 else choices.choice(users)
        volley.append(Order(user, choices.choice(ACCOUNTS), first.reference, first.payer, first.amount))
    choices.shuffle(volleys)
    return volleys


class Storm:
    """One server, its stand-ins, and those who send, kill and judge."""

    def __init__(self, command, options, report=print):
        self.options = options
        self.report = report
        self.sums = Sums()
        self.random = random.Random(f"{options.seed}/kills")
        self.command = command
        # PostgreSQL's user must be able to get there.
        self.directory = Path(tempfile.mkdtemp(prefix="sala-storm-"))
        self.directory.chmod(0o755)
        self.data = self.directory / "data"
        port = free_port()
        self.standins = f"http://127.0.0.1:{port + 10}"
        self.log = open(self.directory / "sala.log", "ab")
        self.server = SalaDev(
            self.data / "dev.json",
            [*command, "dev", "--port", str(port), "--data", str(self.data), "--standins", self.standins], self.log)
        self.standins_command = [
            *command, "standins", "--port", str(port + 10), "--server", f"http://127.0.0.1:{port}", "--data", str(self.data)]
        self.standins_process = None
        self.deliveries = []
        self.lock = threading.Lock()
        self.retries = Counter()

    def run(self):
        """All of it; returns the sums. Leaves nothing behind unless they do not hold (then the logs)."""
        start = time.monotonic()
        is_whole = False
        try:
            self._start()
            self._send_and_kill()
            self._wait_for_the_end()
            self.sums.seconds = time.monotonic() - start
            is_whole = True
        finally:
            self._clean_up(is_whole)
        return self.sums

    # Processes

    def _start(self):
        self.standins_process = subprocess.Popen(
            self.standins_command, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)
        wait_for("the stand-ins", lambda: self._is_up(self.standins))
        self.server.start()
        self.token = self.server.token(TENANT, "staff")
        for service in ("easyslip", "slipok"):
            self._control(service, {"failRate": self.options.failures})

    @staticmethod
    def _is_up(address):
        try:
            return request("GET", address, timeout=2)[0] == 200
        except OSError:
            return False

    def _clean_up(self, is_whole):
        try:
            self.server.stop()
        finally:
            if postmaster := postmaster_pid(self.data):
                os.kill(postmaster, signal.SIGQUIT)
            if self.standins_process:
                self.standins_process.terminate()
                self.standins_process.wait(20)
            self.log.close()
            if is_whole and self.sums.hold:
                shutil.rmtree(self.directory, ignore_errors=True)
            else:
                self.report(f"kept for a look: {self.directory}")

    def _control(self, path, body=None):
        status, _, text = request("GET" if body is None else "POST", f"{self.standins}/_control/{path}", body, timeout=60)
        assert status == 200, text
        return json.loads(text)

    # Sending and killing

    def _send_and_kill(self):
        people = {}
        # Derived from the seed, so that a run can be repeated.
        names = random.Random(f"{self.options.seed}/users")
        for _ in range(self.options.users):
            user = "U" + uuid.UUID(int=names.getrandbits(128)).hex
            people[user] = self._control(f"backend/users?tenant={TENANT}&line={user}")["users"][0]
        volleys = plan(self.options, people)
        pause = self.options.seconds / len(volleys)
        killer = threading.Thread(target=self._kill_often)
        with ThreadPoolExecutor(SENDERS) as pool:
            killer.start()
            sent = []
            start = time.monotonic()
            for index, volley in enumerate(volleys):
                time.sleep(max(0, start + index * pause - time.monotonic()))
                sent += [pool.submit(self._deliver, order) for order in volley]
            for each in sent:
                each.result()
        killer.join()
        assert self.killed == 2 * self.options.kills, "the killer did not get to his end"
        self.report(
            f"{len(self.deliveries)} slips of {len(volleys)} transfers delivered, {self.sums.redelivered} of them more than once; "
            f"{self.killed} kills")

    def _kill_often(self):
        """Each of the two so often, in random order, at random moments of the sending."""
        self.killed = 0
        victims = ["server", "postgres"] * self.options.kills
        self.random.shuffle(victims)
        start = time.monotonic()
        for index, victim in enumerate(victims):
            share = (index + self.random.uniform(0.2, 0.8)) / len(victims)
            time.sleep(max(0, start + share * self.options.seconds - time.monotonic()))
            if victim == "postgres":
                wait_for("a PostgreSQL to kill", lambda: postmaster_pid(self.data), 60)
                kill_postgres(self.data)
            else:
                self.server.kill()
                self.server.start()
            self.killed += 1
            self.sums.kills = self.killed

    def _deliver(self, order):
        """As LINE does: the same event until it is answered with 2xx."""
        body = order.control()
        answer = self._control("line/webhook", body)
        event, message, count = answer["event"], answer["message"], 1
        deadline = time.monotonic() + DELIVERY_TIMEOUT
        while answer["status"] // 100 != 2:
            assert answer["status"] in (0, 500, 503), f"a signed webhook was answered with {answer['status']}"
            assert time.monotonic() < deadline, f"{event} was never taken"
            time.sleep(REDELIVERY)
            answer = self._control("line/webhook", {"tenant": TENANT, "oa": order.account, "redeliver": event})
            count += 1
        with self.lock:
            self.deliveries.append(Delivery(order, event, message, count))
            self.sums.redelivered += count > 1

    # Judging

    def _wait_for_the_end(self):
        deadline = time.monotonic() + QUIET_TIMEOUT
        reported = time.monotonic()
        while True:
            slips = self._slips()
            if slips is not None:
                if all(slip.status in FINAL.values() for slip in slips) and not self._unfinished():
                    break
                if not self._retry(slips):
                    break
            if time.monotonic() > deadline:
                break
            if time.monotonic() - reported > 15:
                reported = time.monotonic()
                self.report(f"waiting: {dict(Counter(slip.status for slip in slips or []))}")
            time.sleep(0.5)
        if slips is None:
            self.sums.add("wrong", "the logs cannot be read")
            return
        ledger = self._control(f"backend/ledger?tenant={TENANT}")
        check(self.sums, self.deliveries, slips, ledger, self._control("line/sent")["sent"])
        self.sums.retried = sum(self.retries.values())

    def _request(self, method, path, body=None):
        """The answer; None while the server cannot say."""
        try:
            status, _, text = request(method, f"{self.server.http}/v1/sessions/line-oa/{path}", body, self.token)
        except OSError:
            return None
        if status in (500, 503, 504):
            return None
        return status, json.loads(text)

    def _slips(self):
        """Every slip of every account, from the logs; None while they cannot be read."""
        slips = []
        for account in ACCOUNTS:
            events, after = [], 0
            while after is not None:
                answer = self._request("GET", f"{account}/log?after={after}&limit={LOG_PAGE}")
                if answer is None:
                    return None
                status, page = answer
                if status == 404:
                    break
                assert status == 200, page
                events += page["events"]
                after = page["next"]
            slips += read_slips(account, events)
        return slips

    def _unfinished(self):
        """Whether a notice is still on its way."""
        for account in ACCOUNTS:
            answer = self._request("GET", account)
            if answer is None:
                return True
            status, session = answer
            if status == 404:
                continue
            for slip in session["state"]["slips"] + session["state"]["ended"]:
                if any(notice["state"] == "sending" for notice in slip["notices"].values()):
                    return True
        return False

    def _retry(self, slips):
        """As staff do who know that everything works again. False when nothing is left but slips that do not get better."""
        reviewed = [slip for slip in slips if slip.status == "review"]
        for slip in reviewed:
            if self.retries[slip.account, slip.transaction] >= MAX_RETRIES:
                continue
            answer = self._request(
                "POST", f"{slip.account}/commands", {"name": "slip.retry", "data": {"transaction": slip.transaction}})
            if answer and answer[0] == 200:
                self.retries[slip.account, slip.transaction] += 1
        hopeless = [slip for slip in reviewed if self.retries[slip.account, slip.transaction] >= MAX_RETRIES]
        return not hopeless or any(slip.status == "open" for slip in slips) or len(hopeless) < len(reviewed)


def read_slips(account, events):
    """The slips of one account, in the order in which they came."""
    slips = {}
    for event in events:
        name, data = event["name"], event["data"]
        transaction = data.get("transaction")
        if name == "slip.received":
            slips[transaction] = Slip(account, transaction, data["webhookEvent"], data["user"])
        slip = slips.get(transaction)
        if slip is None:
            continue
        if name == "slip.identified":
            slip.reference = (data["bank"], data["transRef"])
        elif name == "slip.verified":
            slip.reference = (data["reference"]["bank"], data["reference"]["transRef"])
        elif name == "slip.review":
            slip.status, slip.reason = "review", data["reason"]
        elif name in ("slip.retried", "slip.resolved"):
            slip.status = "open"
        elif name == "slip.credited":
            slip.credits.append(Decimal(data["amount"]))
            slip.source = data["source"]
        elif name == "line.sending":
            slip.marks[data["notice"]] += 1
        if name in FINAL:
            slip.status, slip.reason = FINAL[name], data.get("reason", "")
    return list(slips.values())


def check(sums, deliveries, slips, ledger, sent):
    """Holds the logs' `slips` against what was delivered, what the back end has, and what customers were told."""
    by_event = {}
    for slip in slips:
        by_event.setdefault((slip.account, slip.event), []).append(slip)
        if slip.status not in FINAL.values():
            sums.add("open", f"{slip.account}/{slip.transaction} is {slip.status} {slip.reason}")
        if len(slip.credits) > 1:
            sums.add("duplicates", f"{slip.account}/{slip.transaction} was credited {len(slip.credits)} times")
        if any(count > 1 for count in slip.marks.values()):
            sums.add("told", f"{slip.account}/{slip.transaction} has {dict(slip.marks)} marks")
    transfers = {}
    for delivery in deliveries:
        found = by_event.get((delivery.order.account, delivery.event), [])
        if not found:
            sums.add("lost", f"{delivery.event} of {delivery.order.account} was answered with 200 and is not in the log")
        elif len(found) > 1:
            sums.add("duplicates", f"{delivery.event} of {delivery.order.account} began {len(found)} slips")
        else:
            transfers.setdefault((delivery.order.bank, delivery.order.reference), []).append((delivery.order, found[0]))
    if len(slips) != len(deliveries):
        sums.add("wrong", f"{len(slips)} slips in the logs, {len(deliveries)} were sent")
    check_money(sums, transfers, slips, ledger)
    check_messages(sums, transfers, slips, sent)
    sums.slips = len(slips)
    sums.reconciled = sum(slip.source == "reconciled" for slip in slips)
    sums.messages = len(sent)


def check_money(sums, transfers, slips, ledger):
    credited = {}
    for credit in ledger["credits"]:
        credited.setdefault((credit["bank"], credit["transRef"]), []).append(Decimal(credit["amount"]))
    for transfer, members in transfers.items():
        amount = members[0][0].amount
        ends = Counter(slip.status for _, slip in members)
        if ends != Counter({"credited": 1, "duplicate": len(members) - 1}) - Counter({"duplicate": 0}):
            reasons = [f"{slip.status} {slip.reason}".strip() for _, slip in members]
            sums.add("wrong", f"the slips of {transfer[1]} ended as {reasons}")
        if ends["credited"] > 1:
            sums.add("duplicates", f"{ends['credited']} slips of {transfer[1]} were credited")
        logged = [credit for _, slip in members for credit in slip.credits]
        booked = credited.pop(transfer, [])
        if len(booked) > 1:
            sums.add("duplicates", f"the ledger has {transfer[1]} {len(booked)} times")
        if logged != booked or any(credit != amount for credit in booked):
            sums.add("money", f"{transfer[1]} of {amount}: the logs have {logged}, the ledger has {booked}")
    for transfer, amounts in credited.items():
        sums.add("money", f"the ledger has {amounts} of {transfer}, which nobody sent")
    total = sum((credit for slip in slips for credit in slip.credits), Decimal())
    if total != Decimal(ledger["sum"]):
        sums.add("money", f"the logs have credited {total}, the ledger {ledger['sum']}")
    sums.credited = sum(len(slip.credits) for slip in slips)
    sums.satang = int(total * 100)


def check_messages(sums, transfers, slips, sent):
    """Nobody is told more than there is to tell. A credit is known by its amount, which no other transfer has; the other messages
    are counted by account and user."""
    allowed = {"receipt": Counter(), "duplicate": Counter(), "failed": Counter()}
    for slip in slips:
        chat = slip.account, slip.user
        allowed["receipt"][chat] += 1
        if slip.status in ("duplicate", "failed"):
            allowed[slip.status][chat] += 1
    credits = {}
    for members in transfers.values():
        for order, slip in members:
            if slip.status == "credited":
                credits[f"{order.amount:,.2f}"] = (slip.account, slip.user)
    seen = {kind: Counter() for kind in allowed}
    told = Counter()
    for entry in sent:
        chat = entry["oa"], entry["user"]
        for message in entry["messages"]:
            text = message.get("altText") or message.get("text", "")
            if text.startswith(CREDIT):
                amount = text.removeprefix(CREDIT).split(" ")[0]
                told[amount] += 1
                if credits.get(amount) != chat:
                    sums.add("wrong", f"{chat} was told of a credit of {amount}, which is not theirs")
            else:
                kind = "receipt" if text.startswith(RECEIPT) else "duplicate" if text.startswith(DUPLICATE) else "failed"
                seen[kind][chat] += 1
    for amount, count in told.items():
        if count > 1:
            sums.add("told", f"the credit of {amount} was told {count} times")
    for kind, counts in seen.items():
        for chat, count in counts.items():
            if count > allowed[kind][chat]:
                sums.add("told", f"{chat} has {count} messages of kind {kind} for {allowed[kind][chat]} slips")


def main(arguments, command):
    """What scripts/slip-storm.py does; returns the exit code."""
    options = Options(**{name: getattr(arguments, name) for name in Options.__dataclass_fields__})
    sums = Storm(command, options).run()
    print(
        f"{sums.slips} slips, {sums.credited} credited with {sums.satang / 100:,.2f} baht, {sums.messages} messages; "
        f"{sums.kills} kills, {sums.redelivered} redelivered, {sums.retried} retried by staff, {sums.reconciled} credits found "
        f"by asking; {sums.seconds:.0f} s")
    for example in sums.examples:
        print("  " + example)
    print(sums)
    return 0 if sums.hold and sums.kills == 2 * options.kills else 1
