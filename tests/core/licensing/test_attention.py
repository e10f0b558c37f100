"""Licenses that need a hand: each reason by its dates, and none of it for a revoked license."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from core.licensing import reads, writes
from core.licensing.attention import NEEDS
from core.licensing.policy import Policy
from core.organizations.writes import create_organization
from db.models.licensing import license as licenses
from db.session import WriteSession
from tests.cast import Cast

DAY = timedelta(days=1)


def issue(
    session: WriteSession, cast: Cast, name: str, now: datetime, *, trial: int | None = None, **policy: int
) -> str:
    return writes.issue(
        session,
        cast.sam,
        cast.globex,
        "pro",
        term="trial" if trial else "paid",
        billing_period="monthly",
        trial_days=trial,
        policy=Policy(**policy),  # type: ignore[arg-type]
        install_id=f"attention-{name}",
        now=now,
    ).install_id


def found(session: WriteSession, cast: Cast, need: str, now: datetime) -> set[str]:
    page = reads.search(session, cast.mia, now=now, need=need, limit=200)  # type: ignore[arg-type]
    return {one.install_id.removeprefix("attention-") for one in page.items if one.install_id.startswith("attention-")}


@pytest.fixture
def world(session: WriteSession, cast: Cast, now: datetime) -> None:
    """One license a reason, one that is well, and one revoked that would be everything else."""
    issue(session, cast, "well", now)
    issue(session, cast, "overdue", now - 8 * DAY, check_in_days=7)
    issue(session, cast, "due-today", now - 7 * DAY, check_in_days=7)
    issue(session, cast, "ending", now, trial=14)
    issue(session, cast, "ending-later", now, trial=15)
    issue(session, cast, "expired", now - 40 * DAY, trial=10)
    issue(session, cast, "gone", now - 45 * DAY, trial=14)
    writes.suspend(session, cast.adam, issue(session, cast, "suspended", now), reason="unpaid", now=now)
    issue(session, cast, "silent", now - 91 * DAY)
    revoked = issue(session, cast, "revoked", now - 100 * DAY, check_in_days=7)
    writes.revoke(session, cast.adam, revoked, reason="left", now=now)


@pytest.mark.usefixtures("world")
def test_each_reason_is_found_by_its_dates(session: WriteSession, cast: Cast, now: datetime) -> None:
    assert {need: found(session, cast, need, now) for need in NEEDS} == {
        "overdue": {"overdue"},
        "ending": {"ending"},
        "expired": {"expired"},
        "suspended": {"suspended"},
        "silent": {"silent"},
    }
    assert found(session, cast, "any", now) == {"overdue", "ending", "expired", "suspended", "silent"}


@pytest.mark.usefixtures("world")
def test_the_counts_are_those_of_the_lists(session: WriteSession, cast: Cast, now: datetime) -> None:
    counted = reads.attention(session, cast.mia, now=now)
    listed = {need: len(reads.search(session, cast.mia, now=now, need=need, limit=200).items) for need in NEEDS}
    assert counted == listed


@pytest.mark.usefixtures("world")
def test_a_check_in_ends_overdue_and_silence(session: WriteSession, cast: Cast, now: datetime) -> None:
    session.execute(
        update(licenses).where(licenses.c.install_id.like("attention-%")).values(last_check_in_at=now - 1 * DAY)
    )
    assert found(session, cast, "overdue", now) == found(session, cast, "silent", now) == set()


@pytest.mark.usefixtures("world")
def test_a_customer_counts_its_own_alone(session: WriteSession, cast: Cast, now: datetime) -> None:
    elsewhere = create_organization(session, cast.system, "Attentive & Sons", now=now)
    writes.issue(session, cast.sam, elsewhere, "pro", term="trial", trial_days=2, now=now)
    assert reads.attention(session, cast.otto, now=now)["ending"] == 1
