"""Lifecycles of orders, declared by a tenant's staff and read by everybody of the tenant."""

import copy
import json
import re

import pytest
from conftest import request, unique
from test_protocol_documents import PROTOCOL, closed, complaints, load, registry, schema_uri


def example():
    """The document that Protocol/README.md shows."""
    text = (PROTOCOL / "README.md").read_text()
    return json.loads(re.search(r"## Lifecycles.*?```json\n(.*?)```", text, re.DOTALL).group(1))


@pytest.fixture(scope="module")
def strict():
    return registry(closed)


@pytest.fixture
def ask(sala):
    def ask(method, path="", body=None, role="staff", tenant="baanfoodie"):
        status, headers, text = request(method, f"{sala.http}/v1/lifecycles{path}", body, sala.token(tenant, role))
        return status, headers, json.loads(text)

    return ask


def test_the_example_of_the_documents_is_one_lifecycle(strict):
    operation = load(PROTOCOL / "openapi.yaml")["paths"]["/v1/lifecycles/{name}"]
    content = operation["put"]["requestBody"]["content"]["application/json"]
    assert content["example"] == example()
    assert complaints(example(), schema_uri("lifecycle"), strict) == []


def test_a_tenant_declares_its_own(ask):
    document = {**example(), "name": unique("l").lower()[:32]}
    path = "/" + document["name"]
    assert ask("GET", path)[0] == 404
    status, headers, answer = ask("PUT", path, document)
    assert (status, answer) == (201, document)
    assert headers["Location"] == "/v1/lifecycles" + path
    assert ask("GET", path, role="customer")[2] == document
    document["states"][2]["label"]["th"] = "อยู่ในเครื่องซัก"
    assert ask("PUT", path, document, role="service")[0] == 200
    assert ask("GET", path, role="customer")[2] == document
    names = [row["name"] for row in ask("GET", role="customer")[2]["lifecycles"]]
    assert names[:3] == ["baanfoodie", "jeco", "trusttrade"] and document["name"] in names
    assert ask("GET", path, tenant="jeco")[0] == 404
    assert document["name"] not in [row["name"] for row in ask("GET", tenant="jeco")[2]["lifecycles"]]


@pytest.mark.parametrize("name", ["baanfoodie", "jeco", "trusttrade"])
def test_salas_own_are_documents_and_stay(ask, name, strict):
    status, _, document = ask("GET", "/" + name, role="customer")
    assert status == 200 and document["name"] == name
    assert complaints(document, schema_uri("lifecycle"), strict) == []
    status, _, problem = ask("PUT", "/" + name, document)
    assert (status, problem["code"]) == (409, 2401)


def change(place, value):
    """The example with something else at a place; None takes it away."""
    document = copy.deepcopy(example())
    *way, last = [int(token) if token.isdigit() else token for token in place.split("/")[1:]]
    part = document
    for token in way:
        part = part[token]
    if value is None:
        del part[last]
    elif isinstance(part, list) and last == len(part):
        part.append(value)
    else:
        part[last] = value
    return document


@pytest.mark.parametrize(
    ("place", "value", "told", "detail"),
    [
        ("/transitions/2/to", "returnd", None, 'there is no state "returnd"'),
        ("/initial", "returned", None, '"returned" is terminal'),
        ("/states/5", {"name": "lost", "label": {"th": "หาย", "en": "Lost"}}, None,
         'nothing leads from "booked" to "lost"'),
        ("/transitions/2", None, "/states/2", None),
        ("/states/0/label/th", None, "/states/0/label", "th is missing"),
        ("/payment/moves/0/on", "paid", None, None),
        ("/cancellation/by/0", "payment", None, None),
        ("/colour", "red", None, 'there is no member "colour"'),
        ("/name", "another", None, None),
    ],
)
def test_a_wrong_one_is_refused_with_the_place_of_the_mistake(ask, place, value, told, detail, strict):
    told = told or place
    document = change(place, value)
    if place == "/transitions/2":
        # Else the payment's move leads from there to an end.
        document["payment"]["moves"] = []
    status, headers, problem = ask("PUT", "/laundry", document)
    assert status == 400 and headers["Content-Type"] == "application/problem+json"
    assert problem["code"] == 2400 and problem["place"] == told
    assert problem["detail"].startswith(told + ": ")
    if detail:
        assert detail in problem["detail"]
    assert complaints(problem, schema_uri("http.problem"), strict) == []


def test_who_may(ask, sala):
    document = example()
    for role in ("customer", "rider", "provider"):
        token = sala.mint(role=role, tenant="baanfoodie")
        url = f"{sala.http}/v1/lifecycles/laundry"
        assert request("PUT", url, document, token)[0] == 403
        assert request("GET", f"{sala.http}/v1/lifecycles/jeco", token=token)[0] == 200
    assert request("GET", f"{sala.http}/v1/lifecycles")[0] == 401
    assert request("PUT", f"{sala.http}/v1/lifecycles/laundry", document)[0] == 401


def test_a_large_one_is_not_read(ask):
    document = change("/states/0/label/en", "x" * 40_000)
    status, _, problem = ask("PUT", "/laundry", document)
    assert (status, problem["code"]) == (413, 2202)
