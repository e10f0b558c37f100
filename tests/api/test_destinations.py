"""Destinations over HTTP: the secret once, changes by whom they may be made, and a real message with its log."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from core import clock
from core.accounts.crm import facts_at
from core.databases import Databases
from core.notify.delivering import try_to_deliver
from db.session import SYSTEM
from tests.api.conftest import Served
from tests.core.notify.conftest import configured
from tests.loopback import vendor

BODY = {"kind": "webhook", "name": "Data lake", "events": ["license.revoked", "upsell.found"]}


@pytest.fixture(autouse=True)
def private(databases: Databases) -> Iterator[None]:
    """Let destinations be on this machine; take out what was added."""
    with configured(CALOS_WEBHOOK_PRIVATE="1"):
        yield
    with databases.control.write(SYSTEM) as session:
        session.execute(text("DELETE FROM destination"))


def _call(served: Served, method: str, path: str = "", body: Any = None, status: int = 200, **headers: str) -> Any:
    answer = served.call("adam", method, f"/api/destinations{path}", body, **headers)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_webhook_from_adding_to_removing(served: Served, databases: Databases) -> None:
    with vendor() as played:
        once = {"Idempotency-Key": "add-the-lake"}
        added = [_call(served, "POST", "", {**BODY, "url": played.url}, 201, **once) for _ in range(2)]
        assert added[0] == added[1], "a retried request adds no second one"
        made, secret = added[0]["id"], added[0]["signingSecret"]
        [row] = _call(served, "GET")["destinations"]
        assert (row["id"], row["enabled"], row["events"]) == (made, True, ["upsell.found", "license.revoked"])
        assert secret not in str(row)
        queued = _call(served, "POST", f"/{made}/test", status=201)["id"]
        _call(served, "POST", f"/deliveries/{queued}/redeliver", status=409)
        now = clock.now()
        with databases.control.write(SYSTEM) as session:
            assert try_to_deliver(session, UUID(queued), now=now, facts=facts_at(now)) == "delivered"
        assert Webhook(secret).verify(played.sent[0], played.asked[0][2])["type"] == "test"
    [sent] = _call(served, "GET", f"/{made}/deliveries")["deliveries"]
    assert (sent["id"], sent["state"], sent["status"], len(sent["log"])) == (queued, "delivered", 200, 1)
    assert _call(served, "GET", f"/{made}/deliveries?state=failed")["deliveries"] == []
    _call(served, "POST", f"/deliveries/{queued}/redeliver", status=201)
    assert _call(served, "POST", f"/{made}/rotate", status=201)["signingSecret"] != secret
    assert _call(served, "PATCH", f"/{made}", {"name": "Lake"})["name"] == "Lake"
    _call(served, "PATCH", f"/{made}", {"enabled": False}, 422)
    off = _call(served, "PATCH", f"/{made}", {"enabled": False, "reason": "They move."})
    assert (off["enabled"], off["disabledReason"]) == (False, "They move.")
    _call(served, "POST", f"/{made}/test", status=409)
    _call(served, "DELETE", f"/{made}", {"reason": "Not needed."})
    _call(served, "DELETE", f"/{made}", {"reason": "Not needed."}, 404)


def test_what_may_not_be_is_refused_with_its_field(served: Served) -> None:
    for changed, field in (
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "https://hook.test/", "events": ["nonsense"]}, "events"),
        ({"kind": "hubspot", "events": ["upsell.found"]}, "token"),
    ):
        problem = _call(served, "POST", "", {**BODY, **changed}, 422)
        assert field in str(problem["errors"]), problem
    _call(served, "POST", "", {**BODY, "kind": "fax"}, 422)


def test_secrets_of_a_crm_are_never_shown(served: Served) -> None:
    body = {"kind": "hubspot", "name": "CRM", "events": ["upsell.found"], "secrets": {"token": "pat-na1-hidden"}}
    made = _call(served, "POST", "", body, 201)
    assert made["signingSecret"] is None
    assert "hidden" not in str(_call(served, "GET"))
    _call(served, "POST", f"/{made['id']}/rotate", status=422)
    assert _call(served, "POST", f"/{made['id']}/upsells", status=201) == {"sent": 0}
