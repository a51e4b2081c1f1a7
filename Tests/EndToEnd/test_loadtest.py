"""`sala-loadtest`: its commands, scenarios as documents, and short runs against a real server."""

import json
import subprocess

import jsonschema
import pytest
from conftest import ROOT, load_client

# Seconds of a whole run of a few, on a busy machine.
RUN_TIMEOUT = 120
SCENARIOS = sorted((ROOT / "loadtest" / "scenarios").glob("*.json"))
BASELINES = sorted((ROOT / "loadtest" / "baselines").glob("*.json"))
SCHEMA = json.loads((ROOT / "loadtest" / "scenario.schema.json").read_text())
KINDS = ("lost", "duplicated", "reordered", "regressed", "stuck", "unbalanced")


def call(*arguments, directory=ROOT):
    """Exit code, standard output and standard error."""
    done = subprocess.run(
        [load_client(), *map(str, arguments)], cwd=directory, capture_output=True, text=True, timeout=RUN_TIMEOUT)
    return done.returncode, done.stdout, done.stderr


def valid(**changes):
    group = {"name": "crowd", "behaviour": "idle", "connections": 10, "connect": {"shape": "constant", "rate": 100}}
    return {"name": "test", "seconds": 1, "groups": [group | changes.pop("group", {})], **changes}


@pytest.fixture
def run(sala, tmp_path):
    """Runs a scenario, by its name or as a document; returns exit code, results, and what was said on standard output."""

    def runner(scenario, *options):
        if isinstance(scenario, dict):
            file = tmp_path / "scenario.json"
            file.write_text(json.dumps(scenario))
            scenario = file
        out = tmp_path / "made" / "for" / "it"
        code, output, errors = call("run", scenario, "--dev-json", sala.dev_json, "--out", out, *options)
        assert code in (0, 1), output + errors
        assert errors == ""
        return code, json.loads((out / "results.json").read_text()), output

    return runner


def passed(code, results):
    oracle = results["oracle"]
    assert {kind: oracle[kind] for kind in KINDS} == dict.fromkeys(KINDS, 0), oracle["findings"]
    assert (code, results["verdict"], results["failures"]) == (0, "passed", [])
    return oracle["checks"] > 0


def test_idle_connections_come_and_stay(run, sala):
    options = ["--connections", 60, "--duration", 2]
    if sala.process:
        options += ["--pid", sala.process.pid]
    code, results, output = run("idle", *options)
    assert passed(code, results)
    assert results["stages"]["connect"]["count"] == 60
    assert results["series"]["columns"]["connections"][-1] == 60
    assert results["scenario"]["groups"][0]["connections"] == 60 and results["seconds"] == 2
    assert results["errors"] == {} and output.endswith("report.html\n")
    if sala.process:
        assert "server bytes a connection" in results["figures"]
        assert max(filter(None, results["series"]["columns"]["serverMemory"])) > 1


def test_every_watcher_sees_every_message_once(run):
    code, results, _ = run("fanout", "--connections", 40, "--rate", 20, "--duration", 3)
    assert passed(code, results)
    totals = results["totals"]
    # Two seconds of warm-up and three that are measured.
    assert totals["sent"] == totals["acknowledged"] == 100
    assert totals["delivered"] == 100 * 40
    assert results["stages"]["message.ok"]["count"] == 60 and results["stages"]["message.event"]["count"] == 60 * 40
    assert [event["what"] for event in results["events"]] == ["connecting ended", "measuring begins", "measuring ends"]


def test_watchers_that_are_cut_off_come_back_and_miss_nothing(run):
    scenario = valid(
        seconds=3, group={"behaviour": "fanout", "connections": 30, "arrivals": {"shape": "poisson", "rate": 40}},
        faults=[{"at": 1, "do": "cut", "share": 0.5}])
    code, results, _ = run(scenario)
    assert passed(code, results)
    assert results["stages"]["resume"]["count"] >= 15
    assert results["totals"]["delivered"] == results["totals"]["acknowledged"] * 30
    assert "50 % of the connections cut" in [event["what"] for event in results["events"]]


def test_several_processes_make_one_run(run):
    code, results, _ = run("fanout", "--connections", 31, "--rate", 30, "--duration", 2, "--processes", 3)
    assert passed(code, results)
    assert results["generator"]["processes"] == 3
    assert results["stages"]["connect"]["count"] == 31
    assert results["totals"]["delivered"] == results["totals"]["acknowledged"] * 31
    assert max(results["series"]["columns"]["connections"]) >= 31
    assert results["scenario"]["groups"][0]["connections"] == 31


