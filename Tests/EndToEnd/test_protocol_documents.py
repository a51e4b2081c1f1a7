"""Protocol/ is sound in itself: schemas are schemas, references lead somewhere, examples are what they claim to be."""

import copy
import functools
import json
import re
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

PROTOCOL = ROOT / "Protocol"
SCHEMAS = sorted((PROTOCOL / "schemas").glob("*.json"))
SCENARIOS = sorted((PROTOCOL / "scenarios").glob("*.json"))
OPEN_APIS = [PROTOCOL / "openapi.yaml", PROTOCOL / "backend.yaml"]
DOCUMENTS = [PROTOCOL / "asyncapi.yaml", *OPEN_APIS]
REGISTRIES = {"faults.json": "faults", "close-codes.json": "closeCodes"}


@functools.cache
def load(path):
    """What a file says. Read once, and shared: nobody changes it."""
    text = Path(path).read_text()
    return json.loads(text, object_pairs_hook=without_duplicates) if path.suffix == ".json" else yaml.safe_load(text)


def without_duplicates(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a member stands twice: {names}"
    return dict(pairs)


def closed(schema):
    """A copy in which objects hold only what the schema names: clients ignore more, but an example with more is a typo."""
    schema = copy.deepcopy(schema)

    def close(node):
        if isinstance(node, dict):
            # `if` and `then` speak of a part of an object; only who says "object" speaks of all of it.
            if node.get("type") == "object" and "properties" in node:
                node.setdefault("additionalProperties", False)
            for child in node.values():
                close(child)
        elif isinstance(node, list):
            for child in node:
                close(child)

    close(schema)
    return schema


@functools.cache
def registry(transform=None):
    resources = []
    for path in [*SCHEMAS, *DOCUMENTS]:
        contents = load(path)
        if path in SCHEMAS:
            contents = transform(contents) if transform else contents
        resources.append((path.as_uri(), Resource(contents, DRAFT202012)))
    return Registry().with_resources(resources)


@pytest.fixture(scope="module")
def strict():
    return registry(closed)


def validator(reference, known):
    return Draft202012Validator({"$ref": reference}, registry=known, format_checker=FormatChecker())


def complaints(value, reference, known):
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in validator(reference, known).iter_errors(value)
    ]


def schema_uri(name):
    return (PROTOCOL / "schemas" / f"{name}.schema.json").as_uri()


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def test_the_folder_is_complete():
    assert len(SCHEMAS) > 50 and len(SCENARIOS) >= 10
    for name in ["README.md", "CHANGELOG.md", "asyncapi.yaml", "openapi.yaml", "backend.yaml"]:
        assert (PROTOCOL / name).is_file()


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_every_schema_is_one(path):
    schema = load(path)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] and schema["description"]
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", [*SCHEMAS, *DOCUMENTS], ids=lambda path: path.name)
def test_every_reference_resolves(path):
    known = registry()
    resolver = known.resolver(path.as_uri())
    for reference in references(load(path)):
        assert not re.match(r"https?:", reference), "nothing outside the folder"
        resolver.lookup(reference)


def test_every_schema_is_used():
    used = set()
    for path in [*SCHEMAS, *DOCUMENTS]:
        used |= {reference.split("#")[0].split("/")[-1] for reference in references(load(path))}
    by_test = {"client-frame.schema.json", "server-frame.schema.json", "scenario.schema.json"}
    assert {path.name for path in SCHEMAS} - used - by_test == set()


def async_examples():
    for name, message in load(PROTOCOL / "asyncapi.yaml")["components"]["messages"].items():
        assert message["examples"], name
        for example in message["examples"]:
            yield pytest.param(name, message, example["payload"], id=f"{name}-{example['name']}")


@pytest.mark.parametrize("name,message,payload", list(async_examples()))
def test_every_example_of_a_frame_is_valid(name, message, payload, strict):
    reference = message["payload"]["schema"]["$ref"]
    assert complaints(payload, (PROTOCOL / reference).as_uri(), strict) == []
    side = "client" if name.startswith("client") else "server"
    assert complaints(payload, schema_uri(f"{side}-frame"), strict) == []


def test_every_frame_stands_in_asyncapi_and_is_sent_or_received():
    document = load(PROTOCOL / "asyncapi.yaml")
    frames = {path.name for path in SCHEMAS if path.name.startswith(("client.", "server."))}
    messages = document["components"]["messages"]
    assert {message["payload"]["schema"]["$ref"].split("/")[-1] for message in messages.values()} == frames
    operated = {
        reference["$ref"].split("/")[-1]
        for operation in document["operations"].values() for reference in operation["messages"]
    }
    assert operated == set(messages) == set(document["channels"]["socket"]["messages"])
    for operation in document["operations"].values():
        for reference in operation["messages"]:
            side = "client" if operation["action"] == "receive" else "server"
            assert reference["$ref"].split("/")[-1].startswith(side)


def test_every_command_and_event_has_an_example():
    shown = {"command": set(), "event": set()}
    for parameter in async_examples():
        payload = parameter.values[2]
        if payload["type"] in shown:
            shown[payload["type"]].add(payload["name"])
    for word, names in shown.items():
        assert names == {path.name[len(word) + 1 : -len(".schema.json")] for path in SCHEMAS if path.name.startswith(word + ".")}


