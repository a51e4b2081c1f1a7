"""BaanFoodie's façade, as its pages, its back end and SlipOK call it: the platform's document, §3.6, §3.7, §10 and §11."""

import base64
import http.client
import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from conftest import request, unique, wait_for
from test_protocol_documents import closed, complaints, registry, schema_uri

PROMPTPAY = "0812345678"
OPEN = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
PLACE = {"lat": 13.7563, "lng": 100.5018}
COMPANY = 3
QR, BALANCE = 1, 2
COLUMNS = {
    "id", "company_id", "branch_id", "user_id", "txn_type", "txn_method_id", "reversal", "amount", "adjust_amount", "status",
    "expired_at", "created_at", "updated_at", "trans_ref", "trans_date", "trans_timestamp"}


SCHEMAS = {
    "/transaction/method": "methods-answer", "/transaction/create": "transaction-answer",
    "/transaction/details": "details-answer", "/transaction/list": "list-answer", "/payment": "payment-answer",
    "/payment/index": "payment-answer", "/payment/slipok": "slip-answer", "/qr/generate": "code-answer",
    "/mock/qr": "code-answer", "/branches": "branch-answer", "/users": "cart-answer",
}
KNOWN = registry(closed)


class Answer:
    """An answer of a route, held against its document."""

    def __init__(self, path, status, headers, text):
        self.status = status
        self.headers = headers
        self.text = text
        self.json = json.loads(text)
        self.code = self.json.get("code")
        self.body = self.json.get("body")
        path = path.split("?")[0]
        if self.body is None:
            schema = "refusal"
        elif path in SCHEMAS:
            schema = SCHEMAS[path]
        else:
            schema = SCHEMAS.get("/" + path.split("/")[1], "transaction-answer")
        assert complaints(self.json, schema_uri(f"foodie.{schema}"), KNOWN) == [], text


