"""kill -9 of the server, of PostgreSQL and of both, with clients sending: nothing acknowledged is lost."""

import os
import random
import shlex

import pytest
from conftest import newest_build
from crash_client import Client, Pending, essence
from crash_loop import Loop, Options, Sums

# Acknowledged commands below which a run has shown nothing.
LEAST_ACKNOWLEDGED = 100


def run(rounds, kill):
    command = os.environ.get("SALA_COMMAND") or newest_build()
    if not command or os.environ.get("SALA_DEV_JSON"):
        pytest.skip("no server that we could kill")
    # SALA_CRASH_SEED replays the choices of a run (not its timing).
    seed = int(os.environ.get("SALA_CRASH_SEED") or random.randrange(1, 1_000_000))
    sums = Loop(shlex.split(command), Options(rounds=rounds, seed=seed, kill=kill)).run()
    assert sums.hold, "\n".join([f"SALA_CRASH_SEED={seed}: {sums}", *sums.examples])
    assert sums.rounds == rounds
    assert sums.acknowledged >= LEAST_ACKNOWLEDGED and sums.replies, f"too little happened: {sums!r}"
    return sums


def test_kill_server_20_rounds():
    sums = run(20, "server")
    # Crashes that met nothing half done prove nothing.
    assert sums.resent and sums.resumed and sums.interrupted


def test_kill_postgres():
    # The sockets live on: nobody has to resume, but what was not written must be sent again.
    assert run(4, "postgres").resent


def test_deploys():
    assert run(3, "none").resumed


def test_kill_both():
    assert run(3, "both").resumed


class TestTheSumsNotice:
    """The checks themselves: a loop that finds nothing must be one that would."""

    @staticmethod
    def event(offset, name, **data):
        return {"offset": offset, "name": name, "at": "2026-11-21T10:00:00.000+07:00", "data": data}

    @staticmethod
    def message(offset, text):
        return TestTheSumsNotice.event(offset, "message.created", message={"text": text})

    @pytest.fixture
    def log(self):
        return [
            self.message(1, "one"),
            self.event(2, "reply.started", reply="r_1"),
            self.event(3, "reply.completed", reply="r_1", message={"text": "an answer"}),
            self.message(4, "two"),
        ]

    @staticmethod
    def sums(log, acknowledged=((1, "one"), (4, "two")), seen=None):
        """The sums after one client, who saw `seen` (all of the log), checked `log`."""
        loop = Loop.__new__(Loop)
        loop.sums, loop.reported = Sums(), {}
        client = Client("c0", "u_1", "token", "c_1", 1, 1, True)
        for event in log if seen is None else seen:
            client.seen[event["offset"]] = essence(event)
            client.offset = event["offset"]
        for offset, text in acknowledged:
            client.acknowledged[text] = (offset, Pending("message.send", {"text": text}))
        loop.clients = [client]
        loop._check("now", {"c_1": log})
        return loop.sums

    def test_nothing_in_a_good_log(self, log):
        assert self.sums(log).hold

    def test_an_acknowledged_message_that_is_missing(self, log):
        assert self.sums(log[:3]).lost == 1

    def test_an_acknowledged_message_at_another_offset(self, log):
        assert self.sums(log, acknowledged=[(3, "two")]).lost == 1

    def test_a_message_that_stands_twice(self, log):
        assert self.sums([*log, self.message(5, "two")]).duplicates == 1

    def test_a_gap_in_the_log(self, log):
        assert self.sums([*log, self.message(6, "three")], seen=log).gaps == 1

    def test_an_event_that_a_client_never_saw(self, log):
        assert self.sums(log, seen=[log[0], log[1], log[3]]).gaps == 1

    def test_an_event_that_is_no_longer_in_the_log(self, log):
        assert self.sums(log, seen=[*log, self.message(5, "three")]).lost == 1

    def test_an_event_that_changed_after_it_was_seen(self, log):
        assert self.sums(log, seen=[self.message(1, "uno"), *log[1:]]).wrong == 1

    def test_a_reply_without_an_end(self, log):
        assert self.sums([*log, self.event(5, "reply.started", reply="r_2")]).open == 1

    def test_a_reply_with_two_ends(self, log):
        assert self.sums([*log, self.event(5, "reply.interrupted", reply="r_1", text="")]).duplicates == 1
