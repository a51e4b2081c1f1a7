"""Runs Autobahn|Testsuite's fuzzing client against one address and judges the outcome.

The suite itself is Python 2.7 and is called as a program; this is Python 3. Every selected case must be OK, in behaviour and
in closing. The suite says INFORMATIONAL where RFC 6455 leaves a choice; those cases are named here. A case without a
result counts as failed.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

# 7.1.6: whether a large message is still read behind a Close frame. 7.13.*: close codes of 5000 and more.
INFORMATIONAL = {"7.1.6", "7.13.1", "7.13.2"}

# Each case of 12 and 13 sends 1,000 messages: the small ones do for every commit.
QUICK_OMITS = [f"12.{group}.{size}" for group in range(1, 6) for size in range(5, 19)] + [
    f"13.{group}.{size}" for group in range(1, 8) for size in range(3, 19)
]

# A group of cases that takes longer hangs.
GROUP_SECONDS = 1800

RESOLVE = """
import json, sys
from autobahntestsuite.case import CaseSetname, CaseBasename, Cases, CaseCategories, CaseSubCategories
from autobahntestsuite.caseset import CaseSet
cases = CaseSet(CaseSetname, CaseBasename, Cases, CaseCategories, CaseSubCategories)
sys.stdout.write(json.dumps({"cases": list(cases.CasesIndices), "categories": CaseCategories}))
"""


def group_of(case):
    """Cases that run in one process: 9, 12 and 13 are long, so each of their parts is one."""
    parts = case.split(".")
    return ".".join(parts[:2]) if parts[0] in ("9", "12", "13") else parts[0]


def order(case):
    return [int(part) for part in case.split(".")]


class Suite:
    def __init__(self, python, reports, address):
        self.python = str(python)
        self.reports = reports
        self.address = address

    def call(self, *arguments, **options):
        return subprocess.Popen([self.python, "-W", "ignore", *arguments], start_new_session=True, **options)

    def cases(self):
        process = self.call("-c", RESOLVE, stdout=subprocess.PIPE)
        output, _ = process.communicate()
        if process.returncode != 0:
            sys.exit("conformance: the suite cannot be loaded")
        found = json.loads(output)
        return sorted(found["cases"], key=order), found["categories"]

    def run(self, name, cases):
        """The results of the cases, by name; those of a group that hangs or breaks are missing."""
        folder = self.reports / name
        folder.mkdir(parents=True)
        plan = folder / "plan.json"
        plan.write_text(
            json.dumps(
                {
                    "outdir": str(folder),
                    "options": {"failByDrop": False},
                    "servers": [{"agent": "sala", "url": self.address}],
                    "cases": cases,
                    "exclude-cases": [],
                    "exclude-agent-cases": {},
                }
            )
        )
        with open(folder / "log", "wb") as log:
            program = str(pathlib.Path(self.python).parent / "wstest")
            process = self.call(program, "-m", "fuzzingclient", "-s", str(plan), stdout=log, stderr=log, cwd=folder)
            try:
                process.wait(GROUP_SECONDS)
            except subprocess.TimeoutExpired:
                print(f"  {name}: no end after {GROUP_SECONDS} s")
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        index = folder / "index.json"
        return json.loads(index.read_text())["sala"] if index.exists() else {}


def verdict(case, result):
    """OK, INFORMATIONAL, or what is wrong."""
    if result is None:
        return "MISSING"
    behaviour, closing = result["behavior"], result["behaviorClose"]
    if behaviour == closing == "OK":
        return "OK"
    if case in INFORMATIONAL and {behaviour, closing} <= {"OK", "INFORMATIONAL"}:
        return "INFORMATIONAL"
    return f"{behaviour}, closing {closing}"


def index(reports, verdicts, results, groups):
    """A page that leads to the suite's own reports."""
    rows = []
    for case, said in verdicts.items():
        report = results.get(case, {}).get("reportfile", "").replace(".json", ".html")
        rows.append(f'<tr><td><a href="{groups[case]}/{report}">{case}</a><td>{said}')
    (reports / "index.html").write_text(
        "<!doctype html><meta charset=utf-8><title>Autobahn</title><table>" + "\n".join(rows) + "</table>\n"
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", required=True, type=pathlib.Path, help="Python 2.7 that has the suite")
    parser.add_argument("--reports", required=True, type=pathlib.Path)
    parser.add_argument("--cases", required=True, choices=["quick", "full"])
    parser.add_argument("address")
    options = parser.parse_args()
    reports = options.reports.absolute()
    shutil.rmtree(reports, ignore_errors=True)
    suite = Suite(options.python.absolute(), reports, options.address)

    known, categories = suite.cases()
    selected = [case for case in known if options.cases == "full" or case not in QUICK_OMITS]
    if options.cases == "quick" and not set(QUICK_OMITS) < set(known):
        sys.exit("conformance: the suite does not have the cases that `quick` leaves out")
    groups = {case: group_of(case) for case in selected}
    print(f"Autobahn|Testsuite: {len(selected)} of {len(known)} cases against {options.address}", flush=True)

    start = time.monotonic()
    results = {}
    for name in dict.fromkeys(groups.values()):
        began = time.monotonic()
        results |= suite.run(name, [case for case in selected if groups[case] == name])
        print(f"  {name:5} {time.monotonic() - began:6.1f} s", flush=True)

    verdicts = {case: verdict(case, results.get(case)) for case in selected}
    index(reports, verdicts, results, groups)
    print(f"\n{'':4}{'':44}{'cases':>6}{'ok':>6}{'info':>6}{'bad':>6}")
    for top in dict.fromkeys(case.split(".")[0] for case in selected):
        said = [verdicts[case] for case in selected if case.split(".")[0] == top]
        good, informational = said.count("OK"), said.count("INFORMATIONAL")
        bad = len(said) - good - informational
        print(f"{top:4}{categories.get(top, '')[:42]:44}{len(said):6}{good:6}{informational:6}{bad:6}")
    wrong = {case: said for case, said in verdicts.items() if said not in ("OK", "INFORMATIONAL")}
    for case, said in wrong.items():
        print(f"{case}: {said}")
    good = sum(said == "OK" for said in verdicts.values())
    print(
        f"\nconformance: {'FAILED' if wrong else 'passed'}: {len(selected)} cases, {good} OK, "
        f"{len(selected) - good - len(wrong)} informational, {len(wrong)} not OK, {time.monotonic() - start:.0f} s"
    )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
