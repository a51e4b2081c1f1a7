"""The load test's behaviours `chat` and `stream`, and its oracle, against the running server: honest, and through a proxy that
tells one lie."""

import json
import subprocess

import pytest
from conftest import ROOT, load_client
from lying_proxy import LyingProxy

# Seconds, for a run of a few.
TIMEOUT = 120

# The place in the log at which the proxy lies: in the middle, so that events come before and after it.
LIE_AT = 6


class Run:
    """A run of a scenario that goes on; `results` waits for its end."""

    def __init__(self, folder, sala, scenario, *options):
        folder.mkdir(exist_ok=True)
        document = folder / "scenario.json"
        document.write_text(json.dumps(scenario))
        self.folder = folder / "results"
        self.process = subprocess.Popen(
            [load_client(), "run", str(document), "--dev-json", str(sala.dev_json), "--out", str(self.folder), *options],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def results(self, code):
        try:
            text, _ = self.process.communicate(timeout=TIMEOUT)
        finally:
            self.process.kill()
        assert self.process.returncode == code, text
        return json.loads((self.folder / "results.json").read_text())


def scenario(behaviour, group, seconds=3, faults=()):
    return {
        "name": f"{behaviour}-test", "seconds": seconds, "drainSeconds": 15,
        "groups": [{"name": "people", "behaviour": behaviour, "connect": {"shape": "constant", "rate": 200}, **group}],
        "faults": list(faults),
    }


def counts(results):
    oracle = results["oracle"]
    return {name: oracle[name] for name in ("lost", "duplicated", "reordered", "regressed", "stuck") if oracle[name]}


def test_chat_keeps_its_promises_while_connections_break_and_readers_stop(sala, tmp_path):
    faults = [
        {"at": 1, "do": "cut", "share": 0.5, "group": "people"},
        {"at": 1.5, "do": "stall", "seconds": 1, "share": 0.2, "group": "people"},
        {"at": 2, "do": "cut", "share": 1},
    ]
    people = {
        "connections": 40, "sessions": 8, "arrivals": {"shape": "poisson", "rate": 80},
        "settings": {"messageBytes": 120, "mix": {"write": 6, "read": 2, "reload": 2}},
    }
    results = Run(tmp_path / "run", sala, scenario("chat", people, faults=faults)).results(0)
    assert results["verdict"] == "passed" and counts(results) == {}
    totals = results["totals"]
    assert totals["sent"] == totals["acknowledged"] > 50
    # Each message is shown to the five people of its conversation, and checked with each of them.
    assert totals["delivered"] == 5 * totals["acknowledged"]
    assert results["oracle"]["checks"] > totals["acknowledged"]
    for stage in ("connect", "message.ok", "message.event", "request", "resume"):
        assert results["stages"][stage]["count"] > 0, stage
    assert results["stages"]["message.event"]["count"] > results["stages"]["message.ok"]["count"]


PAIRS = {
    "connections": 20, "arrivals": {"shape": "poisson", "rate": 100},
    "settings": {"messageBytes": 60, "mix": {"write": 3, "read": 1}},
}


def test_what_people_have_not_read_is_counted_while_connections_break(sala, tmp_path):
    faults = [{"at": at, "do": "cut", "share": 0.5} for at in (1, 2)]
    results = Run(tmp_path / "run", sala, scenario("people", PAIRS, faults=faults)).results(0)
    assert results["verdict"] == "passed" and counts(results) == {}
    assert results["totals"]["sent"] == results["totals"]["acknowledged"] > 150
    for stage in ("connect", "message.ok", "message.event", "read.ok", "resume"):
        assert results["stages"][stage]["count"] > 0, stage
    # Both of a chat see a message.
    assert results["totals"]["delivered"] > 1.9 * results["totals"]["acknowledged"]


def test_the_oracle_finds_a_count_that_is_wrong_by_one(sala, tmp_path):
    def miscount(frame, piece, kept):
        return [piece.replace(b'"unread":0', b'"unread":1')] if frame["type"] == "snapshot" else None

    # Nobody reads, so that nobody is told anew what is left.
    writers = {**PAIRS, "settings": {"mix": {"write": 1}}}
    proxy = LyingProxy("127.0.0.1", sala.port, miscount)
    try:
        run = Run(
            tmp_path / "run", sala, scenario("people", writers, seconds=1), "--target", f"http://127.0.0.1:{proxy.port}")
        results = run.results(1)
    finally:
        proxy.close()
    assert counts(results) == {"duplicated": 1}
    assert "what the device was shown says read 0, unread" in results["oracle"]["findings"][0]["detail"]


def test_people_stop_replies(sala, tmp_path):
    people = {
        "connections": 8, "sessions": 8, "arrivals": {"shape": "constant", "rate": 30},
        "settings": {"advisor": True, "mix": {"write": 1, "stop": 2}},
    }
    results = Run(tmp_path / "run", sala, scenario("chat", people)).results(0)
    assert results["verdict"] == "passed" and counts(results) == {}
    assert results["totals"]["replies"] > 5
    # A reply may have ended when the command comes to stop it (2403): that is no broken promise.
    assert set(results["errors"]) <= {"fault 2403"}


def test_replies_stream_at_once_and_their_deltas_make_up_the_text(sala, tmp_path):
    advisor = {
        "connections": 40, "sessions": 40, "arrivals": {"shape": "constant", "rate": 20},
        "settings": {"pace": {"tokens": 30, "tokensPerSecond": 40, "firstTokenMs": 100}},
    }
    faults = [{"at": 2, "do": "cut", "share": 0.5}]
    results = Run(tmp_path / "run", sala, scenario("stream", advisor, seconds=4, faults=faults)).results(0)
    assert results["verdict"] == "passed" and counts(results) == {}
    totals = results["totals"]
    assert totals["replies completed"] == totals["sent"] >= 79
    assert totals["replies at once, most"] >= 10
    assert results["stages"]["reply.first"]["p50"] >= 100
    assert results["stages"]["reply.end"]["p50"] >= 100 + 1000 * 29 / 40
    # Those that were cut have seen their replies in part; nobody else has.
    assert totals.get("replies seen in part", 0) <= 20
    assert "misplaced deltas" not in totals


def test_a_command_whose_answer_is_lost_with_the_connection_is_sent_again_under_its_key(sala, tmp_path):
    def lose(frame, piece, kept):
        return [None] if frame["type"] == "ok" and frame.get("offset") == LIE_AT else None

    people = {
        "connections": 6, "sessions": 2, "arrivals": {"shape": "constant", "rate": 20}, "settings": {"mix": {"write": 1}},
    }
    proxy = LyingProxy("127.0.0.1", sala.port, lose)
    try:
        run = Run(
            tmp_path / "run", sala, scenario("chat", people, seconds=2), "--target", f"http://127.0.0.1:{proxy.port}")
        results = run.results(0)
    finally:
        proxy.close()
    assert proxy.told is not None, "no answer was lost"
    # The message stands in the journal once, and everything was acknowledged.
    assert counts(results) == {}
    assert results["totals"]["sent"] == results["totals"]["acknowledged"] >= 39
    assert results["errors"] == {"connection lost": 1}
    assert results["stages"]["resume"]["count"] == 1


# The lies ------------------------------------------------------------------------------------------------------------


def is_event(frame):
    return frame["type"] == "event" and frame["offset"] == LIE_AT


def drop(frame, piece, kept):
    return [] if is_event(frame) else None


def repeat(frame, piece, kept):
    return [piece, piece] if is_event(frame) else None


def swap(frame, piece, kept):
    """The event comes behind the next one of its session."""
    if is_event(frame):
        kept["event"], kept["session"] = piece, frame["session"]
        return []
    if kept and frame["type"] == "event" and frame["session"] == kept["session"]:
        return [piece, kept.pop("event")] if "event" in kept else None
    return None


def keep_answer(frame, piece, kept):
    return [] if frame["type"] == "ok" and frame.get("offset") == LIE_AT else None


def change(frame, piece, kept):
    """Another message than everybody else is shown."""
    if not is_event(frame):
        return None
    text = frame["data"]["message"]["text"]
    other = text.replace("load 1", "load 2", 1) if text.startswith("load 1") else text.replace("load ", "load 1", 1)[:len(text)]
    return [piece.replace(text.encode(), other.encode().ljust(len(text.encode()), b"x"))]


LIES = {
    "lost": (drop, "was never shown offset {offset}, and was shown later ones"),
    "duplicated": (repeat, "was shown offset {offset} again, after {offset}"),
    "reordered": (swap, "was shown offset {offset} after {next}"),
    "stuck": (keep_answer, "has no answer to message.send"),
    "changed": (change, "at offset {offset}, where the journal has message.created"),
}


@pytest.fixture(scope="module")
def runs(sala, tmp_path_factory):
    """All at once: each mostly waits."""
    people = {
        "connections": 8, "sessions": 2, "arrivals": {"shape": "constant", "rate": 20}, "settings": {"mix": {"write": 1}},
    }
    document = {**scenario("chat", people, seconds=2), "drainSeconds": 2}
    folder = tmp_path_factory.mktemp("lies")
    runs = {}
    for name, (lie, _) in LIES.items():
        proxy = LyingProxy("127.0.0.1", sala.port, lie)
        target = f"http://127.0.0.1:{proxy.port}"
        runs[name] = (Run(folder / name, sala, document, "--target", target), proxy)
    yield runs
    for run, proxy in runs.values():
        run.process.kill()
        proxy.close()


@pytest.mark.parametrize("name", LIES)
def test_the_oracle_finds_the_lie(runs, name):
    run, proxy = runs[name]
    results = run.results(1)
    assert proxy.told is not None, "the proxy had no occasion to lie"
    assert results["verdict"] == "failed"
    # An answer names no session.
    findings = [
        found for found in results["oracle"]["findings"] if found["session"] == proxy.told.get("session", found["session"])]
    detail = LIES[name][1].format(offset=LIE_AT, next=LIE_AT + 1)
    found = [finding for finding in findings if detail in finding["detail"]]
    assert len(found) == 1, results["oracle"]["findings"]
    assert found[0]["kind"] == {"changed": "lost"}.get(name, name)
    if name != "stuck":
        offsets = [entry["offset"] for entry in found[0]["journal"]]
        assert LIE_AT in offsets and offsets == list(range(offsets[0], offsets[0] + len(offsets)))
        # Nothing else is found.
        assert counts(results) == {found[0]["kind"]: 1}
