"""The commands of `sala`: what they print, how they end, and what they leave behind."""

import base64
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import httpx
import pytest
from conftest import SalaDev, free_port, request, run_dev, unique, wait_for
from device import PATIENCE, TERMINAL, Device, Text
from store import cluster, is_alive, postmaster_pid, query, socket_directory

USAGE, UNAVAILABLE, CONFIGURATION = 64, 69, 78
COMMANDS = ("dev", "serve", "migrate", "doctor", "token", "standins", "version")
# Seconds for a command that only looks around.
QUICK = 30
SEALING_KEY = "k1:" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def run(executable):
    """Runs a command to its end, with nothing of ours in its environment."""
    def call(*arguments, environment=None, **options):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SALA_")}
        return subprocess.run(
            [*executable, *arguments], env={**clean, **(environment or {})}, capture_output=True, text=True,
            timeout=QUICK, **options)

    return call


def fails(done, code, *words):
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == "", "what is wrong goes to standard error"
    for word in words:
        assert word in done.stderr, (word, done.stderr)
    return done.stderr


# Help and usage


@pytest.mark.parametrize("arguments", [["help"], ["--help"], ["-h"]])
def test_help_names_every_command(run, arguments):
    done = run(*arguments)
    assert done.returncode == 0 and done.stderr == ""
    for command in COMMANDS:
        assert f"  {command} " in done.stdout
    for code in (USAGE, UNAVAILABLE, CONFIGURATION):
        assert str(code) in done.stdout


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "version"])
def test_every_command_explains_itself(run, command):
    done = run(command, "--help")
    assert done.returncode == 0 and done.stdout.startswith(f"Usage: sala {command}")


@pytest.mark.parametrize("arguments", [["version"], ["--version"]])
def test_version(run, arguments):
    done = run(*arguments)
    assert done.returncode == 0 and done.stdout.startswith("sala ") and done.stdout.count("\n") == 1


@pytest.mark.parametrize("arguments,words", [
    ([], ["Usage: sala"]), (["fly"], ["fly", "Usage"]), (["dev", "--fly"], ["--fly"]), (["dev", "8080"], ["8080"]),
    (["dev", "--port"], ["--port"]), (["dev", "--port", "x"], ["--port"]), (["dev", "--port", "0"], ["--port"]),
    (["dev", "--port", "65530"], ["--port"]), (["dev", "--port", "1", "--port", "2"], ["--port", "twice"]),
    (["dev", "--standins", "8090"], ["--standins"]), (["dev", "--standins", "http://a/b"], ["--standins"]),
    (["standins", "--port", "0"], ["--port"]), (["standins", "--server", "ftp://x"], ["--server"]),
    (["serve", "now"], ["now"]), (["token"], ["--tenant"]), (["token", "--tenant", "jeco"], ["--subject"]),
    (["token", "--tenant", "jeco", "--subject", "u", "--role", "king"], ["--role", "customer"]),
    (["token", "--tenant", "jeco", "--subject", "a b", "--role", "customer"], ["--subject"]),
    (["token", "--tenant", "jeco", "--subject", "u", "--role", "customer", "--ttl", "0"], ["--ttl"]),
    (["token", "--tenant", "jeco", "--subject", "u", "--role", "customer", "--grant", "x"], ["--grant"])])
def test_wrong_usage_is_64(run, arguments, words):
    fails(run(*arguments), USAGE, *words)


# Tokens


def test_a_token_is_all_that_is_printed_and_opens_the_door(sala, run):
    subject = unique("u")
    session = sala.open_chat(unique("u"))
    done = run("token", "--tenant", "jeco", "--subject", subject, "--role", "rider", "--ttl", "60",
               "--grant", f"{session}:read", f"--data={sala.data}")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.count("\n") == 1 and done.stdout.count(".") == 2
    with Device(sala, done.stdout.strip()) as device:
        assert (device.welcome["subject"], device.welcome["role"]) == (subject, "rider")
        device.snapshot(session)
        assert device.fault(session, "message.send", {"text": "x"})["code"] == 2102


def test_a_token_of_one_second_ends(sala, run):
    done = run("token", "--tenant", "jeco", "--subject", "u_short", "--role", "customer", "--ttl", "1", "--data", str(sala.data))
    with Device(sala, hello=False) as device:
        device.send({"type": "hello", "token": done.stdout.strip()})
        assert device.closed() == 4200
        assert [frame["code"] for frame in device.frames if frame["type"] == "fault"] == [2101]


