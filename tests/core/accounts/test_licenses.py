"""Issue, change tier, revoke and reinstate: license, subscription and ledger move together or not at all."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.access.permissions import Permission
from core.accounts.requests import LicenseRequest
from core.accounts.writes import change_tier, create_license, reinstate_license, revoke_license
from core.billing.reads import active_subscription, subscriptions_of
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.finance.reads import movements_of, mrr_of
from core.licensing.reads import license_by_install
from core.money import Money
from db.models.access import audit_entry
from db.models.announce import outbox
from db.session import WriteSession
from tests.cast import Cast

DAY = timedelta(days=1)


def issue(session: WriteSession, cast: Cast, now: datetime, **asked: Any) -> Any:
    request = LicenseRequest(**{"user_id": str(cast.globex), "tier": "pro", **asked})
    return create_license(session, cast.sam, request, now=now)


def kinds(session: WriteSession, cast: Cast) -> list[str]:
    return [one.kind for one in reversed(movements_of(session, cast.fiona, cast.globex))]


def mrr(session: WriteSession, cast: Cast, at: datetime) -> Money:
    return mrr_of(session, cast.fiona, [cast.globex], at)[cast.globex]


def test_a_trial_costs_nothing_until_it_is_converted(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = issue(session, cast, now, trial_days=14, billing_period="annual")
    assert (made.term, made.expires_at, made.mrr) == ("trial", now + 14 * DAY, Money(0, "USD"))
    assert kinds(session, cast) == []
    changed = change_tier(session, cast.sam, made.install_id, "pro", now=now + 10 * DAY)
    held = license_by_install(session, cast.sam, made.install_id, now=now + 10 * DAY)
    assert (held.term, held.expires_at, held.converted_at) == ("paid", None, now + 10 * DAY)
    # Globex is in Germany, so it pays in euros: ten months' price for a year.
    assert changed.after.mrr == Money(374_17, "EUR")
    assert (changed.before.term, changed.after.term, kinds(session, cast)) == ("trial", "paid", ["new"])


def test_a_paid_license_is_new_mrr_at_once(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = issue(session, cast, now, currency="USD")
    assert (made.term, made.expires_at, made.mrr) == ("paid", None, Money(499_00, "USD"))
    assert mrr(session, cast, now) == Money(499_00, "USD")
    assert issue(session, cast, now + DAY, tier="basic").mrr == Money(99_00, "USD")
    assert kinds(session, cast) == ["new", "expansion"]


def test_a_contracts_price_goes_before_the_list(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = issue(session, cast, now, amount=Money(1_200_00, "EUR"), billing_period="quarter", quantity=2)
    assert made.mrr == Money(800_00, "EUR")
    assert made.billing_period == "quarterly"


def test_a_free_license_has_no_price(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = issue(session, cast, now, tier="free")
    assert (made.term, made.billing_period, made.expires_at) == ("free", None, None)
    assert active_subscription(session, cast.sam, made.license_id) is None
    with pytest.raises(InvalidInput, match="billed"):
        change_tier(session, cast.sam, made.install_id, "basic", now=now)
    changed = change_tier(session, cast.sam, made.install_id, "basic", "monthly", now=now)
    assert changed.after.mrr == Money(89_00, "EUR")
    assert changed.movement is not None
    assert changed.movement.kind == "new"


def test_up_down_and_out(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = issue(session, cast, now, tier="basic")
    change_tier(session, cast.sam, made.install_id, "pro", now=now + DAY)
    change_tier(session, cast.sam, made.install_id, "pro", "annual", now=now + 2 * DAY)
    change_tier(session, cast.sam, made.install_id, "free", now=now + 3 * DAY)
    change_tier(session, cast.sam, made.install_id, "basic", "quarter", now=now + 4 * DAY)
    assert kinds(session, cast) == ["new", "expansion", "contraction", "churn", "reactivation"]
    terms = [
        (one.tier_id, one.billing_period, one.amount.minor) for one in subscriptions_of(session, cast.sam, cast.globex)
    ]
    assert terms == [
        ("basic", "quarterly", 267_00),
        ("pro", "annual", 4_490_00),
        ("pro", "monthly", 449_00),
        ("basic", "monthly", 89_00),
    ]
    assert mrr(session, cast, now + 4 * DAY) == Money(89_00, "EUR")


def test_a_change_that_changes_nothing_is_refused(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = issue(session, cast, now)
    for period in (None, "monthly", "month"):
        with pytest.raises(Conflict, match="nothing was changed"):
            change_tier(session, cast.sam, made.install_id, "pro", period, now=now + DAY)
    assert kinds(session, cast) == ["new"]


def test_a_revoke_ends_what_was_paid_and_a_reinstatement_brings_it_back(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    made = issue(session, cast, now, amount=Money(300_00, "EUR"))
    gone = revoke_license(session, cast.adam, made.install_id, reason="chargeback", now=now + DAY)
    assert (gone.status, gone.after.mrr) == ("revoked", Money(0, "EUR"))
    assert mrr(session, cast, now + DAY) == Money(0, "USD")
    with pytest.raises(Conflict, match="already"):
        revoke_license(session, cast.adam, made.install_id, reason="again", now=now + 2 * DAY)
    with pytest.raises(Conflict, match="Reinstate it first"):
        change_tier(session, cast.sam, made.install_id, "enterprise", now=now + 2 * DAY)
    back = reinstate_license(session, cast.adam, made.install_id, reason="paid after all", now=now + 3 * DAY)
    assert (back.status, back.after.mrr) == ("active", Money(300_00, "EUR"))
    assert kinds(session, cast) == ["new", "churn", "reactivation"]
    assert movements_of(session, cast.fiona, cast.globex)[1].reason == "chargeback"
    with pytest.raises(Conflict):
        reinstate_license(session, cast.adam, made.install_id, reason="twice", now=now + 4 * DAY)


def test_who_asked_first_and_came_second_acts_second(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = issue(session, cast, now, tier="basic")
    earlier = now - timedelta(seconds=5)
    change_tier(session, cast.sam, made.install_id, "basic", "quarterly", now=earlier)
    change_tier(session, cast.sam, made.install_id, "pro", now=earlier)
    assert [one.effective_at for one in movements_of(session, cast.fiona, cast.globex)] == [now, now]
    assert {one.started_at for one in subscriptions_of(session, cast.fiona, cast.globex)} == {now}
    with pytest.raises(Conflict):
        change_tier(session, cast.sam, made.install_id, "enterprise", now=now - DAY)


def test_one_of_two_licenses_revoked_is_a_contraction(session: WriteSession, cast: Cast, now: datetime) -> None:
    issue(session, cast, now)
    second = issue(session, cast, now, tier="basic")
    revoke_license(session, cast.adam, second.install_id, reason="no longer needed", now=now + DAY)
    assert kinds(session, cast) == ["new", "expansion", "contraction"]


def test_a_revoked_trial_moves_no_money(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = issue(session, cast, now, trial_days=30)
    revoke_license(session, cast.adam, made.install_id, reason="test only", now=now + DAY)
    reinstate_license(session, cast.adam, made.install_id, reason="a mistake", now=now + DAY)
    assert kinds(session, cast) == []


def test_the_holder_is_found_by_any_of_their_names(session: WriteSession, cast: Cast, now: datetime) -> None:
    for name in (str(cast.globex), cast.otto.id, "otto@calos.test", " OTTO@calos.test "):
        made = issue(session, cast, now, user_id=name, tier="free")
        assert (made.organization_id, made.new_customer) == (cast.globex, False)


def test_an_unknown_email_makes_one_customer(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = issue(session, cast, now, user_id="ada@acme-foods.test", tier="free")
    assert (first.organization, first.new_customer) == ("Acme Foods", True)
    again = issue(session, cast, now, user_id="Ada@acme-foods.test", tier="free")
    assert (again.organization_id, again.new_customer) == (first.organization_id, False)
    other = issue(session, cast, now, user_id="bob@acme-foods.test", tier="free")
    assert other.organization == "Acme Foods (bob@acme-foods.test)"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"user_id": "nobody"}, "userId"),
        ({"user_id": "not@an-address"}, "email"),
        ({"tier": "platinum"}, "tier"),
        ({"billing_period": "weekly"}, "billingPeriod"),
        ({"trial_days": 366}, "trialDays"),
        ({"trial_days": -1}, "trialDays"),
        ({"tier": "free", "trial_days": 14}, "trialDays"),
        ({"notes": "x" * 20_001}, "notes"),
    ],
)
def test_a_request_that_makes_no_sense_names_its_field(
    session: WriteSession, cast: Cast, now: datetime, asked: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        issue(session, cast, now, **asked)
    assert refusal.value.field == field


def test_licenses_are_for_customers(session: WriteSession, cast: Cast, now: datetime) -> None:
    for ours in (str(cast.vendor), cast.mia.id, "mia@calos.test"):
        with pytest.raises(InvalidInput, match="our own"):
            issue(session, cast, now, user_id=ours)
    with pytest.raises(NotFound):
        issue(session, cast, now, user_id="00000000-0000-7000-8000-000000000000")


def test_each_act_needs_its_permission(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = issue(session, cast, now)
    request = LicenseRequest(str(cast.globex), "pro")
    for person in (*cast.staff(), cast.otto):
        vendor = person.realm == "vendor"
        for may, act in (
            (person.may(Permission.LICENSE_CREATE), lambda who: create_license(session, who, request, now=now)),
            (
                person.may(Permission.LICENSE_UPDATE_TIER),
                lambda who: change_tier(session, who, made.install_id, "enterprise", now=now),
            ),
            (
                person.may(Permission.LICENSE_REVOKE),
                lambda who: revoke_license(session, who, made.install_id, reason="test", now=now),
            ),
        ):
            savepoint = session.connection.begin_nested()
            if may and vendor:
                act(person)
            else:
                with pytest.raises(NotPermitted):
                    act(person)
            savepoint.rollback()


def test_every_act_is_audited_with_its_reason_and_announced(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = issue(session, cast, now)
    change_tier(session, cast.sam, made.install_id, "enterprise", now=now, reason="contract signed")
    revoke_license(session, cast.adam, made.install_id, reason="chargeback", now=now)
    reinstate_license(session, cast.adam, made.install_id, reason="paid", now=now)
    told = session.execute(
        select(audit_entry.c.action, audit_entry.c.actor_label, audit_entry.c.reason)
        .where(audit_entry.c.target_id == made.install_id)
        .order_by(audit_entry.c.id)
    ).all()
    assert [tuple(row) for row in told] == [
        ("license.issued", "sam@calos.test", None),
        ("license.tier_changed", "sam@calos.test", "contract signed"),
        ("license.revoked", "adam@calos.test", "chargeback"),
        ("license.reinstated", "adam@calos.test", "paid"),
    ]
    news = session.execute(select(outbox.c.type, outbox.c.data).where(outbox.c.organization_id == cast.globex)).all()
    assert [row.data["kind"] for row in news if row.type == "metrics:updated"] == [
        "new",
        "expansion",
        "churn",
        "reactivation",
    ]
    assert not [row for row in news if "minor" in str(row.data).lower()]
