"""The day that is looked at: set and cleared by who may, audited, and what was computed for another day is stale."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.access.actor import Actor
from core.accounts.cards import refresh_card, refresh_cards
from core.accounts.requests import LicenseRequest
from core.accounts.writes import create_license
from core.culture.reads import stale_installs
from core.culture.writes import recompute
from core.errors import InvalidInput, NotPermitted
from core.organizations.viewpoint import clear_viewpoint, set_viewpoint, viewpoint
from db.models.access import audit_entry
from db.models.accounts import customer_card
from db.session import WriteSession
from tests.cast import Cast

YEAR = timedelta(days=365)
# Other tests of this worker leave installs and cards of their own.
EVERY = 100_000


def test_it_is_now_until_somebody_says_otherwise(session: WriteSession, cast: Cast, now: datetime) -> None:
    assert viewpoint(session) is None
    set_viewpoint(session, cast.adam, now - YEAR, source="Adam", now=now)
    set_viewpoint(session, cast.adam, now - YEAR, source="Adam", now=now)
    assert viewpoint(session) == now - YEAR
    set_viewpoint(session, cast.fiona, now - 2 * YEAR, source="Fiona", now=now)
    assert viewpoint(session) == now - 2 * YEAR
    clear_viewpoint(session, cast.fiona, now=now)
    clear_viewpoint(session, cast.fiona, now=now)
    assert viewpoint(session) is None
    actions = select(audit_entry.c.action).where(audit_entry.c.action.startswith("viewpoint."))
    assert sorted(session.execute(actions).scalars()) == ["viewpoint.cleared", "viewpoint.set", "viewpoint.set"]


def test_days_to_come_and_people_without_the_permission_are_refused(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    with pytest.raises(InvalidInput, match="a day that is over"):
        set_viewpoint(session, cast.fiona, now + YEAR, source="Fiona", now=now)
    strangers: list[Actor] = [cast.sam, cast.vera, cast.otto]
    for actor in strangers:
        with pytest.raises(NotPermitted):
            set_viewpoint(session, actor, now - YEAR, source="nobody", now=now)
        with pytest.raises(NotPermitted):
            clear_viewpoint(session, actor, now=now)


def test_what_was_computed_for_another_day_is_computed_again_backwards_too(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    then = now - timedelta(days=30)
    request = LicenseRequest(str(cast.globex), "pro")
    install = create_license(session, cast.system, request, now=then).install_id
    recompute(session, session, install, now=now)
    refresh_card(session, session, cast.globex, now=now)
    assert install not in stale_installs(session, now=now, limit=EVERY)
    assert install in stale_installs(session, now=then, limit=EVERY)
    recompute(session, session, install, now=then)
    refresh_cards(session, session, now=then, limit=EVERY)
    card = select(customer_card.c.refreshed_at).where(customer_card.c.organization_id == cast.globex)
    assert session.execute(card).scalar_one() == then
    assert install in stale_installs(session, now=now, limit=EVERY)