def test_tokens_that_cannot_be_made(sala, run, tmp_path):
    token = ("token", "--subject", "u", "--role", "customer", "--tenant")
    fails(run(*token, "nobody", "--data", str(sala.data)), USAGE, "nobody", "jeco")
    fails(run("token", "--subject", "u", "--role", "operator", "--tenant", "jeco", "--data", str(sala.data)), USAGE, "operator")
    fails(run(*token, "jeco"), CONFIGURATION, "SALA_TENANTS")
    done = run(*token, "jeco", "--data", str(tmp_path / "nothing"))
    assert done.returncode in (UNAVAILABLE, CONFIGURATION) and str(tmp_path) in done.stderr and done.stdout == ""


def test_what_dev_writes_down_is_for_its_owner_only(sala):
    for name in ("dev.json", "keys.json", "secrets.json"):
        assert (sala.data / name).stat().st_mode & 0o777 == 0o600
    facts = sala.facts
    assert set(facts["tokens"]) == {"jeco", "company_a", "baanfoodie", "trusttrade", "pawnshop"}
    for tokens in facts["tokens"].values():
        assert {"customer", "staff", "service"} <= set(tokens)
    assert facts["operator"] and facts["merchants"]["2c2p"] == "JT04"
    assert {"line", "2c2p", "omise", "paymongo", "slipok"} <= set(facts["secrets"])
    assert facts["secrets"]["line"]["company_a/oa-1"]


# Configuration


def test_serve_names_every_problem_at_once(run):
    fails(
        run("serve"), CONFIGURATION, "SALA_DATABASE_URL", "SALA_TENANTS", "SALA_SEALING_KEYS: missing", "SALA_OPENAI_API_KEY",
        "SALA_GEMINI_API_KEY")
    secret = "s3cret-that-must-not-be-told"
    text = fails(
        run("serve", environment={
            "SALA_PORT": "x", "SALA_LOOPS": "0", "SALA_LOG_LEVEL": "loud", "SALA_RATE_LIMITS": "perhaps",
            "SALA_PROVIDERS": "openai,openai", "SALA_DRAIN_SECONDS": "-1", "SALA_OPENAI_API_KEY": secret,
            "SALA_OPENAI_BASE_URL": "ftp://x",
            "SALA_TENANTS": json.dumps({
                "jeco": {"keys": [{"kid": "k", "alg": "HS256", "secret": secret}]},
                "Bad Name": {"keys": [{"kid": "k", "alg": "none"}]}})}),
        CONFIGURATION, "SALA_DATABASE_URL", "SALA_PORT", "SALA_LOOPS", "SALA_LOG_LEVEL", "SALA_RATE_LIMITS",
        "SALA_PROVIDERS", "SALA_DRAIN_SECONDS", "SALA_OPENAI_BASE_URL", "Bad Name", "jeco", "too short")
    assert secret not in text
    assert len(text.splitlines()) >= 10


@pytest.mark.parametrize("keys,words", [
    ("k1", "entry 1"), (SEALING_KEY[:-4], "k1"), (f"{SEALING_KEY},{SEALING_KEY}", "k1"), ("k 1:" + SEALING_KEY[3:], "entry 1"),
    ("k1:c2hvcnQ=", "k1")])
def test_sealing_keys_that_are_none_are_named_and_not_told(run, keys, words):
    text = fails(run("serve", environment={"SALA_SEALING_KEYS": keys}), CONFIGURATION, "SALA_SEALING_KEYS: ", words)
    assert SEALING_KEY[3:20] not in text and "c2hvcnQ" not in text


def test_slip_services_that_cannot_be_are_named(run):
    fails(
        run("serve", environment={
            "SALA_SLIPOK_API_KEY": "x", "SALA_LINE_BASE_URL": "ftp://line", "SALA_EASYSLIP_V1_BASE_URL": "x",
            "SALA_EASYSLIP_V2_BASE_URL": "x", "SALA_SLIPOK_BASE_URL": "x", "SALA_LINE_CONTENT_BASE_URL": "x"}),
        CONFIGURATION, "SALA_SLIPOK_BRANCH: missing", "SALA_LINE_BASE_URL: ", "SALA_EASYSLIP_V1_BASE_URL: ",
        "SALA_EASYSLIP_V2_BASE_URL: ", "SALA_SLIPOK_BASE_URL: ", "SALA_LINE_CONTENT_BASE_URL: ")
    fails(run("serve", environment={"SALA_SLIPOK_BRANCH": "1"}), CONFIGURATION, "SALA_SLIPOK_API_KEY: missing")
    fails(
        run("serve", environment={"SALA_SLIPOK_API_KEY": "x", "SALA_SLIPOK_BRANCH": "one"}), CONFIGURATION,
        "SALA_SLIPOK_BRANCH: digits")


