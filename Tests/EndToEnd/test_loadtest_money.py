"""The load harness where books are kept: orders, slips and payments. What it says of a sound server, and that it notices books that
differ."""

import base64
import json
import pathlib
import subprocess

import pytest
from conftest import ROOT, load_client, request, unique, wait_for

# Seconds of the measured part: enough for some dozen slips or payments.
MEASURED = 3
# Of a whole run, on a busy machine.
RUN_TIMEOUT = 300


class Run:
    """One run of the load harness against the server that `options` name, not waited for."""

    def __init__(self, options, directory, scenario):
        document = directory / "scenario.json"
        document.write_text(json.dumps(scenario))
        self.results = directory / "results"
        self.output = directory / "output"
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                [load_client(), "run", str(document), "--out", str(self.results), *options],
                stdout=output, stderr=subprocess.STDOUT, cwd=ROOT)

    def end(self):
        """Exit code and results."""
        code = self.process.wait(RUN_TIMEOUT)
        said = self.output.read_text()
        assert code in (0, 1), said
        results = json.loads((self.results / "results.json").read_text())
        return code, results, said

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


@pytest.fixture
def load(sala, tmp_path):
    runs = []

    def start(*groups, faults=(), seconds=MEASURED, drain=45, options=("--dev-json", str(sala.dev_json))):
        scenario = {
            "name": "test", "seconds": seconds, "drainSeconds": drain, "groups": list(groups), "faults": list(faults)}
        directory = tmp_path / f"run-{len(runs)}"
        directory.mkdir()
        runs.append(Run(options, directory, scenario))
        return runs[-1]

    yield start
    for run in runs:
        run.stop()


def slips(**settings):
    return {"name": "customers", "behaviour": "slips", "connections": 4, "sessions": 2,
            "arrivals": {"shape": "constant", "rate": 10}, "settings": {"users": 20, **settings}}


def payments(**settings):
    return {"name": "payers", "behaviour": "payments", "connections": 4,
            "arrivals": {"shape": "poisson", "rate": 20}, "settings": settings}


def orders(**settings):
    return {"name": "deliveries", "behaviour": "orders", "connections": 20, "sessions": 5,
            "arrivals": {"shape": "constant", "rate": 40},
            "settings": {"mix": {"report": 5, "advance": 1}, "maxHz": 10, **settings}}


def kinds(results):
    """How often each promise was found broken."""
    names = ("lost", "duplicated", "reordered", "regressed", "stuck", "unbalanced")
    return {name: results["oracle"][name] for name in names if results["oracle"][name]}


def passed(run, *stages):
    code, results, said = run.end()
    assert (code, results["verdict"], kinds(results)) == (0, "passed", {}), said
    assert results["oracle"]["checks"] > 0
    for stage in stages:
        assert results["stages"][stage]["count"] > 0, f"{stage}: {said}"
    return results


def unbalanced(run):
    """The findings of a run in which nothing but the books is wrong."""
    code, results, said = run.end()
    assert (code, results["verdict"], set(kinds(results))) == (1, "failed", {"unbalanced"}), said
    return [finding["detail"] for finding in results["oracle"]["findings"]]


def ask(sala, path):
    status, _, text = request("GET", f"{sala.standins}/_control/{path}")
    assert status == 200, text
    return json.loads(text)


class TestSound:
    def test_orders(self, load):
        results = passed(load(orders()), "connect", "value", "message.ok", "message.event")
        # Five viewers in mode all and five in mode latest see positions; each step is seen by all of the former.
        assert results["stages"]["message.event"]["count"] >= results["stages"]["message.ok"]["count"]

    def test_orders_whose_network_is_lost(self, load):
        passed(load(orders(), faults=[{"at": 1, "do": "cut", "share": 1}]), "resume", "value")

    def test_slips(self, load, sala):
        before = len(ask(sala, "backend/ledger?tenant=company_a")["credits"])
        results = passed(
            load(slips(mix={"slip": 6, "duplicate": 2, "text": 1})), "connect", "slip.answer", "slip.credit")
        # Nothing warms up here, so everything was measured.
        credited = len(ask(sala, "backend/ledger?tenant=company_a")["credits"]) - before
        assert results["stages"]["slip.credit"]["count"] == credited

    def test_payments(self, load):
        results = passed(
            load(payments(gateways={"omise": 1, "2c2p": 1, "paymongo": 1}, outcomes={"paid": 3, "failed": 1})),
            "connect", "payment.create", "payment.webhook", "payment.done")
        assert results["stages"]["payment.done"]["count"] == results["totals"]["sent"] == results["totals"]["acknowledged"]

    def test_watchers_that_lose_the_network(self, load):
        cut = [{"at": at, "do": "cut", "share": 1} for at in (1, 2)]
        passed(load(slips(), payments(), faults=cut), "resume", "slip.credit", "payment.done")


    def test_a_server_that_is_killed_and_one_that_is_replaced(self, load, executable):
        faults = [{"at": 2, "do": "kill"}, {"at": 4, "do": "replace"}]
        # A slip whose step failed twice while servers came and went waits 30 and then 120 seconds (SlipRetryPolicy).
        options = ("--serve", "--sala", executable[0])
        results = passed(
            load(slips(), payments(), orders(), faults=faults, seconds=6, drain=200, options=options),
            "resume", "value", "slip.credit", "payment.done")
        assert any(name.startswith("connect: ") for name in results["errors"]), "it was killed, and nobody noticed"