class Foodie:
    """The platform around one person: a branch and a cart of their own."""

    branches = 0

    def __init__(self, sala):
        self.sala = sala
        self.base = f"{sala.http}/t/baanfoodie/api"
        self.subject = unique("u")
        self.token = sala.mint(self.subject, tenant="baanfoodie")
        self.service = sala.token("baanfoodie", "service")
        Foodie.branches += 1
        # Other runs of the tests may have used the same server.
        self.branch = int(unique("b")[2:12], 16) + Foodie.branches
        self.set_branch()
        self.set_cart()

    def ask(self, method, path, body=None, token=None, **headers):
        return Answer(path, *request(method, self.base + path, body, token or self.token, timeout=30, **headers))

    def ok(self, method, path, body=None, token=None):
        answer = self.ask(method, path, body, token)
        assert (answer.status, answer.code) == (200, "OK"), answer.text
        assert set(answer.json) == {"code", "message", "body"}
        return answer.body

    def set_branch(self, **members):
        branch = {
            "company_id": COMPANY, "name": "สาขาสยาม", "open_hours": OPEN, "payment_id": PROMPTPAY,
            "payment_name": "ร้านข้าวสาธิต", **PLACE, **members}
        return self.ok("PUT", f"/branches/{self.branch}", branch, self.service)

    def set_cart(self, **members):
        cart = {"branchId": self.branch, "items": [{"productId": 7, "quantity": 2}], "customerLocation": PLACE, **members}
        return self.ok("PUT", f"/users/{self.subject}/cart", cart, self.service)

    def order(self, **members):
        return {
            "companyId": COMPANY, "branchId": self.branch, "txnType": "payment", "methodId": QR, "amount": 345, **members}

    def create(self, **members):
        return self.ok("POST", "/transaction/create", self.order(**members))

    def refused(self, **members):
        answer = self.ask("POST", "/transaction/create", self.order(**members))
        assert answer.json["message"] and answer.body is None
        return answer.status, answer.code

    def transfer(self, amount="345.00", promptpay=None, **members):
        if not members.get("receiver"):
            members["promptpay"] = promptpay or PROMPTPAY
        status, _, text = request(
            "POST", f"{self.sala.standins}/_control/bank/transfer", {"amount": amount, **members})
        assert status == 200, text
        return json.loads(text)

    def show(self, txn, slip, token=None):
        """The page shows the text of a slip's QR code."""
        return self.ask("POST", "/payment/slipok", {"txnId": txn, "payload": slip["payload"]}, token)

    def upload(self, txn, picture, token=None):
        """The page uploads a slip's picture."""
        mark = "----foodie"
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="txnId"\r\n\r\n{txn}\r\n'.encode()]
        head = 'Content-Disposition: form-data; name="file"; filename="slip.png"\r\nContent-Type: image/png\r\n\r\n'
        parts += [f"--{mark}\r\n{head}".encode(), picture, f"\r\n--{mark}--\r\n".encode()]
        headers = {
            "Content-Type": f"multipart/form-data; boundary={mark}", "Authorization": f"Bearer {token or self.token}"}
        return self.raw(b"".join(parts), headers)

    def hook(self, txn, slip, headers=None, **members):
        """SlipOK calls."""
        body = {"txnId": txn, "data": {"qrcodeData": slip["payload"]}, **members}
        return self.raw(json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})

    def raw(self, body, headers, path="/payment/slipok"):
        order = urllib.request.Request(self.base + path, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(order, timeout=30) as answer:
                return Answer(path, answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as refusal:
            return Answer(path, refusal.code, refusal.headers, refusal.read().decode())

    def details(self, txn):
        return self.ask("GET", f"/transaction/details?txnId={txn}")

    def deposit(self, amount):
        txn = self.create(txnType="deposit", amount=amount)
        answer = self.show(txn["id"], self.transfer(str(amount)))
        assert answer.code == "OK", answer.text
        return txn["id"]

    @property
    def secret(self):
        return self.sala.facts["secrets"]["slipok"]


@pytest.fixture
def foodie(sala):
    return Foodie(sala)


def bangkok(text):
    time = datetime.fromisoformat(text)
    assert time.utcoffset() == timedelta(hours=7), text
    return time


class TestPayment:
    def test_from_code_to_accepted(self, foodie):
        txn = foodie.create(amount=345)
        assert set(txn) == COLUMNS
        assert isinstance(txn["id"], int)
        assert (txn["company_id"], txn["branch_id"], txn["txn_method_id"]) == (COMPANY, foodie.branch, QR)
        assert (txn["user_id"], txn["txn_type"], txn["status"], txn["amount"]) == (
            foodie.subject, "payment", "pending", 345)
        assert (txn["reversal"], txn["adjust_amount"], txn["trans_ref"]) == (False, 0, None)
        left = bangkok(txn["expired_at"]) - bangkok(txn["created_at"])
        assert left == timedelta(seconds=900)

        begun = foodie.ok("POST", "/payment/index", {"txnId": txn["id"]})
        assert begun["transaction"]["id"] == txn["id"] and begun["displayStatus"] == "PENDING"
        assert [method["code"] for method in begun["methods"]] == ["QR_SLIP_VERIFY", "USER_BALANCE"]
        assert begun["slipUpload"]["url"] == "/api/payment/slipok"
        assert foodie.ok("POST", "/payment", {"txnId": txn["id"]})["qr"] == begun["qr"]
        code = foodie.ok("POST", "/qr/generate", {"txnId": txn["id"], "companyId": COMPANY, "amount": 345})
        assert code == begun["qr"] and "5406345.00" in code["payload"]
        assert base64.b64decode(code["image"].removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")

        # The bank's app reads the code.
        slip = foodie.transfer(promptpay=code["payload"])
        answer = foodie.show(txn["id"], slip)
        assert (answer.status, answer.code) == (200, "OK"), answer.text
        paid = answer.body["transaction"]
        assert (paid["status"], paid["trans_ref"]) == ("accepted", slip["transRef"])
        assert answer.body["displayStatus"] == "ACCEPTED" and answer.body["order"] is None
        assert paid["trans_date"] == slip["transferredAt"][:10]
        assert bangkok(paid["trans_timestamp"]) == bangkok(slip["transferredAt"])
        assert answer.body["slipMeta"] == {
            "transRef": slip["transRef"], "transDate": paid["trans_date"], "transTimestamp": paid["trans_timestamp"]}

        assert foodie.details(txn["id"]).json == answer.json
        assert foodie.ok("GET", f"/transaction/details?transactionId={txn['id']}") == answer.body
        assert foodie.ok("GET", f"/transaction/{txn['id']}") == paid
        listed = foodie.ok("GET", "/transaction/list")
        assert listed == {"transactions": [paid], "pagination": {"page": 1, "size": 10, "total": 1}}
        # It is a session like any other.
        status, _, text = request("GET", f"{foodie.sala.http}/v1/sessions/payment/{txn['id']}", token=foodie.token)
        assert status == 200 and json.loads(text)["state"]["status"] == "accepted"

    def test_a_picture_pays(self, foodie):
        txn = foodie.create(amount=120.25)
        slip = foodie.transfer("120.25")
        answer = foodie.upload(txn["id"], base64.b64decode(slip["image"].split(",")[1]))
        assert (answer.status, answer.code) == (200, "OK"), answer.text
        assert answer.body["transaction"]["amount"] == 120.25

    def test_slipok_pays(self, foodie):
        txn = foodie.create()
        slip = foodie.transfer()
        answer = foodie.hook(txn["id"], slip, {"x-authorization": foodie.secret})
        assert (answer.status, answer.code) == (200, "OK"), answer.text
        again = foodie.hook(txn["id"], slip, {"x-authorization": foodie.secret})
        assert (again.status, again.code) == (200, "DUPLICATE_SLIP"), again.text
        other = foodie.create()
        assert foodie.hook(other["id"], foodie.transfer(), token=foodie.secret).code == "OK"

    @pytest.mark.parametrize("text", ["345.50", "0.01", "99999999.99", '"345.5"', "1e2"])
    def test_a_decimal_is_read_exactly(self, foodie, text):
        body = json.dumps(foodie.order(amount=0)).replace('"amount": 0', f'"amount": {text}')
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {foodie.token}"}
        answer = foodie.raw(body.encode(), headers, "/transaction/create")
        if text == "1e2":
            assert (answer.status, answer.code) == (400, "BAD_REQUEST")
            return
        wanted = text.strip('"')
        wanted += "0" if wanted == "345.5" else ""
        assert f'"amount":{wanted},' in answer.text, answer.text
        assert f'"amount":{wanted},' in foodie.ask("GET", "/transaction/list").text


class TestSlips:
    def test_one_satang_off(self, foodie):
        txn = foodie.create(amount=345)
        for amount in ("345.01", "344.99"):
            answer = foodie.show(txn["id"], foodie.transfer(amount))
            assert (answer.status, answer.code) == (200, "AMOUNT_MISMATCH"), answer.text
            assert answer.body["transaction"]["status"] == "pending"
        assert foodie.show(txn["id"], foodie.transfer()).code == "OK"

    def test_a_slip_pays_once(self, foodie):
        slip = foodie.transfer()
        first, second = foodie.create(), foodie.create()
        assert foodie.show(first["id"], slip).code == "OK"
        answer = foodie.show(second["id"], slip)
        assert (answer.status, answer.code) == (200, "DUPLICATE_SLIP"), answer.text
        assert foodie.show(first["id"], slip).code == "DUPLICATE_SLIP"
        assert foodie.details(second["id"]).body["transaction"]["status"] == "pending"
        stranger = Foodie(foodie.sala)
        assert stranger.show(stranger.create()["id"], slip).code == "DUPLICATE_SLIP"

    def test_another_receiver(self, foodie):
        txn = foodie.create()
        answer = foodie.show(txn["id"], foodie.transfer(promptpay="0898765432"))
        assert (answer.status, answer.code) == (200, "RECEIVER_MISMATCH"), answer.text

    def test_no_slip(self, foodie):
        txn = foodie.create()
        answer = foodie.show(txn["id"], {"payload": "00020101021229370016A000000677010111"})
        assert (answer.status, answer.code) == (200, "SLIP_INVALID"), answer.text
        assert answer.body["transaction"]["status"] == "pending"

    def test_the_bank_is_late(self, foodie):
        txn = foodie.create()
        slip = foodie.transfer()
        foodie.sala.control("easyslip", slip={slip["transRef"]: {"answer": "slip_pending", "times": 1}})
        for answer in (foodie.show(txn["id"], slip), foodie.hook(txn["id"], slip, token=foodie.secret)):
            assert (answer.status, answer.code) == (200, "PENDING"), answer.text
            assert answer.body["displayStatus"] == "CHECKING" and answer.body["transaction"]["status"] == "pending"
        # One slip at a time.
        assert foodie.show(txn["id"], foodie.transfer()).code == "PENDING"
        assert len(foodie.sala.calls("easyslip")) == 1

    def test_no_such_transaction(self, foodie):
        slip = foodie.transfer()
        for txn in (999_999_999_999, "no.such", "a b"):
            for answer in (foodie.show(txn, slip), foodie.hook(txn, slip, {"x-authorization": foodie.secret})):
                if txn == "a b":
                    assert (answer.status, answer.code) == (400, "BAD_REQUEST"), answer.text
                else:
                    assert (answer.status, answer.code) == (200, "TRANSACTION_NOT_FOUND"), answer.text
        # Another person's is as if it were not there.
        stranger = Foodie(foodie.sala)
        txn = foodie.create()
        assert stranger.show(txn["id"], slip).code == "TRANSACTION_NOT_FOUND"
        assert stranger.upload(txn["id"], base64.b64decode(slip["image"].split(",")[1])).code == "TRANSACTION_NOT_FOUND"
        assert stranger.details(txn["id"]).status == 404
        assert stranger.ask("GET", f"/transaction/{txn['id']}").code == "NOT_FOUND"
        assert stranger.ask("POST", "/payment", {"txnId": txn["id"]}).code == "TRANSACTION_NOT_FOUND"

    def test_the_secret_is_needed(self, foodie):
        txn, slip = foodie.create(), foodie.transfer()
        for answer in (
                foodie.hook(txn["id"], slip), foodie.hook(txn["id"], slip, {"x-authorization": "wrong"}),
                foodie.hook(txn["id"], slip, {"x-authorization": ""}), foodie.hook(txn["id"], slip, token="wrong"),
                foodie.hook(txn["id"], slip, {"x-authorization": "wrong"}, token=foodie.secret)):
            assert (answer.status, answer.code) == (401, "INVALID_SIGNATURE"), answer.text
        assert foodie.show(txn["id"], slip, "not.a.token").code == "UNAUTHORIZED"
        assert foodie.details(txn["id"]).body["displayStatus"] == "PENDING"

    def test_what_is_missing_is_named(self, foodie):
        txn = foodie.create()
        for body in ({"txnId": txn["id"]}, {"payload": "x"}, []):
            answer = foodie.ask("POST", "/payment/slipok", body)
            assert (answer.status, answer.code) == (400, "BAD_REQUEST"), answer.text
        assert (answer := foodie.upload(txn["id"], b"no picture")).code == "BAD_REQUEST" and "file" in answer.json["message"]


class TestExpiry:
    def test_its_time_is_over(self, foodie):
        txn = foodie.create(expiresInSec=10)
        assert bangkok(txn["expired_at"]) - bangkok(txn["created_at"]) == timedelta(seconds=10)
        wait_for("the end of its time", lambda: foodie.details(txn["id"]).code == "EXPIRED", 30)
        answer = foodie.details(txn["id"])
        assert answer.status == 200 and answer.body["displayStatus"] == "EXPIRED"
        assert answer.body["transaction"]["status"] == "rejected"
        for path in ("/payment", "/qr/generate"):
            answer = foodie.ask("POST", path, {"txnId": txn["id"]})
            assert (answer.status, answer.code) == (200, "EXPIRED"), answer.text
        answer = foodie.show(txn["id"], foodie.transfer())
        assert (answer.status, answer.code) == (200, "EXPIRED"), answer.text
        # The money is not lost: a person decides.
        assert answer.body["displayStatus"] == "REVIEW"
        listed = foodie.ok("GET", "/transaction/list?status=pending")["transactions"]
        assert [row["id"] for row in listed] == [txn["id"]]


class TestBalance:
    def test_a_deposit_is_spent_once(self, foodie):
        answer = foodie.ask("POST", "/transaction/create", foodie.order(methodId=BALANCE, amount=100))
        assert (answer.status, answer.code) == (200, "BALANCE_NOT_ENOUGH"), answer.text
        txn = foodie.create(txnType="deposit", amount=100.5)
        slip = foodie.transfer("100.50")
        assert foodie.show(txn["id"], slip).code == "OK"
        # Neither the same slip again nor SlipOK's word fills the wallet twice.
        assert foodie.hook(txn["id"], slip, {"x-authorization": foodie.secret}).code == "DUPLICATE_SLIP"
        assert foodie.refused(methodId=BALANCE, amount=100.51) == (200, "BALANCE_NOT_ENOUGH")
        paid = foodie.create(methodId=BALANCE, amount=60.25)
        assert (paid["status"], paid["txn_method_id"], paid["expired_at"]) == ("accepted", BALANCE, None)
        assert foodie.refused(methodId=BALANCE, amount=40.26) == (200, "BALANCE_NOT_ENOUGH")
        assert foodie.create(methodId=BALANCE, amount=40.25)["status"] == "accepted"
        assert foodie.refused(methodId=BALANCE, amount=0.01) == (200, "BALANCE_NOT_ENOUGH")
        listed = foodie.ok("GET", "/transaction/list")
        # What was refused before it began is no transaction.
        assert [row["amount"] for row in listed["transactions"]] == [40.25, 60.25, 100.5]
        assert {row["company_id"] for row in listed["transactions"]} == {COMPANY}

    def test_payments_at_once_do_not_overdraw(self, foodie):
        foodie.deposit(100)
        order = foodie.order(methodId=BALANCE, amount=40)
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _: foodie.ask("POST", "/transaction/create", order), range(6)))
        assert sorted(answer.code for answer in answers) == ["BALANCE_NOT_ENOUGH"] * 4 + ["OK"] * 2, [
            answer.text for answer in answers]
        assert foodie.create(methodId=BALANCE, amount=20)["status"] == "accepted"
        assert foodie.refused(methodId=BALANCE, amount=0.01) == (200, "BALANCE_NOT_ENOUGH")

    def test_what_is_asked_twice_with_a_key_is_paid_once(self, foodie):
        foodie.deposit(100)
        order = foodie.order(methodId=BALANCE, amount=60)

        def create(key, order=order):
            return foodie.ask("POST", "/transaction/create", order, **{"Idempotency-Key": key})

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(create, ["one"] * 4))
        assert {(answer.code, answer.body["id"], answer.body["status"]) for answer in answers} == {
            ("OK", answers[0].body["id"], "accepted")}
        # Another order has a key of its own.
        assert create("one", {**order, "amount": 10}).code == "BAD_REQUEST"
        assert create("two", {**order, "amount": 10}).body["status"] == "accepted"
        assert create("a key").code == "BAD_REQUEST"
        assert [row["amount"] for row in foodie.ok("GET", "/transaction/list")["transactions"]] == [10, 60, 100]

    def test_a_wallet_is_not_filled_from_itself(self, foodie):
        assert foodie.refused(methodId=BALANCE, txnType="deposit") == (200, "INVALID_METHOD")