def open_examples():
    def walk(node, trail):
        if isinstance(node, dict):
            for media, content in node.get("content", {}).items() if isinstance(node.get("content"), dict) else []:
                if "$ref" in content.get("schema", {}):
                    yield pytest.param(content, id=f"{'/'.join(trail)} {media}")
            for name, child in node.items():
                yield from walk(child, [*trail, str(name)])
        elif isinstance(node, list):
            for index, child in enumerate(node):
                yield from walk(child, [*trail, str(index)])

    for path in OPEN_APIS:
        yield from walk(load(path), [path.stem])


@pytest.mark.parametrize("content", list(open_examples()))
def test_every_example_of_a_body_is_valid(content, strict):
    assert "example" in content
    assert complaints(content["example"], (PROTOCOL / content["schema"]["$ref"]).as_uri(), strict) == []


@pytest.mark.parametrize("path", OPEN_APIS, ids=lambda path: path.stem)
def test_every_operation_is_named_once_and_says_what_may_come(path):
    document = copy.deepcopy(load(path))
    names = []
    for route, item in document["paths"].items():
        parameters = set(re.findall(r"\{(\w+)\}", route))
        declared = {reference["$ref"].split("/")[-1] for reference in item.get("parameters", [])}
        assert parameters == declared, route
        for method, operation in item.items():
            if method in ("parameters", "servers"):
                continue
            names.append(operation["operationId"])
            assert operation["summary"] and operation["responses"] and operation["tags"]
    assert len(names) == len(set(names))
    used = set(references(document["paths"]))
    for kind in ["parameters", "responses"]:
        for name in document["components"][kind]:
            assert f"#/components/{kind}/{name}" in used, f"{kind}/{name} is not used"


def test_examples_of_faults_agree_with_the_registry():
    path = PROTOCOL / "faults.json"
    if not path.exists():
        pytest.skip("faults.json is not here")
    known = {fault["code"]: fault for fault in load(path)["faults"]}

    def faults(node):
        if isinstance(node, dict):
            if isinstance(node.get("code"), int) and 2000 <= node["code"] < 3000:
                yield node
            for child in node.values():
                yield from faults(child)
        elif isinstance(node, list):
            for child in node:
                yield from faults(child)

    found = [fault for document in [*DOCUMENTS, *SCENARIOS] for fault in faults(load(document))]
    assert len(found) > 10
    for fault in found:
        entry = known[fault["code"]]
        if "name" in fault:
            assert fault["name"] == entry["name"]
        if "retryable" in fault:
            assert fault["retryable"] == entry["retryable"], fault
        # What HTTP itself has a status for is refused with that one, whatever its fault has elsewhere.
        if fault.get("status") not in (None, 405, 415, 426):
            assert fault["status"] == entry["httpStatus"], fault


SAMPLES = {
    None: "x_1", "integer": 7, "boolean": True, "time": "2026-11-21T10:00:00+07:00", "array": [], "object": None,
}


def filled(node):
    """A frame of a scenario with a value in place of each variable."""
    if isinstance(node, dict):
        return {name: filled(child) for name, child in node.items()}
    if isinstance(node, list):
        return [filled(child) for child in node]
    if isinstance(node, str):
        whole = re.fullmatch(r"\$\{[^}:]+(?::(\w+))?\}", node)
        if whole:
            return SAMPLES[whole[1]]
        return re.sub(r"\$\{[^}]+\}", "x_1", node)
    return node


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenario_speaks_the_protocol(path, strict):
    scenario = load(path)
    assert complaints(scenario, schema_uri("scenario"), strict) == []
    assert scenario["name"] == path.stem
    headings = re.findall(r"^## (.+)$", (PROTOCOL / "README.md").read_text(), re.MULTILINE)
    assert scenario["source"].removeprefix("README.md, ") in headings
    connected = set()
    for step in scenario["steps"]:
        who = step.get("client") or step.get("server")
        if "connect" in step:
            assert who in scenario["given"]["subjects"]
            connected.add(who)
        assert who is None or who in connected, f"{who} is not connected"
        if "send" in step:
            assert complaints(filled(step["send"]), schema_uri("client-frame"), strict) == []
        patterns = [*step.get("frames", []), *[step[name] for name in ("frame", "while", "until") if name in step]]
        for pattern in patterns:
            if pattern["type"] == "${?}":
                continue
            assert complaints(filled(pattern), schema_uri("server-frame"), strict) == [], pattern
        for frame in [step.get("send", {}), *patterns]:
            if frame.get("type") in ("command", "event"):
                assert (PROTOCOL / "schemas" / f"{frame['type']}.{frame['name']}.schema.json").exists(), frame["name"]
        if "close" in step and (PROTOCOL / "close-codes.json").exists():
            codes = {code["code"] for code in load(PROTOCOL / "close-codes.json")["closeCodes"]}
            assert step["close"] in codes
    for name in scenario.get("expect", {}).get("log", []):
        assert (PROTOCOL / "schemas" / f"event.{name}.schema.json").exists(), name
