"""The limits of a client address and of a subject, as they are in production (`SALA_RATE_LIMITS=on`)."""

import contextlib

import httpx
import pytest
from conftest import run_dev, unique, wait_for
from device import PATIENCE, Device
from raw_http import Raw
from websockets.exceptions import ConnectionClosed

GENERAL, AUTHENTICATION, SEARCH = 100, 10, 30
SOCKETS_PER_SUBJECT = 32
COMMAND_BURST, FRAME_BURST = 60, 400
# What a bucket may have got back meanwhile: a token every 0.6 s, and the requests take some seconds at the very most.
SLACK = 25


@pytest.fixture
def limited(own_sala):
    return own_sala(SALA_RATE_LIMITS="on")


def until_refused(ask, most):
    """Asks until the answer is 429; returns what came before and the refusal."""
    answers = []
    while len(answers) <= most:
        answer = ask()
        if answer.status_code == 429:
            return answers, answer
        answers.append(answer)
    raise AssertionError(f"{len(answers)} requests were answered")


def metric(server, name):
    """Samples of a metric, by their labels."""
    lines = httpx.get(server.http + "/metrics", trust_env=False).text.splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if line.startswith((name + "{", name + " ")))
    return {labels[len(name):]: float(value) for labels, value in samples}


def test_the_rates_of_an_address_over_http(limited):
    with httpx.Client(base_url=limited.http, trust_env=False, timeout=PATIENCE) as http:
        bearer = {"Authorization": f"Bearer {limited.mint()}"}
        lists = "/t/jeco/api/v1/chat/conversations"
        for size, ask in (
            (AUTHENTICATION, lambda: http.post("/v1/tickets", headers=bearer)),
            (SEARCH, lambda: http.get(lists, params={"q": "loan"}, headers=bearer)),
            (GENERAL, lambda: http.get("/v1/sessions/conversation/" + unique("c"), headers=bearer)),
        ):
            answers, refusal = until_refused(ask, size + SLACK)
            assert size <= len(answers)
            assert [int(answer.headers["RateLimit-Limit"]) for answer in answers] == [size] * len(answers)
            left = [int(answer.headers["RateLimit-Remaining"]) for answer in answers]
            assert left[0] == size - 1 and left[-1] == 0
            assert refusal.headers["RateLimit-Remaining"] == "0"
            assert 1 <= int(refusal.headers["Retry-After"]) <= 60 // size + 1
            assert refusal.headers["RateLimit-Reset"] == refusal.headers["Retry-After"]
            fault = refusal.json().get("error") or refusal.json()
            assert fault["code"] == 2406 and fault["status"] == 429
        # Used up, and yet:
        for path in ("/health", "/health/ready", "/metrics"):
            for _ in range(20):
                answer = http.get(path)
                assert answer.status_code == 200 and "RateLimit-Limit" not in answer.headers
    assert metric(limited, "sala_refused")['{reason="rate"}'] == 3


def test_a_subject_has_so_many_sockets(limited):
    token = limited.mint()
    with contextlib.ExitStack() as stack:
        devices = [stack.enter_context(Device(limited, token)) for _ in range(SOCKETS_PER_SUBJECT)]
        extra = stack.enter_context(Device(limited, hello=False))
        extra.send({"type": "hello", "token": token})
        assert extra.closed() == 4101
        stack.enter_context(Device(limited, limited.mint()))
        devices[0].socket.close()
        # One of another subject is open, too.
        wait_for("its place", lambda: metric(limited, "sala_socket_active")[""] == SOCKETS_PER_SUBJECT)
        stack.enter_context(Device(limited, token))


def test_commands_and_frames_of_a_socket_have_a_rate(limited):
    owner = unique("u")
    session = limited.open_chat(owner)
    with Device(limited, limited.mint(owner)) as device:
        numbers = [device.command(session, "message.read", {"offset": 0}) for _ in range(COMMAND_BURST + SLACK)]
        codes = [device.answer(number).get("code") for number in numbers]
        assert 2406 not in codes[:COMMAND_BURST]
        assert 2406 in codes[COMMAND_BURST:]
    with Device(limited, limited.mint()) as device:
        for number in range(FRAME_BURST * 4):
            try:
                device.send({"type": "ping", "n": number})
            except ConnectionClosed:
                break
        assert device.closed() == 4102


def test_an_address_has_so_many_connections(own_sala):
    server = own_sala(SALA_RATE_LIMITS="on", SALA_MAX_CONNECTIONS_PER_ADDRESS="20")
    with contextlib.ExitStack() as stack:
        def is_refused():
            """Opens one more, and keeps it if it is taken."""
            try:
                client = Raw(server)
                stack.enter_context(client)
                client.send(b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n")
                return client.answer() is None
            except ConnectionResetError:
                return True

        # The fixture's own may still be among them for a moment.
        assert not any(is_refused() for _ in range(18))
        wait_for("a connection that is one too many", is_refused)
    wait_for("the places of those that left", lambda: server.healthy())
    assert metric(server, "sala_refused")['{reason="address"}'] >= 1


def test_without_descriptors_connections_are_told_and_later_served(executable, tmp_path):
    """The process's own descriptors, really used up: it neither dies nor spins, and goes on when there are some again."""
    shell = ["bash", "-c", 'ulimit -n 150 && exec "$@"', "--"]
    server = run_dev([*shell, *executable], tmp_path)
    server.start()
    try:
        with contextlib.ExitStack() as stack:
            held = [stack.enter_context(Raw(server)) for _ in range(200)]
            # Those that found no descriptor are reset in the end; who has one is served.
            told = 0
            for client in held:
                client.send(b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n")
            for client in held:
                try:
                    answer = client.answer()
                    assert answer is None or answer.status == 200
                    told += answer is None
                except ConnectionResetError:
                    told += 1
            assert 0 < told < 200
        wait_for("it goes on", server.healthy)
        assert server.process.poll() is None
        assert metric(server, "sala_refused")['{reason="descriptors"}'] >= 1
    finally:
        server.stop()
        server.log.close()
