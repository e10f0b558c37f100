"""Licenses that change hands, and trials that are converted: money, rows, trails and cards follow, or nothing does."""

import threading
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from core.access.permissions import Permission
from core.accounts.belongings import GO_ALONG, STAY
from core.accounts.requests import Created, LicenseRequest
from core.accounts.transfers import transfer_license
from core.accounts.writes import convert_license, create_license, revoke_license
from core.billing.reads import active_subscription
from core.databases import Databases
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.finance.reads import movements_of, mrr_at, mrr_of
from core.ids import digest
from core.licensing.policy import Policy
from core.licensing.reads import installations, license_by_install
from core.money import Money
from db.models import metadata
from db.models.access import audit_entry
from db.models.accounts import card_mark
from db.models.licensing import installation, seat_lease
from db.models.licensing import license as licenses
from db.session import SYSTEM, WriteSession
from tests.books import customer
from tests.cast import Cast

DAY = timedelta(days=1)


@pytest.fixture
def wayne(session: WriteSession, cast: Cast, now: datetime) -> UUID:
    return customer(session, cast.system, "Wayne", now)


def issue(session: WriteSession, cast: Cast, now: datetime, **asked: Any) -> Created:
    return create_license(
        session, cast.sam, LicenseRequest(**{"user_id": str(cast.globex), "tier": "pro", **asked}), now=now
    )


def kinds(session: WriteSession, cast: Cast, organization_id: UUID) -> list[str]:
    return [one.kind for one in reversed(movements_of(session, cast.fiona, organization_id))]


def hand(session: WriteSession, cast: Cast, install_id: str, to: UUID, now: datetime, **options: Any) -> Any:
    return transfer_license(session, cast.adam, install_id, str(to), **{"reason": "sold", "now": now, **options})


def test_the_price_goes_along_and_the_sum_stays(session: WriteSession, cast: Cast, wayne: UUID, now: datetime) -> None:
    made = issue(session, cast, now, amount=Money(300_00, "USD"), quantity=2)
    before = mrr_at(session, cast.fiona, now)
    done = hand(session, cast, made.install_id, wayne, now + DAY)
    assert (done.from_organization, done.organization, done.install_secret) == ("Globex", "Wayne", None)
    assert (done.movement_from.kind, done.movement_to.kind) == ("churn", "new")
    assert (kinds(session, cast, cast.globex), kinds(session, cast, wayne)) == (["new", "churn"], ["new"])
    found = mrr_of(session, cast.fiona, [cast.globex, wayne], now + DAY)
    assert (found.get(cast.globex, Money(0, "USD")).minor, found[wayne]) == (0, Money(600_00, "USD"))
    assert mrr_at(session, cast.fiona, now + DAY) == before
    paying = active_subscription(session, cast.fiona, made.license_id)
    assert paying is not None
    assert (paying.organization_id, paying.amount, paying.quantity) == (wayne, Money(300_00, "USD"), 2)


def test_a_customer_with_another_license_contracts_and_expands(
    session: WriteSession, cast: Cast, wayne: UUID, now: datetime
) -> None:
    made = issue(session, cast, now, currency="USD")
    issue(session, cast, now, tier="basic", currency="USD")
    issue(session, cast, now, user_id=str(wayne), tier="basic", currency="USD")
    done = hand(session, cast, made.install_id, wayne, now + DAY)
    assert (done.movement_from.kind, done.movement_to.kind) == ("contraction", "expansion")


def test_what_is_known_of_it_goes_along_and_seats_do_not(
    session: WriteSession, cast: Cast, wayne: UUID, now: datetime
) -> None:
    made = issue(session, cast, now)
    row = {"license_id": made.license_id, "organization_id": cast.globex}
    session.execute(insert(installation).values(**row, fingerprint="f", activated_at=now, last_seen_at=now))
    session.execute(insert(seat_lease).values(**row, holder="ada", taken_at=now, renewed_at=now, expires_at=now + DAY))
    hand(session, cast, made.install_id, wayne, now + DAY)
    kept = select(installation.c.organization_id).where(installation.c.license_id == made.license_id)
    assert session.execute(kept).scalars().all() == [wayne]
    assert session.execute(select(seat_lease).where(seat_lease.c.license_id == made.license_id)).all() == []
    with pytest.raises(NotFound):
        license_by_install(session, cast.otto, made.install_id, now=now)
    assert [one.fingerprint for one in installations(session, cast.vera, made.install_id, now=now)] == ["f"]
    marked = set(session.execute(select(card_mark.c.organization_id)).scalars())
    assert {cast.globex, wayne} <= marked


def test_every_table_of_a_tenant_and_a_license_is_accounted_for() -> None:
    both = {
        table.name
        for table in metadata.tables.values()
        if "organization_id" in table.c and {"license_id", "install_id"} & set(table.c.keys())
    }
    assert both == {table.name for table in GO_ALONG} | set(STAY), "Does it go along with a license that changes hands?"


def test_both_trails_tell_of_it_and_neither_names_the_other(
    session: WriteSession, cast: Cast, wayne: UUID, now: datetime
) -> None:
    made = issue(session, cast, now)
    hand(session, cast, made.install_id, wayne, now + DAY, reason="a merger")
    found = session.execute(
        select(audit_entry).where(audit_entry.c.target_id == made.install_id, audit_entry.c.at == now + DAY)
    ).all()
    told = {entry.organization_id: entry for entry in found}
    assert set(told) == {cast.globex, wayne, cast.vendor}
    assert {entry.action for entry in found} == {
        "license.transferred_away",
        "license.transferred",
        "license.handed_over",
    }
    assert {entry.reason for entry in found} == {"a merger"}
    for theirs, other in ((cast.globex, wayne), (wayne, cast.globex)):
        said = str([told[theirs].before, told[theirs].after])
        assert str(other) not in said
        assert "Wayne" not in said
        assert "Globex" not in said
    assert told[cast.vendor].after["organization"] == "Wayne"


