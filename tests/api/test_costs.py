"""Costs and cash over HTTP: booked once, listed newest first as of a day, reversed, and refused in sentences."""

from typing import Any

import pytest

from core.ids import new_id
from tests.api.conftest import Served


def cost(**changed: Any) -> dict[str, Any]:
    body = {
        "day": "2026-02-03",
        "kind": "compute",
        "amount": {"minor": 12_345, "currency": "USD"},
        "externalId": f"bill-{new_id()}",
        "productId": "analytics",
    }
    return body | changed


def test_a_cost_sent_twice_is_one(served: Served) -> None:
    body = cost()
    first, again = (served.call("adam", "POST", "/api/costs", body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = served.call("adam", "POST", "/api/costs", body | {"amount": {"minor": 1, "currency": "USD"}})
    assert (other.status_code, other.json()["code"]) == (409, "booked_otherwise")


def test_entries_are_read_as_of_a_day_and_by_pages(served: Served) -> None:
    days = ("2025-03-01", "2025-03-02", "2025-03-03")
    for day in days:
        body = {"day": day, "category": "receipts", "amount": {"minor": 5, "currency": "EUR"}, "externalId": day}
        assert served.call("fiona", "POST", "/api/cash", body).status_code == 201
    first = served.call("sam", "GET", "/api/cash?asOf=2025-03-02&limit=1").json()
    assert [(row["day"], row["amount"]) for row in first["entries"]] == [
        ("2025-03-02", {"minor": 5, "currency": "EUR"})
    ]
    rest = served.call("sam", "GET", f"/api/cash?asOf=2025-03-02&limit=500&before={first['nextBefore']}").json()
    assert rest["entries"][0]["day"] == "2025-03-01"
    assert rest["nextBefore"] is None


def test_a_reversal_takes_back(served: Served) -> None:
    body = cost()
    served.call("adam", "POST", "/api/costs", body)
    undo = {"externalId": body["externalId"], "reason": "Another customer's."}
    made = served.call("adam", "POST", "/api/costs/reverse", undo)
    assert made.status_code == 200, made.text
    rows = {row["externalId"]: row for row in served.call("sam", "GET", "/api/costs?limit=500").json()["entries"]}
    assert rows[body["externalId"]]["reversedBy"] == made.json()["id"]
    assert served.call("adam", "POST", "/api/costs/reverse", undo).status_code == 409
    unknown = served.call("adam", "POST", "/api/cash/reverse", {"externalId": "nothing", "reason": "x"})
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"day": "2999-01-01"}, "Book what has happened"),
        ({"day": 20_000}, "day"),
        ({"kind": "electricity"}, "kind"),
        ({"amount": {"minor": 0, "currency": "USD"}}, "other than zero"),
        ({"amount": {"minor": 1.5, "currency": "USD"}}, "minor"),
        ({"amount": {"minor": 1, "currency": "ZZZ"}}, "ZZZ"),
        ({"productId": "fax"}, "no product"),
        ({"organizationId": "01a1fead-71ce-7266-9625-f6f3aa2b5dfa"}, "no such customer"),
        ({"note": "a\u0000b"}, ""),
    ],
)
def test_what_cannot_be_booked_is_refused(served: Served, changed: dict[str, Any], said: str) -> None:
    answer = served.call("adam", "POST", "/api/costs", cost(**changed))
    assert answer.status_code in {400, 422}, answer.text
    assert said in answer.text