class TestBranches:
    def test_closed(self, foodie):
        # Closed for hours before and after now, whatever the clock says.
        now = datetime.now(timezone(timedelta(hours=7)))
        span = [(now + timedelta(hours=hours)).strftime("%H:00") for hours in (8, 12)]
        day = (now + timedelta(hours=8)).strftime("%a").lower()
        assert foodie.set_branch(open_hours={day: [span]})["branchIsOpen"] is False
        assert foodie.refused() == (200, "BRANCH_CLOSED")
        assert foodie.set_branch(is_force_closed=True)["branchIsOpen"] is False
        assert foodie.refused() == (200, "BRANCH_FORCE_CLOSED")
        # Who tops up buys nothing.
        assert foodie.create(txnType="deposit")["txn_type"] == "deposit"
        assert foodie.set_branch()["branchIsOpen"] is True
        txn = foodie.create()
        foodie.set_branch(is_force_closed=True)
        assert foodie.ask("POST", "/payment", {"txnId": txn["id"]}).code == "BRANCH_FORCE_CLOSED"

    def test_the_cart_is_another_branch_s(self, foodie):
        foodie.set_cart(branchId=foodie.branch + 1)
        assert foodie.refused() == (200, "CART_BRANCH_MISMATCH")
        assert foodie.refused(txnType="deposit") == (200, "CART_BRANCH_MISMATCH")
        foodie.set_cart(items=[])
        assert foodie.refused() == (200, "CART_BRANCH_MISMATCH")
        foodie.set_cart(customerLocation=None)
        assert foodie.refused() == (200, "CUSTOMER_LOCATION_REQUIRED")
        foodie.set_cart()
        foodie.create()

    def test_no_such_branch(self, foodie):
        assert foodie.refused(branchId=foodie.branch + 1) == (404, "NOT_FOUND")
        assert foodie.refused(companyId=COMPANY + 1) == (400, "BAD_REQUEST")

    def test_an_account_has_no_code(self, foodie):
        foodie.set_branch(payment_id="123-4-56789-0")
        txn = foodie.create()
        assert foodie.ok("POST", "/payment", {"txnId": txn["id"]})["qr"] is None
        assert foodie.ask("POST", "/qr/generate", {"txnId": txn["id"]}).code == "INVALID_METHOD"
        account = {"account": "1234567890", "nameTh": "ร้านข้าวสาธิต", "bank": "014"}
        assert foodie.show(txn["id"], foodie.transfer(receiver={**account, "account": "1234512345"})).code == "RECEIVER_MISMATCH"
        assert foodie.show(txn["id"], foodie.transfer(receiver=account)).code == "OK"
        foodie.set_branch(payment_id=None)
        assert foodie.refused() == (200, "INVALID_METHOD")

    def test_only_the_back_end_tells(self, foodie):
        for role in ("customer", "staff", "admin"):
            token = foodie.sala.mint(tenant="baanfoodie", role=role)
            for path in (f"/branches/{foodie.branch}", f"/users/{foodie.subject}/cart"):
                answer = foodie.ask("PUT", path, {}, token)
                assert (answer.status, answer.code) == (403, "FORBIDDEN")

    def test_what_may_not_be_told(self, foodie):
        for path, body in (
                ("/branches/x", {}), ("/branches/0", {}), (f"/branches/{foodie.branch}", {"company_id": 1}),
                (f"/branches/{foodie.branch}", {"company_id": 1, "name": "x", "open_hours": {"monday": []}}),
                (f"/users/{foodie.subject}/cart", {"items": []}), (f"/users/{foodie.subject}/cart", []),
                (f"/users/{foodie.subject}/cart", {"branchId": 1, "items": ["x" * 40_000]}),
                (f"/users/{'u' * 129}/cart", {"branchId": 1, "items": []})):
            answer = foodie.ask("PUT", path, body, foodie.service)
            assert (answer.status, answer.code) == (400, "BAD_REQUEST"), answer.text