class TestBooksThatDiffer:
    def meanwhile(self, run, sala, path, member):
        """One more than before stands in a book, so the run has begun to fill it; returns the newest."""
        before = {entry["id"] for entry in ask(sala, path)[member]}
        found = []

        def has_grown():
            assert run.process.poll() is None, run.output.read_text()
            found[:] = [entry for entry in ask(sala, path)[member] if entry["id"] not in before]
            return bool(found)

        wait_for("an entry of the run's", has_grown, 60)
        return found[-1]

    def test_a_credit_too_many(self, load, sala):
        run = load(slips())
        self.meanwhile(run, sala, "backend/ledger?tenant=company_a", "credits")
        reference = unique("X")
        credit = {"userId": "USER1000", "toAccountId": "ACC1", "amount": "12.34", "currency": "THB", "bank": "004",
                  "transRef": reference}
        status, _, text = request(
            "POST", f"{sala.standins}/backend/company_a/credits", credit, "t", **{"Idempotency-Key": reference})
        assert status == 201, text
        (detail,) = unbalanced(run)
        assert f"004/{reference}" in detail and "12.34 THB" in detail and "no journal" in detail

    def test_a_credit_too_few(self, load, sala):
        run = load(slips())
        lost = self.meanwhile(run, sala, "backend/ledger?tenant=company_a", "credits")
        request("DELETE", f"{sala.standins}/_control/backend/ledger?tenant=company_a")
        details = unbalanced(run)
        assert any(f"{lost['bank']}/{lost['transRef']}" in detail and "not in" in detail for detail in details)

    def test_a_charge_too_many(self, load, sala):
        run = load(payments())
        self.meanwhile(run, sala, "omise/payments", "payments")
        key = base64.b64encode((sala.facts["apiKeys"]["omise"] + ":").encode()).decode()
        order = {"amount": 4_321, "currency": "thb", "card": "tokn_test_extra", "metadata": {"payment_id": unique("p")[:40]}}
        status, _, text = request(
            "POST", f"{sala.standins}/omise/charges", order, Authorization=f"Basic {key}")
        assert status == 200, text
        (detail,) = unbalanced(run)
        assert f"omise/{json.loads(text)['id']}" in detail and "43.21 THB" in detail and "no journal" in detail

    def test_a_charge_of_another_amount(self, load, sala):
        run = load(payments())
        charge = self.meanwhile(run, sala, "omise/payments", "payments")

        # Once the server has asked the gateway; before, it would not take the charge for this payment's.
        def is_accepted():
            status, _, text = request(
                "GET", f"{sala.http}/v1/sessions/payment/{charge['reference']}", token=sala.token("jeco", "service"))
            assert status == 200, text
            return json.loads(text)["state"]["status"] == "accepted"

        wait_for("the payment's end", is_accepted, 60)
        # Nobody hears of it.
        order = {"tenant": "jeco", "charge": charge["id"], "amount": "1.00", "status": "paid", "url": "http://127.0.0.1:9/"}
        status, _, text = request("POST", f"{sala.standins}/_control/omise/webhook", order)
        assert status == 200, text
        (detail,) = unbalanced(run)
        assert charge["id"] in detail and f"{charge['amount']} THB in the journal" in detail and "1.00 THB" in detail


class TestRefusals:
    @pytest.mark.parametrize("group, member", [
        (slips(users=0), "users"), (slips(mix={"photo": 1}), "photo"), (payments(gateways={"omise": 0}), "gateways"),
        (orders(latestShare=2), "latestShare"), ({**payments(), "connections": 0}, "connection")])
    def test_settings_are_checked(self, load, group, member):
        run = load(group)
        assert run.process.wait(RUN_TIMEOUT) == 64
        assert member in run.output.read_text() and not pathlib.Path(run.results).exists()
