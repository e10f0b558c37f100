"""Customers whose subscriptions were imported and stand behind no license: the license's acts take their place."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core.accounts.requests import LicenseRequest
from core.accounts.writes import change_tier, create_license, revoke_license
from core.billing.reads import Subscription, subscriptions_of
from core.billing.writes import record_past_subscriptions
from core.finance.movements import Step
from core.finance.reads import movements_of, mrr_of
from core.finance.writes import append_history
from core.ids import new_id
from core.money import Money
from db.session import WriteSession
from tests.books import customer
from tests.cast import Cast

DAY = timedelta(days=1)


class Imported:
    """A customer on a free license who pays by two imported subscriptions."""

    def __init__(self, session: WriteSession, cast: Cast, now: datetime) -> None:
        self.session, self.cast, self.now = session, cast, now
        self.id: UUID = customer(session, cast.system, "Imported Ltd", now - 100 * DAY)
        paid = [self._paid(minor, now - days * DAY) for minor, days in ((99_00, 90), (49_00, 60))]
        record_past_subscriptions(session, cast.system, paid, now=now - DAY)
        steps = [Step(one.started_at, None, one) for one in paid]
        append_history(session, cast.system, self.id, steps, now=now - DAY)
        asked = LicenseRequest(user_id=str(self.id), tier="free")
        self.install_id = create_license(session, cast.fiona, asked, now=now - DAY).install_id

    def _paid(self, minor: int, began: datetime) -> Subscription:
        return Subscription(new_id(), self.id, None, "basic", "monthly", Money(minor, "USD"), 1, began, None)

    def mrr(self) -> Money:
        """Return what the customer pays a month."""
        return mrr_of(self.session, self.cast.fiona, [self.id], self.now)[self.id]


@pytest.fixture
def imported(session: WriteSession, cast: Cast, now: datetime) -> Imported:
    return Imported(session, cast, now)


def test_a_tier_replaces_what_was_imported(imported: Imported) -> None:
    assert imported.mrr() == Money(148_00, "USD")
    change_tier(imported.session, imported.cast.fiona, imported.install_id, "pro", "monthly", now=imported.now)
    assert imported.mrr() == Money(499_00, "USD")
    running = [
        one for one in subscriptions_of(imported.session, imported.cast.fiona, imported.id) if one.ended_at is None
    ]
    assert [one.tier_id for one in running] == ["pro"]
    kinds = [one.kind for one in movements_of(imported.session, imported.cast.fiona, imported.id)]
    assert kinds == ["contraction", "contraction", "expansion", "expansion", "new"]


def test_a_revoked_license_ends_what_was_imported(imported: Imported) -> None:
    told = revoke_license(
        imported.session, imported.cast.fiona, imported.install_id, reason="They left.", now=imported.now
    )
    assert imported.mrr() == Money(0, "USD")
    assert told.movement is not None
    assert told.movement.kind == "churn"