def test_the_end_is_kept_or_begins_anew(session: WriteSession, cast: Cast, wayne: UUID, now: datetime) -> None:
    kept = issue(session, cast, now, expires_at=now + 100 * DAY)
    monthly = issue(session, cast, now, expires_at=now + 3 * DAY)
    trial, endless = issue(session, cast, now, trial_days=14), issue(session, cast, now)
    assert hand(session, cast, kept.install_id, wayne, now + DAY).expires_at == now + 100 * DAY
    reset = hand(session, cast, monthly.install_id, wayne, now + DAY, expiry="reset")
    assert reset.expires_at == datetime.fromisoformat("2026-12-22T12:00:00Z")
    assert hand(session, cast, trial.install_id, wayne, now + 5 * DAY, expiry="reset").expires_at == now + 19 * DAY
    assert hand(session, cast, endless.install_id, wayne, now + 6 * DAY, expiry="reset").expires_at is None


def test_a_new_secret_goes_with_it_if_asked_for(session: WriteSession, cast: Cast, wayne: UUID, now: datetime) -> None:
    made = issue(session, cast, now)
    done = hand(session, cast, made.install_id, wayne, now, new_secret=True)
    kept = select(licenses.c.secret_digest).where(licenses.c.id == made.license_id)
    assert session.execute(kept).scalar_one() == digest(done.install_secret)


def test_transfers_that_cannot_be(session: WriteSession, cast: Cast, wayne: UUID, now: datetime) -> None:
    made = issue(session, cast, now)
    with pytest.raises(Conflict, match="already"):
        hand(session, cast, made.install_id, cast.globex, now)
    with pytest.raises(InvalidInput, match="customers"):
        hand(session, cast, made.install_id, cast.vendor, now)
    with pytest.raises(NotFound, match="nobody@"):
        transfer_license(session, cast.adam, made.install_id, "nobody@nowhere.test", reason="x", now=now)
    with pytest.raises(InvalidInput) as wrong:
        hand(session, cast, made.install_id, wayne, now, expiry="forever")
    assert wrong.value.field == "expiry"
    with pytest.raises(InvalidInput, match="why"):
        hand(session, cast, made.install_id, wayne, now, reason=" ")
    for actor in (cast.sam, cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            transfer_license(session, actor, made.install_id, str(wayne), reason="x", now=now)
    revoke_license(session, cast.adam, made.install_id, reason="x", now=now)
    with pytest.raises(Conflict, match="Reinstate it first"):
        hand(session, cast, made.install_id, wayne, now)


def test_whoever_may_not_see_money_is_told_none(session: WriteSession, cast: Cast, wayne: UUID, now: datetime) -> None:
    made = issue(session, cast, now)
    blind = type(cast.adam)(**{**vars(cast.adam), "permissions": cast.adam.permissions - {Permission.FINANCE_READ}})
    done = transfer_license(session, blind, made.install_id, str(wayne), reason="x", now=now)
    assert (done.movement_from, done.movement_to) == (None, None)


def test_transfers_of_opposite_ways_at_once_end(databases: Databases, cast: Cast, now: datetime) -> None:
    with databases.control.write(SYSTEM) as session:
        one, other = (customer(session, cast.system, name, now) for name in ("Ping", "Pong"))
        made = [
            create_license(session, cast.system, LicenseRequest(str(owner), "basic", currency="USD"), now=now)
            for owner in (one, other, one, other)
        ]

    def away(created: Created) -> None:
        to = other if created.organization_id == one else one
        with suppress(Conflict), databases.control.write(SYSTEM) as session:
            transfer_license(session, cast.system, created.install_id, str(to), reason="x", now=now + DAY)

    racers = [threading.Thread(target=away, args=[created]) for created in made]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    with databases.control.read(SYSTEM) as then:
        held = {
            created.install_id: license_by_install(then, cast.fiona, created.install_id, now=now).organization_id
            for created in made
        }
        assert all(held[created.install_id] != created.organization_id for created in made)
        worth = mrr_of(then, cast.fiona, [one, other], now + DAY)
        assert worth[one] == worth[other] == Money(198_00, "USD")


def test_a_trial_is_converted_on_its_tier(session: WriteSession, cast: Cast, now: datetime) -> None:
    trial = issue(session, cast, now, trial_days=14, billing_period="annual", policy=Policy(max_seats=3))
    done = convert_license(session, cast.sam, trial.install_id, now=now + DAY)
    assert (done.before.term, done.after.term, done.after.billing_period) == ("trial", "paid", "annual")
    assert done.movement is not None
    assert done.movement.kind == "new"
    held = license_by_install(session, cast.sam, trial.install_id, now=now + DAY)
    assert (held.expires_at, held.converted_at, held.max_seats) == (None, now + DAY, 3)
    with pytest.raises(Conflict, match="only a trial") as refused:
        convert_license(session, cast.sam, trial.install_id, now=now + DAY)
    assert refused.value.code == "no_trial"


def test_a_revoked_trial_is_not_converted(session: WriteSession, cast: Cast, now: datetime) -> None:
    trial = issue(session, cast, now, trial_days=14)
    revoke_license(session, cast.adam, trial.install_id, reason="x", now=now)
    with pytest.raises(Conflict, match="cannot be converted"):
        convert_license(session, cast.sam, trial.install_id, now=now)
    for actor in (cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            convert_license(session, actor, trial.install_id, now=now)
