"""Subscriptions over HTTP: filters and pages, acts with what they moved, sent twice and done once, one's own alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from api import subscriptions
from core import clock
from core.config import Settings
from core.databases import Databases
from db.session import SYSTEM
from tests.api.signed_in import signed_in
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW
from tests.core.finance.shop import Shop


@dataclass(frozen=True)
class Books:
    """A database of this module's own, and what is sold in it: three to others, one to Globex."""

    databases: Databases
    cast: Cast
    sold: tuple[UUID, ...]
    globex: UUID

    def as_(self, who: str) -> TestClient:
        """Return a client signed in as somebody of the cast."""
        return signed_in(self.databases, getattr(self.cast, who), subscriptions)

    def get(self, query: str = "", who: str = "fiona") -> Any:
        """Return a list that is no error."""
        answer = self.as_(who).get(f"/subscriptions{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, which: UUID, act: str, body: dict[str, Any], who: str = "sam", **headers: str) -> Any:
        """Do something to a subscription."""
        return self.as_(who).post(f"/subscriptions/{which}/{act}", json=body, headers=headers)


@pytest.fixture(scope="module")
def books(test_settings: Settings) -> Iterator[Books]:
    began = clock.now() - timedelta(days=40)
    with own_databases(test_settings) as databases:
        with databases.control.write(SYSTEM) as session:
            cast = make_cast(session, NOW)
            shop = Shop(session, cast, began - timedelta(hours=1))
            sold = [
                shop.sell(shop.customer(f"Customer {number}"), 100_00, began + timedelta(minutes=number)).id
                for number in range(3)
            ]
            globex = shop.sell(cast.globex, 70_00, began - timedelta(hours=1), tier="pro", currency="EUR").id
        yield Books(databases, cast, tuple(sold), globex)


def test_pages_follow_each_other(books: Books) -> None:
    first = books.get("?limit=3")
    rest = books.get(f"?limit=3&cursor={first['nextCursor']}")
    told = [UUID(one["id"]) for page in (first, rest) for one in page["subscriptions"]]
    assert (told, rest["nextCursor"]) == ([*books.sold[::-1], books.globex], None)
    refused = books.as_("fiona").get("/subscriptions?cursor=bm9uc2Vuc2U=")
    assert refused.status_code == 422


def test_filters_narrow(books: Books) -> None:
    for query in ("?tier=pro", "?currency=eur", f"?customer={books.cast.globex}"):
        assert [one["id"] for one in books.get(query)["subscriptions"]] == [str(books.globex)]
    assert books.get("?state=paused")["subscriptions"] == []


def test_a_customers_admin_reads_his_own_and_changes_nothing(books: Books) -> None:
    assert [one["id"] for one in books.get(who="otto")["subscriptions"]] == [str(books.globex)]
    assert books.get(f"?customer={books.cast.fiona.organization_id}", who="otto")["subscriptions"] == []
    for which in (books.globex, books.sold[0]):
        assert books.post(which, "cancel", {}, who="otto").status_code == 403


def test_a_life_by_acts(books: Books) -> None:
    which = books.sold[0]
    changed = books.post(which, "change", {"quantity": 3, "reason": "more seats"}).json()
    assert changed["movements"][0]["kind"] == "expansion"
    assert changed["movements"][0]["change"] == {"minor": 200_00, "currency": "USD"}
    assert changed["subscription"]["agreementId"] == str(which)
    euro = books.post(which, "change", {"currency": "EUR"}).json()
    assert [one["kind"] for one in euro["movements"]] == ["expansion", "contraction"]
    paused = books.post(which, "pause", {"reason": "on leave"}).json()
    assert (paused["subscription"]["state"], paused["subscription"]["mrr"]["minor"]) == ("paused", 0)
    assert [one["agreementId"] for one in books.get("?state=paused")["subscriptions"]] == [str(which)]
    assert books.post(which, "resume", {}).json()["subscription"]["state"] == "active"
    ending = books.post(which, "cancel", {"reason": "budget"}).json()
    assert ending["subscription"]["state"] == "ending"
    assert ending["scheduled"]["dueAt"] == ending["subscription"]["cancelAt"]
    assert books.post(which, "undo-cancel", {}).json()["subscription"]["cancelAt"] is None
    assert books.post(which, "undo-cancel", {}).json()["code"] == "not_canceled"
    assert books.post(which, "cancel", {"when": "now"}).json()["movements"][0]["kind"] == "churn"
    assert [one["agreementId"] for one in books.get("?state=ended")["subscriptions"]] == [str(which)]
    assert books.post(which, "resume", {}).json()["movements"][0]["kind"] == "reactivation"


def test_sent_twice_it_is_done_once(books: Books) -> None:
    which, key = books.sold[1], {"Idempotency-Key": "twice"}
    first, again = (books.post(which, "change", {"quantity": 2}, **key) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert len(first.json()["movements"]) == 1
    refused = books.post(which, "change", {"quantity": 2})
    assert (refused.status_code, refused.json()["code"]) == (422, "nothing_changed")


def test_what_is_not_there_is_not_found(books: Books) -> None:
    assert books.post(books.cast.globex, "pause", {}).status_code == 404
    assert books.post(books.sold[2], "change", {"quantity": 0}).status_code == 422
