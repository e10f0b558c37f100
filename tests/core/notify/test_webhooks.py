"""Webhooks to a real receiver: signed, once, tried again, switched off; with a log, a test and another secret."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from standardwebhooks import Webhook, WebhookVerificationError

from core import clock
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.notify.deliveries import deliveries, redeliver, send_test
from core.notify.delivering import forget_deliveries, pick_up
from core.notify.destination_writes import (
    change_destination,
    destination_by_id,
    destinations,
    remove_destination,
    rotate_secret,
    switch,
)
from db.models.notify import delivery, destination, mail
from db.session import WriteSession
from tests.cast import Cast
from tests.core.notify.conftest import configured
from tests.core.notify.crm_fakes import answering
from tests.core.notify.sending import DATA, added, deliver, happened, log, waiting
from tests.loopback import Vendor, vendor


@pytest.fixture(autouse=True)
def private() -> Any:
    """Let destinations be on this machine."""
    with configured(CALOS_WEBHOOK_PRIVATE="1"):
        yield


@pytest.fixture
def now() -> datetime:
    """Return the present: a receiver refuses signatures of another time."""
    return clock.now()


def _verified(played: Vendor, secret: str, at: int = -1) -> Any:
    return Webhook(secret).verify(played.sent[at], played.asked[at][2])


def test_a_receiver_can_verify_what_it_gets(session: WriteSession, cast: Cast, now: datetime) -> None:
    with vendor() as played:
        made, secret = added(session, cast, played.url + "/hook?x=1", now)
        assert happened(session, cast, now) == 1
        assert deliver(session, now) == ["delivered"]
        assert deliver(session, now) == []
    assert len(played.sent) == 1
    assert played.asked[0][:2] == ("POST", "/hook?x=1")
    told = _verified(played, secret)
    assert told["type"] == "upsell.found"
    assert told["data"] == DATA
    assert datetime.fromisoformat(told["timestamp"]) == now
    found = log(session, cast, made)
    assert (found.state, found.status, found.attempts, found.log[0].status) == ("delivered", 200, 1, 200)
    assert played.asked[0][2]["webhook-id"] == str(found.id)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(played.sent[0] + b" ", played.asked[0][2])


def test_only_what_was_chosen_and_came_after_is_sent(session: WriteSession, cast: Cast, now: datetime) -> None:
    added(session, cast, "http://127.0.0.1:1/", now)
    assert happened(session, cast, now, "license.revoked") == 1
    assert happened(session, cast, now, "license.issued") == 0
    assert happened(session, cast, now, at=now - timedelta(seconds=1)) == 0
    assert happened(session, cast, now, key="the same") == 1
    assert happened(session, cast, now, key="the same") == 0


def test_a_failing_receiver_is_tried_ever_later_under_one_id(session: WriteSession, cast: Cast, now: datetime) -> None:
    with vendor() as played:
        made, secret = added(session, cast, played.url, now)
        happened(session, cast, now)
        played.next += [(500, {"oh": "no"}), (503, {}), (302, {})]
        waits, at = [], now
        for _ in range(3):
            assert deliver(session, at) == ["waiting"]
            found = log(session, cast, made)
            assert found.next_at is not None
            waits.append(found.next_at - at)
            at = found.next_at
        assert deliver(session, now) == ["delivered"], "time is the queue's affair"
    assert timedelta(seconds=5) <= waits[0] < timedelta(seconds=6)
    assert timedelta(minutes=5) <= waits[1] < timedelta(minutes=6)
    assert {asked[2]["webhook-id"] for asked in played.asked} == {str(found.id)}
    assert len(set(played.sent)) == 1, "the same bytes each time"
    assert _verified(played, secret)
    found = log(session, cast, made)
    assert [each.status for each in found.log] == [500, 503, 302, 200]
    assert found.log[0].excerpt == '{"oh": "no"}'
    assert "redirects are not followed" in str(found.log[2].error)
    assert destination_by_id(session, cast.adam, made).failing_since is None


def test_retry_after_is_heard(session: WriteSession, cast: Cast, now: datetime) -> None:
    with answering(429, {"Retry-After": "3600"}) as url:
        made, _ = added(session, cast, url, now)
        happened(session, cast, now)
        deliver(session, now)
    assert log(session, cast, made).next_at == now + timedelta(hours=1)


def test_it_is_given_up_after_the_last_try_and_can_be_sent_again(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    with vendor(500) as played:
        made, _ = added(session, cast, played.url, now)
        happened(session, cast, now)
        outcomes = [deliver(session, now) for _ in range(10)]
        assert outcomes == [["waiting"]] * 9 + [["failed"]]
        played.status = 200
        redeliver(session, cast.adam, log(session, cast, made).id, now=now)
        assert deliver(session, now) == ["delivered"]
    found = log(session, cast, made)
    assert (found.state, len(found.log), found.log[-1].number) == ("delivered", 11, 11)
    assert len({asked[2]["webhook-id"] for asked in played.asked}) == 1


def test_gone_switches_it_off_at_once(session: WriteSession, cast: Cast, now: datetime) -> None:
    with vendor(410) as played:
        made, _ = added(session, cast, played.url, now)
        happened(session, cast, now)
        happened(session, cast, now)
        assert deliver(session, now) == ["failed", "failed"]
        assert len(played.asked) == 1, "what waits behind it is not even tried"
    found = destination_by_id(session, cast.adam, made)
    assert (found.enabled, found.disabled_reason) == (False, "It answered 410 Gone.")
    assert happened(session, cast, now) == 0
    [warned] = session.execute(select(mail)).all()
    assert (warned.recipient, warned.subject) == ("adam@calos.test", "“Data lake” was switched off")


def test_days_of_failure_switch_it_off(session: WriteSession, cast: Cast, now: datetime) -> None:
    with vendor(500) as played:
        made, _ = added(session, cast, played.url, now)
        for days in (0, 2, 4.9, 5):
            happened(session, cast, now)
            for one in deliver(session, now + timedelta(days=days)):
                assert one in {"waiting", "failed"}
            on = destination_by_id(session, cast.adam, made).enabled
            assert on is (days < 5)
    found = destination_by_id(session, cast.adam, made)
    assert str(found.disabled_reason).startswith("It has taken nothing since")


def test_both_secrets_sign_for_a_day(session: WriteSession, cast: Cast, now: datetime) -> None:
    with vendor() as played:
        made, old = added(session, cast, played.url, now - timedelta(days=3))
        new = rotate_secret(session, cast.adam, made, now=now - timedelta(hours=1))
        happened(session, cast, now)
        deliver(session, now)
        assert _verified(played, old)
        assert _verified(played, new)
        rotate_secret(session, cast.adam, made, now=now)
        change_destination(session, cast.adam, made, url=played.url + "/x", now=now)
        happened(session, cast, now)
        deliver(session, now)
        assert _verified(played, new)
        with pytest.raises(WebhookVerificationError):
            _verified(played, old)
        later = now + timedelta(hours=25)
        happened(session, cast, later)
        deliver(session, later)
        assert len(played.asked[-1][2]["webhook-signature"].split(" ")) == 1


def test_a_test_is_sent_and_said_to_be_one(session: WriteSession, cast: Cast, now: datetime) -> None:
    with vendor() as played:
        made, secret = added(session, cast, played.url, now)
        for _ in range(2):
            send_test(session, cast.adam, made, now=now)
        assert deliver(session, now) == ["delivered", "delivered"]
        told = _verified(played, secret)
    assert (told["type"], told["data"]["sentence"]) == ("test", "A test of “Data lake”, sent by adam@calos.test.")
    switch(session, cast.adam, made, enabled=False, reason="A pause.", now=now)
    with pytest.raises(Conflict):
        send_test(session, cast.adam, made, now=now)


def test_switching_off_and_on(session: WriteSession, cast: Cast, now: datetime) -> None:
    made, _ = added(session, cast, "http://127.0.0.1:1/", now)
    happened(session, cast, now)
    switch(session, cast.adam, made, enabled=False, reason="They move.", now=now)
    assert deliver(session, now) == ["failed"]
    assert happened(session, cast, now) == 0
    with pytest.raises(Conflict):
        switch(session, cast.adam, made, enabled=False, reason="Again.", now=now)
    with pytest.raises(Conflict):
        redeliver(session, cast.adam, log(session, cast, made).id, now=now)
    with pytest.raises(InvalidInput):
        switch(session, cast.adam, made, enabled=True, reason=" ", now=now)
    switch(session, cast.adam, made, enabled=True, reason="They are back.", now=now)
    assert happened(session, cast, now) == 1
    assert destination_by_id(session, cast.adam, made).disabled_reason is None


def test_secrets_are_in_no_readable_column_and_no_trail(session: WriteSession, cast: Cast, now: datetime) -> None:
    made, secret = added(session, cast, "http://127.0.0.1:1/", now)
    chosen: dict[str, Any] = {"events": ["upsell.found"], "now": now}
    added(session, cast, "", kind="hubspot", secrets={"token": "pat-na1-top"}, **chosen)
    slack, _ = added(session, cast, "https://hooks.slack.com/services/T0/B0/very-secret", kind="slack", **chosen)
    rotate_secret(session, cast.adam, made, now=now)
    rows = str(session.execute(select(destination)).all())
    trail = str(session.execute(text("SELECT * FROM audit_entry WHERE target_kind = 'destination'")).all())
    for hidden in (secret, "pat-na1-top", "very-secret"):
        assert hidden not in rows
        assert hidden not in trail
    assert destination_by_id(session, cast.adam, slack).url == "https://hooks.slack.com/…"
    actions = "SELECT action FROM audit_entry WHERE target_id = :id ORDER BY id"
    assert session.execute(text(actions), {"id": str(made)}).scalars().all() == [
        "destination.added", "destination.secret_rotated",
    ]  # fmt: skip


def test_one_rows_secrets_cannot_be_read_in_anothers_place(session: WriteSession, cast: Cast, now: datetime) -> None:
    with vendor() as played:
        mine, _ = added(session, cast, played.url, now)
        other, _ = added(session, cast, played.url + "/other", now, events=["license.issued"])
        theirs = select(destination.c.sealed).where(destination.c.id == other).scalar_subquery()
        session.execute(destination.update().where(destination.c.id == mine).values(sealed=theirs))
        happened(session, cast, now)
        assert deliver(session, now) == ["waiting"]
        assert "encrypted with another key" in str(log(session, cast, mine).error)
        assert played.asked == []
        change_destination(session, cast.adam, other, name="Still mine", now=now)


def test_what_may_not_be_is_refused(session: WriteSession, cast: Cast, now: datetime) -> None:
    wrongs: tuple[dict[str, Any], ...] = (
        {"kind": "fax"}, {"name": " "}, {"name": "x" * 81}, {"events": []}, {"events": ["nonsense"]}, {"url": "ftp://x"},
        {"secrets": {"token": "x"}}, {"kind": "hubspot", "events": ["upsell.found"]},
        {"kind": "hubspot", "secrets": {"token": "x"}, "events": ["license.revoked"]},
        {"kind": "hubspot", "secrets": {"token": "a\r\nX: b"}, "events": ["upsell.found"]},
        {"kind": "salesforce", "secrets": {"clientId": "x"}, "events": ["upsell.found"]},
    )  # fmt: skip
    for wrong in wrongs:
        with pytest.raises(InvalidInput):
            added(session, cast, **{"url": "http://127.0.0.1:1/", "now": now, **wrong})
    with configured(CALOS_WEBHOOK_PRIVATE="0"), pytest.raises(InvalidInput):
        added(session, cast, "http://example.com/", now)


def test_without_the_setting_nothing_on_this_machine_is_reached(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    with vendor() as played:
        made, _ = added(session, cast, played.url.replace("http://", "https://"), now)
        happened(session, cast, now)
        with configured(CALOS_WEBHOOK_PRIVATE="0"):
            assert deliver(session, now) == ["waiting"]
        assert played.asked == []
    assert "not on the internet" in str(log(session, cast, made).error)


def test_destinations_are_for_those_who_set_policy(session: WriteSession, cast: Cast, now: datetime) -> None:
    made, _ = added(session, cast, "http://127.0.0.1:1/", now)
    for actor in (cast.sam, cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            destinations(session, actor)
        with pytest.raises(NotPermitted):
            deliveries(session, actor, made)
        with pytest.raises(NotPermitted):
            rotate_secret(session, actor, made, now=now)


def test_removing_takes_its_log_along(session: WriteSession, cast: Cast, now: datetime) -> None:
    made, _ = added(session, cast, "http://127.0.0.1:1/", now)
    happened(session, cast, now)
    deliver(session, now)
    remove_destination(session, cast.adam, made, reason="Not needed.", now=now)
    assert session.execute(select(delivery)).all() == []
    with pytest.raises(NotFound):
        destination_by_id(session, cast.adam, made)


def test_what_lost_its_job_is_picked_up_and_old_things_are_forgotten(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    added(session, cast, "http://127.0.0.1:1/", now)
    happened(session, cast, now)
    assert pick_up(session, now=now + timedelta(hours=1)) == 0
    session.connection.exec_driver_sql("DELETE FROM procrastinate_jobs")
    assert pick_up(session, now=now + timedelta(hours=1)) == 1
    assert forget_deliveries(session, now=now + timedelta(days=91)) == 1
    assert waiting(session) == []


def test_slack_gets_blocks_in_which_nothing_is_markup(session: WriteSession, cast: Cast, now: datetime) -> None:
    with vendor(body=b"ok") as played:
        added(session, cast, played.url + "/services/T/B/x", now, kind="slack")
        happened(session, cast, now)
        assert deliver(session, now) == ["delivered"]
    told = json.loads(played.sent[0])
    assert told["text"] == "Acme &lt;GmbH&gt; &amp; Söhne: At 95% of &lt;!channel&gt;."
    section, context = told["blocks"]
    assert "<https://calos.test/customer?install_id=inst-acme|Acme &lt;GmbH&gt; &amp; Söhne>" in section["text"]["text"]
    assert "<!channel>" not in played.sent[0].decode()
    assert context["elements"][0]["text"] == "*High* priority · An upsell was found"
