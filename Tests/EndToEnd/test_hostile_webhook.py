"""Hostile webhooks (W): who cannot sign is not read, and who can is always answered."""

import base64
import hashlib
import hmac
import itertools
import json
import os
import time

import pytest
from conftest import request, wait_for
from hostile import REFUSAL, check_health
from raw_http import Raw

PATH = b"/webhook/company_a/oa-1"
MAX_BODY_BYTES = 1024 * 1024
numbers = itertools.count(time.time_ns())


def secret(server):
    return server.facts["secrets"]["line"]["company_a/oa-1"].encode()


def signature(key, body):
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest())


def event(**members):
    """A text message: recorded, and nothing is done about it."""
    return {
        "type": "message", "mode": "active", "timestamp": time.time_ns() // 1_000_000,
        "webhookEventId": f"W{next(numbers)}", "deliveryContext": {"isRedelivery": False},
        "source": {"type": "user", "userId": "U" + "a" * 32}, "replyToken": "r" * 32,
        "message": {"type": "text", "id": str(next(numbers)), "quoteToken": "q", "text": "สนใจทองคำแท่ง 1 บาท"},
    } | members


def body_of(*events):
    return json.dumps({"destination": "U" + "0" * 32, "events": events}, ensure_ascii=False).encode()


def webhook(body, *fields, method=b"POST", length=True):
    lines = [method + b" " + PATH + b" HTTP/1.1", b"Host: a", b"Content-Type: application/json", *fields]
    if length:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def signed(key, body):
    return b"X-Line-Signature: " + signature(key, body)


def ask(server, data):
    since = time.monotonic()
    with Raw(server) as raw:
        raw.send(data)
        answer = raw.answer()
    assert time.monotonic() - since < REFUSAL
    return answer


def recorded(server):
    """The webhook events in the account's log."""
    found, after = [], 0
    while after is not None:
        status, _, page = request(
            "GET", f"{server.http}/v1/sessions/line-oa/oa-1/log?after={after}&limit=500",
            token=server.token("company_a", "staff"))
        if status == 404:
            return []
        page = json.loads(page)
        found += page["events"]
        after = page["next"]
    return [entry["data"]["id"] for entry in found if entry["name"] == "line.received"]


# The signature that comes with a body, made from the right one.
SIGNATURES = {
    "W01 none": lambda key, body: [],
    "W02 random": lambda key, body: [b"X-Line-Signature: " + base64.b64encode(os.urandom(32))],
    "W03 empty": lambda key, body: [b"X-Line-Signature:"],
    "W04 cut": lambda key, body: [b"X-Line-Signature: " + signature(key, body)[:20]],
    "W05 padded": lambda key, body: [b"X-Line-Signature: " + signature(key, body) + b"===="],
    "W06 in hexadecimal": lambda key, body: [
        b"X-Line-Signature: " + hmac.new(key, body, hashlib.sha256).hexdigest().encode()],
    "W07 of another body": lambda key, body: [signed(key, body.replace(b"active", b"actixe"))],
    "W08 of the same JSON, written anew": lambda key, body: [signed(key, json.dumps(json.loads(body)).encode())],
    "W09 of no body": lambda key, body: [signed(key, b"")],
    "W10 with an empty secret": lambda key, body: [signed(b"", body)],
    "W11 two of them": lambda key, body: [signed(key, body), signed(key, body)],
    "W12 two of them, one wrong": lambda key, body: [signed(b"x", body), signed(key, body)],
    "W13 in a query of a field": lambda key, body: [b"X-Line-Signature: " + signature(key, body) + b", " + b"A" * 44],
}


@pytest.mark.parametrize("case", SIGNATURES)
def test_signatures(victim, case):
    mine = event()
    body = body_of(mine)
    answer = ask(victim, webhook(body, *SIGNATURES[case](secret(victim), body)))
    assert answer.status == 401
    assert json.loads(answer.body)["code"] == 2100
    assert mine["webhookEventId"] not in recorded(victim)


@pytest.mark.parametrize("body", [b"", b"x", b"\xff\xfe", b"[]", b"{}", b'{"events":{}}', b'{"events":[1]',
                                  b'{"events":' + b"[" * 100_000, b'{"events":[' + b'{"a":' * 200 + b"1"])
def test_w14_signed_but_no_webhook(victim, body):
    assert ask(victim, webhook(body, signed(secret(victim), body))).status == 400


def test_w15_too_large(victim):
    """Refused by its length, before any of it is read."""
    head = webhook(b"", b"Content-Length: %d" % (16 * 1024 * 1024), length=False)
    assert ask(victim, head).status == 413
    body = body_of(event(message={"type": "text", "id": "1", "quoteToken": "q", "text": "x" * MAX_BODY_BYTES}))
    assert ask(victim, webhook(body, signed(secret(victim), body))).status == 413


def test_w16_byte_by_byte_in_chunks(victim):
    mine = event()
    body = body_of(mine)
    data = webhook(b"", signed(secret(victim), body), b"Transfer-Encoding: chunked", length=False)
    data += b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    assert ask(victim, data).status == 200
    assert recorded(victim).count(mine["webhookEventId"]) == 1


def test_w17_delivered_twice(victim):
    mine = event()
    again = dict(mine, deliveryContext={"isRedelivery": True})
    for body in [body_of(mine, mine), body_of(mine), body_of(again)]:
        assert ask(victim, webhook(body, signed(secret(victim), body))).status == 200
    assert recorded(victim).count(mine["webhookEventId"]) == 1


def test_w18_another_method(victim):
    answer = ask(victim, webhook(b"", method=b"GET"))
    assert answer.status == 405 and answer.headers["allow"] == "POST"


def test_w19_three_hundred_in_a_row(victim):
    """A signed webhook is never told to come more slowly."""
    mine = [event() for _ in range(300)]
    with Raw(victim) as raw:
        for one in mine:
            body = body_of(one)
            raw.send(webhook(body, signed(secret(victim), body)))
            assert raw.answer().status == 200
    check_health(victim)
    assert wait_for(
        "all of them", lambda: {one["webhookEventId"] for one in mine} <= set(recorded(victim)))


def test_unknown_accounts(victim):
    body = body_of(event())
    for path in [b"/webhook/company_a/oa-9", b"/webhook/jeco/oa-1", b"/webhook/nobody/oa-1", b"/webhook/company_a/%00"]:
        data = webhook(body, signed(secret(victim), body)).replace(PATH, path)
        assert ask(victim, data).status in (400, 404)


def test_the_call_of_lines_console(victim):
    """An empty list of events is a question whether somebody is there."""
    body = b'{"destination":"U' + b"0" * 32 + b'","events":[]}'
    assert ask(victim, webhook(body, signed(secret(victim), body))).status == 200
