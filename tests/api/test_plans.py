"""Plans over HTTP: read with what they cost, priced anew, agreed on, discounted, and refused in sentences."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.ids import new_id
from tests.api.conftest import Served


def _soon(days: int) -> str:
    return (clock.now().date() + timedelta(days=days)).isoformat()


def _usd(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD"}


def _subscription(served: Served) -> dict[str, Any]:
    body = {"userId": f"plans-{new_id()}@plans.test", "tier": "basic"}
    made = served.call("fiona", "POST", "/api/enterprise/create-license", body).json()
    held = served.call("fiona", "GET", f"/api/subscriptions?installId={made['installId']}").json()
    return dict(held["subscriptions"][0])


def test_plans_tell_prices_and_what_usage_costs(served: Served) -> None:
    plans = {row["tier"]: row for row in served.call("sam", "GET", "/api/plans").json()["plans"]}
    assert list(plans) == ["free", "basic", "pro", "enterprise"]
    members = next(one for one in plans["pro"]["usage"] if (one["meter"], one["currency"]) == ("members", "USD"))
    assert members["charge"] == {"model": "standard", "price": "12", "free": "0", "minimum": "0"}
    assert members["beyondLimit"] is True


def test_a_price_sent_again_under_its_key_is_added_once(served: Served) -> None:
    body = {"tier": "basic", "billingPeriod": "quarterly", "amount": _usd(31_000), "from": _soon(45)}
    key = {"Idempotency-Key": str(new_id())}
    first, again = (served.call("adam", "POST", "/api/plans/prices", body, **key) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert (first.status_code, first.json()["moved"]) == (201, 0)
    other = served.call("adam", "POST", "/api/plans/prices", body | {"amount": _usd(1)})
    assert (other.status_code, other.json()["code"]) == (409, "price_on_day")
    prices = next(row for row in served.call("sam", "GET", "/api/plans").json()["plans"] if row["tier"] == "basic")
    assert first.json()["since"] in {one["since"] for one in prices["prices"]}


def test_a_price_in_the_past_is_refused_by_its_field(served: Served) -> None:
    body = {"tier": "basic", "billingPeriod": "annual", "amount": _usd(1), "from": _soon(0)}
    answer = served.call("adam", "POST", "/api/plans/prices", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_to_come")


def test_a_customers_own_price_is_listed_and_ends(served: Served) -> None:
    whose = _subscription(served)["organizationId"]
    body = {
        "organizationId": whose,
        "tier": "pro",
        "billingPeriod": "monthly",
        "amount": _usd(40_000),
        "reason": "Three years signed",
        "startsAt": f"{_soon(1)}T00:00:00Z",
        "endsAt": f"{_soon(400)}T00:00:00Z",
    }
    made = served.call("sam", "POST", "/api/plans/custom-prices", body)
    assert made.status_code == 201, made.text
    listed = served.call("sam", "GET", f"/api/plans/custom-prices?customer={whose}&limit=1").json()
    assert [(one["id"], one["amount"]) for one in listed["prices"]] == [(made.json()["id"], _usd(40_000))]
    assert listed["nextBefore"] is None
    path = f"/api/plans/custom-prices/{made.json()['id']}/end"
    assert served.call("sam", "POST", path, {"reason": "Not signed"}).status_code == 200


def test_custom_prices_come_by_pages(served: Served) -> None:
    whose = _subscription(served)["organizationId"]
    for period in ("monthly", "quarterly", "annual"):
        body = {"organizationId": whose, "tier": "pro", "billingPeriod": period, "amount": _usd(1), "reason": "test"}
        assert served.call("sam", "POST", "/api/plans/custom-prices", body).status_code == 201
    path, seen, before = f"/api/plans/custom-prices?customer={whose}&limit=2", [], ""
    for _ in range(2):
        page = served.call("sam", "GET", path + before).json()
        seen += [one["billingPeriod"] for one in page["prices"]]
        before = f"&before={page['nextBefore']}"
    assert (seen, page["nextBefore"]) == (["annual", "quarterly", "monthly"], None)


def test_a_usage_charge_is_quoted_line_by_line(served: Served) -> None:
    query = "tier=pro&meter=bandwidth_bytes_month&currency=eur&units=2500000000"
    quote = served.call("sam", "GET", f"/api/plans/usage/quote?{query}").json()
    assert quote["lines"] == [
        {"text": "Packages of 1,000,000,000", "quantity": "3", "unitPrice": "0.07", "amount": "0.21"}
    ]
    assert (quote["exact"], quote["amount"]) == ("0.21", {"minor": 21, "currency": "EUR"})
    none = served.call("sam", "GET", "/api/plans/usage/quote?tier=free&meter=members&currency=USD&units=1")
    assert none.status_code == 404


@pytest.mark.parametrize(
    ("charge", "field"),
    [
        ({"model": "graduated", "tiers": [{"upTo": "10", "price": "1"}]}, "tiers[0].upTo"),
        ({"model": "package", "price": "1"}, "size"),
        ({"model": "standard", "price": "1", "rate": "2"}, "rate"),
    ],
)
def test_what_is_no_charge_is_told_by_its_field(served: Served, charge: dict[str, Any], field: str) -> None:
    body = {"tier": "pro", "meter": "members", "currency": "USD", "from": _soon(60), "charge": charge}
    answer = served.call("adam", "POST", "/api/plans/usage", body)
    assert answer.status_code == 422, answer.text
    assert field in answer.text


def test_a_coupon_is_redeemed_once_and_withdrawn(served: Served) -> None:
    code = f"S-{new_id().hex[-20:]}".upper()
    body = {"code": code.lower(), "label": "Spring", "duration": "repeating", "months": 3, "percent": "50"}
    assert served.call("adam", "POST", "/api/plans/coupons", body).status_code == 201
    held = _subscription(served)
    path = f"/api/subscriptions/{held['id']}/coupon"
    done = served.call("sam", "POST", path, {"code": code})
    assert done.status_code == 200, done.text
    assert done.json()["mrr"]["minor"] * 2 == held["mrr"]["minor"]
    assert served.call("sam", "POST", path, {"code": code}).json()["code"] == "already_redeemed"
    gone = served.call("adam", "POST", "/api/plans/coupons/withdraw", {"code": code, "reason": "Spring is over"})
    assert gone.json() == {"ended": code}
    closed = served.call("sam", "POST", f"/api/subscriptions/{_subscription(served)['id']}/coupon", {"code": code})
    assert (closed.status_code, closed.json()["code"]) == (409, "coupon_closed")
    (row,) = [one for one in served.call("sam", "GET", "/api/plans/coupons").json()["coupons"] if one["code"] == code]
    assert (row["redeemed"], row["percent"], row["closed"]) == (1, "50", "It was withdrawn.")