class TestRequests:
    @pytest.mark.parametrize("members", [
        {"amount": 0}, {"amount": -1}, {"amount": 1.001}, {"amount": None}, {"amount": "ten"}, {"amount": 100_000_000},
        {"txnType": "gift"}, {"txnType": None}, {"methodId": "1"}, {"methodId": 0}, {"branchId": None}, {"companyId": 1.5},
        {"expiresInSec": 9}, {"expiresInSec": "60"}, {"expiresInSec": 604_801},
    ])
    def test_what_is_wrong_is_refused(self, foodie, members):
        answer = foodie.ask("POST", "/transaction/create", foodie.order(**members))
        assert (answer.status, answer.code, answer.body) == (400, "BAD_REQUEST", None), answer.text
        assert next(iter(members)) in answer.json["message"]

    def test_no_such_method(self, foodie):
        assert foodie.refused(methodId=99) == (200, "INVALID_METHOD")

    def test_the_list_is_paged(self, foodie):
        made = [foodie.create(amount=number + 1)["id"] for number in range(5)][::-1]
        def ids(query):
            body = foodie.ok("GET", "/transaction/list" + query)
            return [row["id"] for row in body["transactions"]], body["pagination"]["total"]
        assert ids("") == (made, 5)
        assert ids("?page=2&size=2") == (made[2:4], 5)
        assert ids("?page=4&size=2") == ([], 5)
        assert ids("?status=accepted") == ([], 0)
        assert ids("?status=pending&size=50") == (made, 5)
        for query in ("?page=0", "?size=0", "?size=51", "?page=x", "?status=open"):
            answer = foodie.ask("GET", "/transaction/list" + query)
            assert (answer.status, answer.code) == (400, "BAD_REQUEST")

    def test_methods(self, foodie):
        assert foodie.ok("GET", "/transaction/method") == [
            {"id": 1, "code": "QR_SLIP_VERIFY", "name": "PromptPay QR with slip", "type": "qr", "details": None},
            {"id": 2, "code": "USER_BALANCE", "name": "Wallet balance", "type": "balance", "details": None}]

    def test_codes(self, foodie):
        code = foodie.ok("POST", "/qr/generate", {"companyId": COMPANY, "branchId": foodie.branch, "amount": 12.5})
        assert "540512.50" in code["payload"] and code["txnId"] is None
        txn = foodie.create()
        answer = foodie.ask("POST", "/qr/generate", {"txnId": txn["id"], "amount": 346})
        assert (answer.status, answer.code) == (200, "AMOUNT_MISMATCH")
        assert foodie.ask("POST", "/qr/generate", {"companyId": COMPANY, "amount": 1}).code == "BAD_REQUEST"
        assert foodie.ok("GET", "/mock/qr")["payload"]

    def test_nothing_there(self, foodie):
        for path in ("/transaction/999999999999", "/transaction/details?txnId=999999999999", "/transaction/details?txnId=a%20b"):
            answer = foodie.ask("GET", path)
            assert (answer.status, answer.code) == (404, "NOT_FOUND"), answer.text
        assert foodie.ask("GET", "/transaction/details").code == "BAD_REQUEST"

    @pytest.mark.parametrize("method, path", [
        ("POST", "/transaction/method"), ("GET", "/transaction/create"), ("POST", "/transaction/list"), ("GET", "/payment"),
        ("GET", "/payment/index"), ("GET", "/payment/slipok"), ("GET", "/qr/generate"), ("POST", "/mock/qr"),
        ("DELETE", "/transaction/981"), ("GET", "/branches/12"), ("DELETE", "/users/u_1/cart"),
    ])
    def test_a_wrong_method(self, foodie, method, path):
        answer = foodie.ask(method, path)
        assert (answer.status, answer.code) == (405, "METHOD_NOT_ALLOWED"), answer.text
        assert answer.headers["Allow"] and method not in answer.headers["Allow"].split(", ")

    @pytest.mark.parametrize("method, path", [
        ("GET", "/transaction/method"), ("POST", "/transaction/create"), ("GET", "/transaction/981"),
        ("GET", "/transaction/details?txnId=981"), ("GET", "/transaction/list"), ("POST", "/payment"),
        ("POST", "/payment/index"), ("POST", "/qr/generate"), ("PUT", "/branches/12"), ("PUT", "/users/u_1/cart"),
    ])
    def test_a_token_is_needed(self, foodie, method, path):
        for token in ("not.a.token", foodie.sala.mint(tenant="baanfoodie", ttl=-10)):
            answer = foodie.ask(method, path, {} if method != "GET" else None, token)
            assert (answer.status, answer.code, answer.body) == (401, "UNAUTHORIZED", None), answer.text
        other = foodie.ask(method, path, {} if method != "GET" else None, foodie.sala.token("trusttrade", "service"))
        assert (other.status, other.code) == (403, "FORBIDDEN"), other.text
        # No other tenant has these routes.
        for tenant in ("trusttrade", "jeco", "nobody"):
            status, _, _ = request(
                method, f"{foodie.sala.http}/t/{tenant}/api{path}", {} if method != "GET" else None, foodie.token)
            assert status == 404

    def test_on_its_own_host_name(self, own_sala):
        sala = own_sala()
        keys = json.loads((sala.data / "keys.json").read_text())
        keys["baanfoodie"]["hosts"] = ["foodie.example"]
        sala.stop()
        (sala.data / "keys.json").write_text(json.dumps(keys))
        sala.start()
        foodie = Foodie(sala)
        txn = foodie.create()
        connection = http.client.HTTPConnection("127.0.0.1", sala.port)
        headers = {"Host": "foodie.example", "Authorization": f"Bearer {foodie.token}"}
        connection.request("GET", f"/api/transaction/{txn['id']}", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200 and json.loads(answer.read())["body"]["id"] == txn["id"]
        connection.request("GET", f"/api/transaction/{txn['id']}", headers={**headers, "Host": "127.0.0.1"})
        assert connection.getresponse().status == 404
        connection.close()
        # What the back end told outlives the process.
        sala.stop()
        sala.start()
        assert foodie.create()["branch_id"] == foodie.branch
        assert foodie.ok("GET", "/transaction/list")["pagination"]["total"] == 2