@pytest.mark.parametrize("tenants", ["{", "[]", "{}", '{"jeco":{}}', '{"jeco":7}'])
def test_tenants_that_are_none(run, tenants):
    fails(run("serve", environment={"SALA_TENANTS": tenants}), CONFIGURATION, "SALA_TENANTS")


def test_a_database_that_does_not_answer_is_69(run):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgresql://sala@127.0.0.1:{closed.getsockname()[1]}/sala?connect_timeout=3"
        environment = {
            "SALA_DATABASE_URL": url, "SALA_OPENAI_API_KEY": "k", "SALA_SEALING_KEYS": SEALING_KEY, "SALA_TENANTS": json.dumps({
                "jeco": {"keys": [{"kid": "k", "alg": "HS256", "secret": "x" * 40}]}})}
        for command in ("serve", "migrate"):
            fails(run(command, environment=environment), UNAVAILABLE)
    fails(run("migrate"), CONFIGURATION, "SALA_DATABASE_URL")


# Production


def key_pair(directory, algorithm):
    """A private and a public key as PEM texts."""
    private = directory / f"{algorithm}.pem"
    options = {"RS256": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
               "ES256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]}[algorithm]
    subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", *options, "-out", private], check=True, capture_output=True)
    public = subprocess.run(["openssl", "pkey", "-in", private, "-pubout"], check=True, capture_output=True, text=True)
    return private.read_text(), public.stdout


class Production(SalaDev):
    """A `sala serve`; its address is known beforehand, there is no dev.json."""

    def __init__(self, command, log, environment, port):
        super().__init__("/nonexistent/dev.json", command, log, environment)
        self.address = f"http://127.0.0.1:{port}"

    @property
    def facts(self):
        return {"http": self.address}

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdout=self.log, stderr=subprocess.STDOUT, env={**os.environ, **self.environment},
            start_new_session=True)

        def is_ready():
            assert self.process.poll() is None, self.process.returncode
            try:
                return request("GET", self.address + "/health/ready", timeout=2)[0] == 200
            except OSError:
                return False

        wait_for("a server that is ready", is_ready, 30)


def test_production_from_an_empty_database(run, executable, own_sala, tmp_path):
    """Refused while the schema is missing, then migrated, checked, served, drained; tokens of all three algorithms."""
    dev = own_sala()
    query(dev.data, "CREATE DATABASE production")
    keys = {algorithm: key_pair(tmp_path, algorithm) for algorithm in ("RS256", "ES256")}
    tenants = {
        "hs": {"keys": [{"kid": "h1", "alg": "HS256", "secret": "x" * 40}], "origins": ["https://app.example"]},
        **{algorithm[:2].lower(): {"keys": [
            {"kid": "k1", "alg": algorithm, "publicKey": public, "privateKey": private}]}
           for algorithm, (private, public) in keys.items()}}
    port = free_port()
    environment = {
        "SALA_DATABASE_URL": f"host={socket_directory(dev.data)} port=5432 user=sala dbname=production",
        "SALA_TENANTS": json.dumps(tenants), "SALA_PORT": str(port), "SALA_HOST": "127.0.0.1",
        "SALA_OPENAI_API_KEY": "any", "SALA_OPENAI_BASE_URL": f"{dev.standins}/openai/v1", "SALA_DRAIN_SECONDS": "3", "SALA_SEALING_KEYS": SEALING_KEY,
    }
    fails(run("serve", environment=environment), CONFIGURATION, "sala migrate")
    assert run("doctor", environment=environment).returncode == CONFIGURATION
    first = run("migrate", environment=environment)
    assert first.returncode == 0 and "Applied" in first.stdout
    assert "up to date" in run("migrate", environment=environment).stdout
    checked = run("doctor", environment=environment)
    assert "ok    configuration" in checked.stdout and "ok    database" in checked.stdout
    assert "ok    ledger: 0 postings, sums are zero" in checked.stdout
    assert "ok    maps: Leaflet in " in checked.stdout
    bare = run("doctor", environment={**environment, "SALA_LEAFLET_DIR": str(tmp_path)})
    assert f"warn  maps: {tmp_path}/leaflet.min.js cannot be read; install Debian's libjs-leaflet" in bare.stdout
    wrong = run("doctor", environment={**environment, "SALA_MAP_TILES": "http://tiles.example/{z}/{x}/{y}.png"})
    assert wrong.returncode == CONFIGURATION and "SALA_MAP_TILES" in wrong.stdout
    # The host must not see what was meant for a file.
    with open(tmp_path / "serve.log", "wb") as log:
        server = Production([*executable, "serve"], log, environment, port)
        server.start()
        try:
            for tenant in tenants:
                token = run("token", "--tenant", tenant, "--subject", "u_1", "--role", "customer", environment=environment)
                assert token.returncode == 0, token.stderr
                head = json.loads(base64.urlsafe_b64decode(token.stdout.split(".")[0] + "=="))
                assert head["alg"] == tenants[tenant]["keys"][0]["alg"]
                with Device(server, token.stdout.strip()) as device:
                    assert device.welcome["tenant"] == tenant
                    device.say("conversation/c_1", "ครั้งแรก")
                    assert device.snapshot("conversation/c_1")["state"]["messageCount"] >= 1
            with Device(server, token.stdout.strip(), origin=None) as device:
                numbers = [device.command("conversation/c_1", "message.read", {"offset": 0}) for _ in range(200)]
                faults = [frame for frame in map(device.answer, numbers) if frame["type"] == "fault"]
                # 60 at once, then 20 a second, however slow the client is.
                assert 0 < len(faults) <= 140
                assert all(f["code"] == 2406 and f["retryable"] and f["retryAfterMs"] > 0 for f in faults)
            for path in ("/v1/echo", "/demo/chat/token", "/demo/oa/token", "/demo/oa/people", "/demo/pay/demo/shop",
                         "/demo/track/demo/shop", "/demo/ride/demo/token"):
                assert httpx.get(server.address + path, trust_env=False).status_code == 404
        finally:
            server.stop()
        assert server.process.returncode == 0
    for line in (tmp_path / "serve.log").read_text().splitlines():
        record = json.loads(line)
        assert "ครั้งแรก" not in line and token.stdout.strip() not in line
        assert record


