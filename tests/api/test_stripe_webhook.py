"""Stripe's messages over HTTP: what is taken, what is refused, and that nothing is taken twice (cases E1-E9, E11)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import stripe as sdk
from sqlalchemy import delete, text
from starlette.testclient import TestClient

from api import stripe_webhook
from core import clock
from core.billing.stripe.signature import signature_of
from core.config import Settings
from core.databases import Databases
from db.models.stripe import stripe_event
from db.session import SYSTEM
from tests.api.conftest import Served
from tests.api.signed_in import signed_in
from tests.cast import Cast
from tests.loopback_stripe.books import Books
from tests.loopback_stripe.messages import SECRET, Message, forged, signed

PATH = "/stripe/webhook"


@pytest.fixture
def door(databases: Databases, cast: Cast, test_settings: Settings) -> Iterator[TestClient]:
    """Yield the webhook's door of an installation with Stripe set up, and forget afterwards what it took."""
    set_up = {"stripe_secret_key": "sk_test_loopback", "stripe_webhook_secret": f"whsec_old, {SECRET}"}
    with signed_in(databases, None, stripe_webhook, settings=test_settings.model_copy(update=set_up)) as client:
        yield client
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(stripe_event))
        session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'calos.stripe.events'"))


@pytest.fixture
def event() -> dict[str, Any]:
    """Return an event of a loopback Stripe's."""
    books = Books(now())
    books.customer("Initech", "billing@initech.test")
    return books.events[0]


def now() -> int:
    """Return this moment as Stripe stamps it."""
    return int(clock.now().timestamp())


def sent(door: TestClient, message: Message, **besides: str) -> Any:
    """Send a message as Stripe would."""
    return door.post(PATH, content=message.body, headers={**message.headers, **besides})


def test_e1_a_valid_header_is_accepted_stored_and_queued(
    door: TestClient, databases: Databases, event: dict[str, Any]
) -> None:
    answer = sent(door, signed(event, now()))
    assert (answer.status_code, answer.json()) == (200, {"received": True, "known": False})
    with databases.control.read(SYSTEM) as session:
        row = session.execute(stripe_event.select()).one()
        queued = session.execute(
            text("SELECT args, lock FROM procrastinate_jobs WHERE task_name = 'calos.stripe.events'")
        ).all()
    assert (row.id, row.type, row.payload, row.processed_at) == (event["id"], event["type"], event, None)
    assert [(one.args, one.lock) for one in queued] == [({}, "stripe")]


def test_e1_what_stripes_own_library_signs_is_accepted(door: TestClient, event: dict[str, Any]) -> None:
    body = json.dumps(event)
    header = sdk.WebhookSignature.generate_signature_header(body, SECRET, now())
    assert sent(door, Message(body.encode(), header)).status_code == 200


def test_e1_stripes_own_library_accepts_what_the_loopback_signs(event: dict[str, Any]) -> None:
    message = signed(event, now())
    assert sdk.Webhook.construct_event(message.body, message.signature, SECRET).id == event["id"]


@pytest.mark.parametrize("late", [-301, -86_400], ids=["E2 301 s old", "E4 a day old: no tolerance is ever off"])
def test_e2_e4_an_old_stamp_is_refused(door: TestClient, event: dict[str, Any], late: int) -> None:
    refused(sent(door, signed(event, now() + late)), "stamped more than 300 s away")


def test_e2_a_stamp_within_the_tolerance_is_accepted(door: TestClient, event: dict[str, Any]) -> None:
    assert sent(door, signed(event, now() - 200)).status_code == 200


def test_e3_a_stamp_of_the_future_is_refused_though_stripes_library_takes_it(
    door: TestClient, event: dict[str, Any]
) -> None:
    message = signed(event, now() + 3_600)
    assert sdk.Webhook.construct_event(message.body, message.signature, SECRET).id == event["id"]
    refused(sent(door, message), "stamped more than 300 s away")


def test_e5_two_signatures_of_which_the_second_is_right_are_accepted(door: TestClient, event: dict[str, Any]) -> None:
    assert sent(door, signed(event, now(), "whsec_other", SECRET)).status_code == 200


def test_e5_either_secret_of_a_rotation_is_accepted(door: TestClient, event: dict[str, Any]) -> None:
    assert sent(door, signed(event, now(), "whsec_old")).status_code == 200


