"""One customer's profile: price, limits, telemetry and brand, and the next date that matters."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from core.accounts.cards import refresh_card
from core.accounts.profile import profile
from core.accounts.writes import change_tier, revoke_license
from core.errors import NotFound, NotPermitted
from core.money import Money
from core.organizations.writes import add_domain
from core.usage.records import UsageRecord, record_usage
from db.models.organizations import brand
from db.session import WriteSession
from tests.cast import Cast
from tests.core.accounts.test_cards import license_for, send

DAY = timedelta(days=1)


def test_a_profile_has_its_four_parts(session: WriteSession, cast: Cast, now: datetime) -> None:
    install_id = license_for(session, cast, now - 40 * DAY, billing_period="quarterly", notes="via Sam")
    send(session, install_id, now, days=20, each=6)
    record_usage(
        session, install_id, [UsageRecord(f"r{n}", "api_calls_day", 900, now - n * DAY) for n in range(9)], now=now
    )
    add_domain(session, cast.sam, cast.globex, "globex.test", now=now)
    session.execute(
        insert(brand).values(organization_id=cast.globex, display_name="Globex Console", primary_color="#123456")
    )
    refresh_card(session, session, cast.globex, now=now)
    found = profile(session, session, cast.fiona, install_id, now=now)
    priced = found.subscription
    assert (priced.price, priced.mrr) == (Money(1_347_00, "EUR"), Money(449_00, "EUR"))
    assert (priced.tier.label, priced.license.notes, priced.started_at) == ("Pro", "via Sam", now - 40 * DAY)
    meters = {one.meter: one for one in found.usage.meters}
    assert (meters["api_calls_day"].used, meters["api_calls_day"].highest) == (900, 100_000)
    assert meters["api_calls_day"].share == pytest.approx(0.009)
    assert (meters["members"].used, meters["members"].highest) == (4, 50)
    assert meters["storage_bytes"].used is None
    assert meters["storage_bytes"].reason
    assert (found.usage.records_30d, found.usage.events_30d, found.telemetry.events_30d) == (9, 120, 120)
    assert found.telemetry.last_event_at is not None
    assert (found.branding.display_name, found.branding.primary_color) == ("Globex Console", "#123456")
    assert found.branding.domains == ("globex.test",)


def test_without_a_brand_of_its_own_it_goes_by_its_name(session: WriteSession, cast: Cast, now: datetime) -> None:
    install_id = license_for(session, cast, now)
    refresh_card(session, session, cast.globex, now=now)
    found = profile(session, session, cast.vera, install_id, now=now)
    assert (found.branding.display_name, found.branding.primary_color) == ("Globex", None)
    assert (found.subscription.price, found.subscription.mrr, found.customer.mrr) == (None, None, None)
    assert found.subscription.started_at == now


def test_the_next_date_that_matters(session: WriteSession, cast: Cast) -> None:
    start = datetime(2026, 1, 31, 9, tzinfo=UTC)
    install_id = license_for(session, cast, start, trial_days=14)

    def shown(at: datetime) -> tuple[str, datetime] | None:
        refresh_card(session, session, cast.globex, now=at)
        date = profile(session, session, cast.sam, install_id, now=at).subscription.next_date
        return (date.label, date.at) if date else None

    assert shown(start + DAY) == ("Trial ends", start + 14 * DAY)
    assert shown(start + 15 * DAY) is None
    change_tier(session, cast.sam, install_id, "pro", "month", now=start)
    assert shown(start) == ("Next billing day", datetime(2026, 2, 28, 9, tzinfo=UTC))
    assert shown(datetime(2026, 3, 1, tzinfo=UTC)) == ("Next billing day", datetime(2026, 3, 31, 9, tzinfo=UTC))
    revoke_license(session, cast.adam, install_id, reason="test", now=datetime(2026, 4, 1, tzinfo=UTC))
    assert shown(datetime(2026, 4, 2, tzinfo=UTC)) is None


def test_it_is_for_staff_and_for_installs_that_exist(session: WriteSession, cast: Cast, now: datetime) -> None:
    install_id = license_for(session, cast, now)
    refresh_card(session, session, cast.globex, now=now)
    with pytest.raises(NotPermitted):
        profile(session, session, cast.otto, install_id, now=now)
    with pytest.raises(NotFound):
        profile(session, session, cast.fiona, "inst-nobody", now=now)