def test_limits_of_production_can_be_had_in_dev(own_sala):
    server = own_sala(SALA_RATE_LIMITS="on")
    session = server.open_chat("u_limited")
    with Device(server, server.mint("u_limited")) as device:
        numbers = [device.command(session, "message.read", {"offset": 0}) for _ in range(100)]
        codes = {frame.get("code") for frame in map(device.answer, numbers)}
        assert codes == {None, 2406}


# Starting


def test_a_busy_port_is_69_and_leaves_nothing_running(run, tmp_path):
    for which in (0, 10):
        port = free_port()
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", port + which))
            busy.listen()
            data = tmp_path / f"data-{which}"
            done = run("dev", "--port", str(port), "--data", str(data))
            assert done.returncode == UNAVAILABLE, done.stderr
            assert str(port + which) in done.stderr and "--port" in done.stderr
        assert not (data / "dev.json").exists()
        assert (cluster(data) / "PG_VERSION").exists()
        assert postmaster_pid(data) is None


def test_a_second_server_on_the_same_data_is_69_and_the_first_one_stays(sala, run):
    before = (sala.data / "dev.json").read_bytes()
    done = run("dev", "--port", str(free_port()), "--data", str(sala.data))
    assert done.returncode == UNAVAILABLE and str(sala.data) in done.stderr
    assert (sala.data / "dev.json").read_bytes() == before
    assert sala.healthy()


def test_dev_tells_people_what_scripts_read(own_sala):
    server = own_sala()
    text = wait_for("the lines", lambda: (t := Path(server.log.name).read_text()) and "Ctrl-C" in t and t)
    assert all(f"{server.http}/demo/{page}/" in text for page in ("chat", "oa", "pay", "track", "ride"))
    assert f"{server.standins}" in text
    for token in server.facts["tokens"]["jeco"].values():
        assert token in text
    assert server.facts["operator"] in text


def test_reset_begins_with_an_empty_store(executable, tmp_path):
    with open(tmp_path / "log", "wb") as log:
        data = tmp_path / "data"
        arguments = ["dev", "--port", str(free_port()), "--data", str(data)]
        server = SalaDev(data / "dev.json", [*executable, *arguments], log)
        try:
            server.start()
            session = server.open_chat("u_1")
            server.stop()
            server.command.append("--reset")
            server.start()
            status, _, _ = request("GET", f"{server.http}/v1/sessions/{session}", token=server.token())
            assert status == 404
        finally:
            server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="we are an ordinary user already")