def test_e6_only_v0_is_refused(door: TestClient, event: dict[str, Any]) -> None:
    message = signed(event, now())
    refused(sent(door, Message(message.body, message.signature.replace("v1=", "v0="))), "holds no v1 signature")


def test_e7_one_byte_more_is_refused(door: TestClient, event: dict[str, Any]) -> None:
    message = signed(event, now())
    refused(sent(door, Message(message.body + b" ", message.signature)), "not that of this body")


@pytest.mark.parametrize("header", ["", "nonsense", "t=,v1=ab", "t=1,t=2,v1=ab", "t=-1,v1=ab", "v1=ab", "t=9" * 2_000])
def test_e8_no_header_or_an_odd_one_is_refused(door: TestClient, event: dict[str, Any], header: str) -> None:
    refused(sent(door, Message(signed(event, now()).body, header)), "Stripe-Signature header")


def test_e8_a_forged_signature_is_refused(door: TestClient, event: dict[str, Any]) -> None:
    refused(sent(door, forged(signed(event, now()))), "not that of this body")
    odd = {b"Stripe-Signature": f"t={now()},v1=\xff\xfe".encode("latin-1")}
    refused(door.post(PATH, content=b"{}", headers=odd), "not that of this body")


@pytest.mark.parametrize(
    "missing", [{"stripe_webhook_secret": ""}, {"stripe_webhook_secret": " , "}, {"stripe_secret_key": ""}]
)
def test_e8_without_key_or_secret_the_door_is_shut_in_a_sentence(
    databases: Databases, test_settings: Settings, event: dict[str, Any], missing: dict[str, str]
) -> None:
    some = {"stripe_secret_key": "sk_test_loopback", "stripe_webhook_secret": SECRET, **missing}
    client = signed_in(databases, None, stripe_webhook, settings=test_settings.model_copy(update=some))
    answer = sent(client, signed(event, now()))
    assert (answer.status_code, answer.json()["code"]) == (404, "stripe_off")
    assert "STRIPE_WEBHOOK_SECRET" in answer.json()["error"]


def test_e8_the_front_door_lets_stripe_through_to_that_sentence(served: Served, event: dict[str, Any]) -> None:
    message = signed(event, now())
    answer = served.client.post("/api/stripe/webhook", content=message.body, headers=message.headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "stripe_off")


def test_e9_a_thin_event_is_refused_with_what_to_do(door: TestClient) -> None:
    thin = {"id": "evt_thin", "object": "v2.core.event", "type": "v1.billing.meter.no_meter_found", "data": {}}
    answer = sent(door, signed(thin, now()))
    assert (answer.status_code, answer.json()["code"]) == (422, "thin_event")
    assert "Snapshot" in answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [b"[]", b"{}", b'{"object":"event","id":1,"type":"a","created":1,"data":{"object":{}}}', b"\xff", b'{"id":NaN}'],
)
def test_what_is_signed_and_no_event_is_refused(door: TestClient, body: bytes) -> None:
    stamp = now()
    answer = sent(door, Message(body, signature_of(body, SECRET, stamp)))
    assert answer.status_code in {400, 422}


def test_a_body_beyond_the_bound_is_refused_before_it_is_read(door: TestClient) -> None:
    body = b"{" + b" " * 1_000_000
    assert sent(door, Message(body, signature_of(body, SECRET, now()))).status_code == 413


def test_e11_the_same_event_twice_is_stored_and_queued_once(
    door: TestClient, databases: Databases, event: dict[str, Any]
) -> None:
    first, again = [sent(door, signed(event, now())) for _ in range(2)]
    assert (first.json()["known"], again.json()["known"]) == (False, True)
    with databases.control.read(SYSTEM) as session:
        events = session.execute(text("SELECT count(*) FROM stripe_event")).scalar_one()
        jobs = session.execute(
            text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'calos.stripe.events'")
        ).scalar_one()
    assert (events, jobs) == (1, 1)


def refused(answer: Any, why: str) -> None:
    """It is refused as forged, in a sentence that holds `why`."""
    assert (answer.status_code, answer.json()["code"]) == (403, "bad_signature"), answer.text
    assert why in answer.json()["error"]
