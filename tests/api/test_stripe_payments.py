"""Invoices of ours that Stripe collects, over HTTP: charged once, paid by a link, recorded when Stripe tells."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api import payments, stripe_links
from core import clock
from core.accounts.invoicing import take_payment
from core.billing.invoices.finalizing import finalize
from core.billing.invoices.payments import NewPayment
from core.billing.invoices.reads import invoice_by_id
from core.billing.stripe.writes import became, keep_objects
from core.config import Settings
from core.finance.reconciliation import reconcile
from core.money import Money
from db.session import SYSTEM
from tests.api.signed_in import signed_in
from tests.core.billing.invoices.shop import billed, draft_by_hand, seller
from tests.loopback_stripe.shapes import Json
from tests.loopback_stripe.world import World, stripe_world


@dataclass
class Desk:
    """An open invoice of $100, its customer at Stripe, and Fiona at the API."""

    world: World
    client: TestClient
    invoice_id: UUID
    payer: Json

    def charge(self, key: str | None, **body: Any) -> Any:
        """Ask for the invoice to be charged."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.client.post(
            "/payments", json={"invoiceId": str(self.invoice_id), "method": "stripe", **body}, headers=headers
        )

    def state(self) -> str:
        """Where the invoice stands."""
        with self.world.databases.control.read(SYSTEM) as session:
            return invoice_by_id(session, self.world.cast.fiona, self.invoice_id).state

    def collected(self) -> list[Json]:
        """What Stripe collected."""
        return list(self.world.books.kept("payment_intents").values())


@pytest.fixture
def desk(test_settings: Settings) -> Iterator[Desk]:
    """Yield the desk."""
    with stripe_world(test_settings) as world:
        now, cast = clock.now(), world.cast
        world.books.now = int(now.timestamp()) - 60
        payer = world.books.customer("Initech Inc.", default_payment_method="pm_card")
        with world.databases.control.write(SYSTEM) as session:
            sells = seller(session, cast.fiona, now)
            whom = billed(session, cast.system, sells, now)
            made = draft_by_hand(session, sells, whom, now)
            finalize(session, cast.system, [made], now=now)
            keep_objects(session, "customer", [payer], seen_at=now)
            became(session, "customer", payer["id"], organization_id=whom, our_id=whom)
        on = {"stripe_secret_key": world.stripe.key, "stripe_url": world.stripe.url}
        current = test_settings.model_copy(update=on)
        with signed_in(world.databases, cast.fiona, payments, stripe_links, settings=current) as client:
            yield Desk(world, client, made, payer)


def test_the_saved_method_is_charged_once_a_key(desk: Desk) -> None:
    first, again = desk.charge("once"), desk.charge("once")
    assert (first.status_code, again.json()) == (201, first.json())
    assert first.json()["amount"] == {"minor": 10_000, "currency": "USD"}
    assert (len(desk.collected()), desk.state()) == (1, "paid")
    other = desk.charge("other")
    assert (other.status_code, other.json()["code"]) == (409, "invoice_paid")
    assert len(desk.collected()) == 1


def test_without_a_key_or_with_what_stripe_does_not_take_nothing_is_charged(desk: Desk) -> None:
    assert desk.charge(None).status_code == 422
    assert desk.charge("k", amount={"minor": 1, "currency": "USD"}).status_code == 422
    assert (desk.collected(), desk.state()) == ([], "open")


def test_whoever_pays_meanwhile_is_waited_for(desk: Desk) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'")
    control, cast = desk.world.databases.control, desk.world.cast
    with ThreadPoolExecutor(1) as pool:
        with control.write(SYSTEM) as session:
            wired = NewPayment(desk.invoice_id, "wire", Money(10_000, "USD"), clock.now().date(), "w-1")
            take_payment(session, cast.fiona, wired, now=clock.now())
            charged = pool.submit(desk.charge, "meanwhile")
            while not charged.done() and not session.execute(waiting).scalar_one():
                time.sleep(0.02)
        answer = charged.result()
    # On a machine so slow that the wait ran out it is told to come again.
    assert (answer.status_code, answer.json()["code"]) in {(409, "invoice_paid"), (503, "busy")}
    assert (desk.collected(), desk.state()) == ([], "paid")


def test_a_declined_payment_leaves_the_invoice_open(desk: Desk) -> None:
    desk.payer["invoice_settings"]["default_payment_method"] = "pm_declined"
    answer = desk.charge("once")
    assert (answer.status_code, answer.json()["code"], desk.state()) == (409, "declined", "open")


def test_what_stripe_tells_of_a_charge_is_recorded_once(desk: Desk) -> None:
    desk.charge("once")
    before = desk.world.counts()
    desk.world.books.pass_time(120)
    desk.world.hear()
    after = desk.world.counts()
    assert {**after, "stripe_event": 0, "stripe_object": 0} == {**before, "stripe_event": 0, "stripe_object": 0}


def test_a_link_is_paid_and_recorded_when_stripe_tells(desk: Desk) -> None:
    path = f"/invoices/{desk.invoice_id}/payment-link"
    made, same = desk.client.post(path), desk.client.post(path)
    assert (made.status_code, same.json()) == (201, made.json())
    ((name, page),) = desk.world.books.kept("checkout_sessions").items()
    assert made.json()["url"].endswith(name)
    assert (page["amount_total"], page["customer"]) == (10_000, desk.payer["id"])
    desk.world.books.pass_time(120)
    intent = desk.world.books.complete(page)
    assert intent["metadata"]["invoice_id"] == str(desk.invoice_id)
    desk.world.hear()
    assert desk.state() == "paid"
    with desk.world.databases.control.read(SYSTEM) as session:
        found = reconcile(session, desk.world.cast.fiona, now=clock.now())
    assert [(one.subject, one.fault) for one in found.differences] == []


def test_while_stripe_is_off_both_say_so(desk: Desk, test_settings: Settings) -> None:
    off = signed_in(desk.world.databases, desk.world.cast.fiona, payments, stripe_links, settings=test_settings)
    answers = [
        off.post(f"/invoices/{desk.invoice_id}/payment-link"),
        off.post(
            "/payments",
            json={"invoiceId": str(desk.invoice_id), "method": "stripe"},
            headers={"Idempotency-Key": "once"},
        ),
    ]
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(409, "stripe_off")}