def test_an_ordinary_user_can_run_it(executable):
    as_nobody = ["runuser", "-u", "nobody", "--"]
    if subprocess.run([*as_nobody, "test", "-x", executable[0]], cwd="/", capture_output=True).returncode:
        pytest.skip("an ordinary user cannot reach the executable")
    directory = Path(tempfile.mkdtemp(prefix="sala-"))
    nobody = pwd.getpwnam("nobody")
    os.chown(directory, nobody.pw_uid, nobody.pw_gid)
    try:
        with open(directory / "log", "wb") as log:
            server = SalaDev(
                directory / "data" / "dev.json",
                [*as_nobody, *executable, "dev", "--port", str(free_port()), "--data", str(directory / "data")], log)
            server.start()
            try:
                with Device(server, server.token()) as device:
                    assert device.welcome
                assert os.stat(cluster(server.data)).st_uid == nobody.pw_uid
            finally:
                server.stop()
    finally:
        shutil.rmtree(directory)


# Ending


def log_of(server, session):
    answer = httpx.get(
        f"{server.http}/v1/sessions/{session}/log", params={"limit": 500},
        headers={"Authorization": f"Bearer {server.token('jeco', 'service')}"}, trust_env=False, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    return answer.json()["events"]


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_a_clean_stop_says_goodbye_and_loses_nothing(own_sala, which):
    server = own_sala()
    for name in ("openai", "anthropic", "gemini"):
        server.control(name, tokens=40, tokensPerSecond=50, firstTokenMs=10)
    owner = unique("u")
    token = server.mint(owner)
    plain, short, endless = server.open_chat(owner), server.open_chat(owner, advisor=True), server.open_chat(owner, advisor=True)
    database = postmaster_pid(server.data)
    with Device(server, token) as device, Device(server, token) as other:
        for session in (plain, short, endless):
            device.snapshot(session)
        device.say(short, "ตอบสั้น")
        device.wait(type="delta", session=short)
        server.control("openai", tokens=5000)
        device.say(endless, "ตอบไม่จบ")
        device.wait(type="delta", session=endless)
        acknowledged = [device.say(plain, f"{n}")["offset"] for n in range(20)]
        server.process.send_signal(which)
        for each in (device, other):
            goaway = each.wait(type="goaway")
            assert goaway["why"] == "draining"
            assert 0 <= goaway["reconnectAfterMs"] <= 15_000 and goaway["deadlineMs"] > 0
            assert each.closed() == 4001
    assert server.process.wait(20) == 0
    wait_for("the end of PostgreSQL", lambda: not is_alive(database))
    server.start()
    assert [event["offset"] for event in log_of(server, plain)] == acknowledged
    # What could end in time has ended well; what could not is interrupted, and says how far it came.
    assert log_of(server, short)[-1]["name"] == "reply.completed"
    last = log_of(server, endless)[-1]
    assert last["name"] == "reply.interrupted" and last["data"]["text"]


def test_after_a_kill_postgresql_is_adopted_and_open_replies_end(own_sala):
    server = own_sala()
    for name in ("openai", "anthropic", "gemini"):
        server.control(name, tokens=2000, tokensPerSecond=50, firstTokenMs=10)
    owner = unique("u")
    token = server.mint(owner)
    session = server.open_chat(owner, advisor=True)
    database = postmaster_pid(server.data)
    with Device(server, token) as device:
        epoch = device.snapshot(session)["epoch"]
        reply = device.say(session, "ตอบยาว ๆ")["data"]["reply"]
        # Text is checkpointed at least every second, so that something of what was shown is kept.
        wait_for("a checkpoint of the text", lambda: query(
            server.data, "SELECT 1 FROM open_reply WHERE reply = :'reply' AND text <> ''", reply=reply))
        server.kill()
        assert device.closed() == 1006
        shown = Text.of(device.frames, reply).text
    server.start()
    assert postmaster_pid(server.data) == database, "the one that was left behind is used again"
    with Device(server, token) as device:
        answer = device.subscribe(session, **{"from": {"epoch": epoch, "offset": 0}})
        assert answer["outcome"] == "resumed"
        ended = device.until(lambda frame: frame["type"] == "event" and frame["name"] in TERMINAL)[-1]
        assert ended["name"] == "reply.interrupted" and ended["data"]["reply"] == reply
        # The last checkpoint may be behind what was shown, or ahead of what still reached the device.
        kept = ended["data"]["text"]
        assert kept and (shown.startswith(kept) or kept.startswith(shown))
    server.stop()
    assert not is_alive(database)
