"""Invoices over HTTP: written, issued, paid and corrected; tenants apart; the PDF by sign-in or by a link that ends."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.billing.invoices.links import invoice_linked, pdf_link
from core.config import settings
from core.ids import new_id
from tests.api.conftest import Served
from tests.cast import Cast


@pytest.fixture(scope="module")
def globex(served: Served, cast: Cast) -> str:
    """Return Globex, billed by a seller of its own at no tax of the Union."""
    body = {"address": {"name": "Calos Inc.", "country": "US"}, "prefix": f"A{new_id().hex[-12:]}", "netDays": 14}
    seller = served.call("adam", "POST", "/api/sellers", body)
    assert seller.status_code == 201, seller.text
    profile = {
        "address": {"name": "Globex GmbH", "country": "DE", "email": "ap@globex.test"},
        "sellerId": seller.json()["id"],
    }
    put = served.call("sam", "PUT", f"/api/billing-profiles/{cast.globex}", profile)
    assert put.status_code == 200, put.text
    return str(cast.globex)


def written(served: Served, customer: str, *, finalize: bool = True, price: str = "12.50") -> dict[str, Any]:
    lines = [{"text": "Training", "quantity": "2", "unitPrice": price}]
    body = {"customerId": customer, "currency": "EUR", "lines": lines, "finalize": finalize}
    answer = served.call("adam", "POST", "/api/invoices/one-off", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_from_a_draft_to_paid(served: Served, globex: str) -> None:
    made = written(served, globex, finalize=False)
    assert (made["state"], made["number"], made["total"]) == ("draft", None, {"minor": 2_500, "currency": "EUR"})
    path = f"/api/invoices/{made['id']}"
    assert served.call("sam", "POST", f"{path}/finalize", {}).status_code == 403
    out = served.call("adam", "POST", f"{path}/finalize", {}).json()
    assert (out["state"], out["number"][-11:]) == ("open", f"-{clock.now().year}-00001")
    assert served.call("adam", "POST", f"{path}/finalize", {}).json()["code"] == "invoice_open"
    pay = {"invoiceId": made["id"], "method": "wire", "amount": {"minor": 1_000, "currency": "EUR"}}
    key = {"Idempotency-Key": f"pay-{made['id']}"}
    first, again = (served.call("adam", "POST", "/api/payments", pay, **key) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json()), first.text
    rest = served.call("adam", "POST", "/api/process-payment", {"invoiceId": made["id"], "method": "manual"})
    assert rest.json()["amount"] == {"minor": 1_500, "currency": "EUR"}
    whole = served.call("sam", "GET", path).json()
    assert (whole["state"], whole["due"]["minor"], len(whole["payments"])) == ("paid", 0, 2)
    assert whole["lines"][0]["quantity"] == "2"
    back = served.call("adam", "POST", f"/api/payments/{first.json()['id']}/refund", {"reason": "Twice"})
    assert back.json()["amount"]["minor"] == -1_000
    assert served.call("sam", "GET", path).json()["due"]["minor"] == 1_000


def test_corrections_by_line(served: Served, globex: str) -> None:
    made = written(served, globex)
    path = f"/api/invoices/{made['id']}"
    line = served.call("sam", "GET", path).json()["lines"][0]["id"]
    body = {"reason": "Half of it", "lines": [{"lineId": line, "minor": 1_250}]}
    note = served.call("adam", "POST", f"{path}/credit-notes", body)
    assert (note.status_code, note.json()["total"]["minor"]) == (201, 1_250), note.text
    over = served.call("adam", "POST", f"{path}/credit-notes", {**body, "lines": [{"lineId": line, "minor": 1_251}]})
    assert over.json()["code"] == "credit_too_large"
    paper = served.call("otto", "GET", f"/api/credit-notes/{note.json()['id']}/pdf")
    assert paper.content.startswith(b"%PDF")


def test_lists_are_narrowed_and_paged(served: Served, globex: str) -> None:
    ids = [written(served, globex)["id"] for _ in range(3)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = served.call("sam", "GET", f"/api/invoices?customer={globex}&state=open&limit=2{cursor}").json()
        seen += [one["id"] for one in page["invoices"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert len(set(seen)) == len(seen)
    assert set(ids) <= set(seen)
    assert served.call("sam", "GET", f"/api/invoices?customer={globex}&overdue=true").json()["invoices"] == []
    assert served.call("sam", "GET", "/api/invoices?state=late").status_code == 422
    assert served.call("sam", "GET", "/api/invoices?cursor=eA==").json()["code"] == "invalid_input"
    aged = served.call("otto", "GET", "/api/invoices/ageing").json()
    assert {one["organizationId"] for one in aged["customers"]} == {globex}


def test_a_customer_sees_its_own_and_no_draft(served: Served, globex: str) -> None:
    own, draft = written(served, globex), written(served, globex, finalize=False)
    body = {"userId": f"other-{new_id()}@walk.test", "tier": "basic"}
    other = served.call("fiona", "POST", "/api/enterprise/create-license", body).json()["organizationId"]
    profile = {"address": {"name": "Other Inc.", "country": "FR"}}
    assert served.call("sam", "PUT", f"/api/billing-profiles/{other}", profile).status_code == 200
    theirs = written(served, other)
    listed = {one["id"] for one in served.call("otto", "GET", "/api/invoices?limit=500").json()["invoices"]}
    assert own["id"] in listed
    assert not listed & {draft["id"], theirs["id"]}
    for hidden in (draft["id"], theirs["id"], str(new_id())):
        for part in ("", "/pdf", "/link"):
            assert served.call("otto", "GET", f"/api/invoices/{hidden}{part}").status_code == 404
    assert served.call("otto", "GET", f"/api/invoices?customer={other}").json()["invoices"] == []
    assert served.call("otto", "GET", f"/api/billing-profiles/{other}").status_code == 404
    assert served.call("otto", "GET", f"/api/payments?customer={other}").json()["payments"] == []
    assert served.call("otto", "GET", f"/api/invoices/{own['id']}/pdf").content.startswith(b"%PDF")
    assert served.call("otto", "POST", f"/api/invoices/{own['id']}/void", {"reason": "x"}).status_code == 403


def test_reminders_are_set_and_one_invoice_left_in_peace(served: Served, globex: str) -> None:
    steps = [{"days": 7, "subject": "{number} is late", "words": "Please pay {due}."}]
    assert served.call("sam", "PUT", "/api/dunning", {"steps": steps}).status_code == 403
    assert served.call("adam", "PUT", "/api/dunning", {"steps": steps}).json() == {"steps": steps}
    assert served.call("sam", "GET", "/api/dunning").json() == {"steps": steps}
    headers = [{**steps[0], "subject": "x\r\nBcc: y@walk.test"}]
    for wrong in ([], steps * 2, [{**steps[0], "days": 400}], [{**steps[0], "words": " "}], headers):
        assert served.call("adam", "PUT", "/api/dunning", {"steps": wrong}).status_code == 422
    made = written(served, globex)
    path = f"/api/invoices/{made['id']}/dunning"
    assert served.call("sam", "POST", path, {"paused": True}).json() == {"paused": True, "reminders": []}
    assert served.call("sam", "GET", path).json()["paused"] is True
    assert served.call("otto", "GET", path).status_code == 403
    draft = written(served, globex, finalize=False)
    again = served.call("sam", "POST", f"/api/invoices/{draft['id']}/dunning", {"paused": True})
    assert (again.status_code, again.json()["code"]) == (409, "invoice_draft")


def test_a_link_shows_the_paper_until_it_ends(served: Served, globex: str) -> None:
    made = written(served, globex)
    given = served.call("otto", "GET", f"/api/invoices/{made['id']}/link").json()
    path = given["url"].partition(settings().origin)[2]
    answer = served.call(None, "GET", path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert served.call(None, "GET", path[:-2]).status_code == 404
    assert served.call(None, "GET", f"/api/invoice-pdf/{'A' * 75}").status_code == 404
    now = clock.now()
    token = pdf_link(settings(), new_id(), now=now, lasts=timedelta(days=1))[0].rpartition("/")[2]
    assert invoice_linked(settings(), token, now=now + timedelta(hours=23)) is not None
    assert invoice_linked(settings(), token, now=now + timedelta(days=1)) is None


def test_it_is_mailed_with_its_pdf(served: Served, globex: str) -> None:
    made = written(served, globex)
    sent = served.call("adam", "POST", f"/api/invoices/{made['id']}/send")
    assert sent.status_code == 200, sent.text
    assert sent.json()["sentAt"] is not None


@pytest.mark.parametrize(
    "line", [{"text": "", "unitPrice": "1"}, {"text": "x", "unitPrice": "a"}, {"text": "x", "unitPrice": "NaN"},
             {"text": "x", "unitPrice": "1", "quantity": "0"}, {"text": "x", "unitPrice": "1e30"}],
)  # fmt: skip
def test_what_is_no_line(served: Served, globex: str, line: dict[str, str]) -> None:
    body = {"customerId": globex, "currency": "EUR", "lines": [line]}
    assert served.call("adam", "POST", "/api/invoices/one-off", body).status_code in {400, 422}