def test_a_limit_that_is_not_met_fails_the_run(run):
    code, results, output = run(valid(limits={"connect": {"p50": 0, "max": 60000}, "message.ok": {"p99": 1000}}))
    assert code == 1 and results["verdict"] == "failed" and len(results["failures"]) == 2
    assert [limit["isMet"] for limit in results["limits"]] == [False, True, False]
    assert "FAILED" in output


def test_tokens_are_made_with_a_key(sala, tmp_path):
    options = ["--target", sala.http, "--keys", sala.data / "keys.json", "--connections", 5, "--duration", 1]
    code, output, errors = call("run", "idle", *options, "--out", tmp_path)
    assert code == 0, output + errors
    assert json.loads((tmp_path / "results.json").read_text())["stages"]["connect"]["count"] == 5


def test_tokens_stand_in_a_file(sala, tmp_path):
    tokens = tmp_path / "tokens.json"
    tokens.write_text(json.dumps({role: sala.token(role=role) for role in ("customer", "service")}))
    options = ["--target", sala.http, "--tokens", tokens, "--connections", 5, "--duration", 1]
    assert call("run", "idle", *options)[0] == 0
    tokens.write_text(json.dumps({"customer": sala.token()}))
    code, _, errors = call("run", "idle", *options)
    assert code == 64 and "customer and service" in errors


def test_a_server_that_is_not_there(sala):
    code, output, errors = call(
        "run", "idle", "--dev-json", sala.dev_json, "--target", "http://127.0.0.1:9", "--connections", 1)
    assert code == 69 and output == "" and "refused" in errors


WRONG = {
    "/seconds": valid(seconds=0),
    "/extra": valid(extra=1),
    "/groups/0/behaviour": valid(group={"behaviour": "asleep"}),
    "/groups/0/connections": valid(group={"connections": -1}),
    "/groups/0/connect/rate": valid(group={"connect": {"shape": "constant"}}),
    "/groups/0/arrivals/peak": valid(group={"arrivals": {"shape": "spike", "rate": 1, "at": 1, "seconds": 1}}),
    "/faults/0/do": valid(faults=[{"at": 0, "do": "burn"}]),
    "/faults/0/seconds": valid(faults=[{"at": 0, "do": "freeze"}]),
    "/faults/0/share": valid(faults=[{"at": 0, "do": "cut", "share": 2}]),
    "/limits/connect/p42": valid(limits={"connect": {"p42": 1}}),
}


@pytest.mark.parametrize("place", WRONG)
def test_a_wrong_scenario_is_refused_with_the_place(place, tmp_path):
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(WRONG[place]))
    for command in (["check", file], ["run", file]):
        code, output, errors = call(*command)
        assert code == 64 and output == "" and f"wrong.json: {place}: " in errors
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(WRONG[place], SCHEMA)


def test_a_behaviour_refuses_a_setting_that_it_does_not_know(sala, tmp_path):
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(valid(group={"settings": {"colour": "red"}})))
    code, _, errors = call("check", file)
    assert code == 64 and "/groups/0/settings/colour" in errors


@pytest.mark.parametrize("path", SCENARIOS + BASELINES, ids=lambda path: path.stem)
def test_our_scenarios_are_right(path):
    scenario = json.loads(path.read_text())
    jsonschema.validate(scenario, SCHEMA)
    assert scenario["name"] == path.stem
    code, _, errors = call("check", path)
    assert code == 0, errors


def test_our_scenarios_are_listed(tmp_path):
    # Also far from here: they are found beside the program.
    for directory in (ROOT, tmp_path):
        code, output, _ = call("list", directory=directory)
        assert code == 0 and [line.split()[0] for line in output.splitlines()] == [path.stem for path in SCENARIOS]


def test_help_says_what_there_is():
    for arguments in ([], ["--help"], ["run", "--help"]):
        code, output, errors = call(*arguments)
        assert code == 0 and output.startswith("Usage: sala-loadtest") and errors == ""


@pytest.mark.parametrize("arguments", [["walk"], ["run"], ["run", "idle", "--rat", "5"], ["run", "nobody"], ["check"]])
def test_wrong_usage(arguments):
    code, output, errors = call(*arguments)
    assert code == 64 and output == "" and errors.startswith("sala-loadtest: ")
