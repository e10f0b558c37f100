"""Releases: recorded once, corrected and audited, and how versions in use stand against them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.errors import InvalidInput, NotPermitted
from core.licensing.releases import Release, record_release, releases, standing
from db.models.access import audit_entry
from db.session import WriteSession
from tests.cast import Cast

DAY = timedelta(days=1)
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KNOWN = [
    Release("4.3", AT - 9 * DAY),
    Release("4.2.1", AT - 21 * DAY),
    Release("4.2", AT - 38 * DAY),
    Release("4.1", AT - 240 * DAY, AT + 210 * DAY),
    Release("4.0", AT - 365 * DAY, AT - DAY),
]


def test_a_release_is_recorded_once_and_corrected_with_both_in_the_trail(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    first = record_release(session, cast.sam, " v7.1 ", released_at=now - DAY, now=now, notes="New.")
    again = record_release(session, cast.sam, "7.1", released_at=now - DAY, now=now, notes="New.")
    ending = record_release(session, cast.sam, "7.1", released_at=now - DAY, supported_until=now + DAY, now=now)
    assert (first.version, again) == ("7.1", first)
    assert [each for each in releases(session) if each.version == "7.1"] == [ending]
    trail = session.execute(
        select(audit_entry.c.action, audit_entry.c.actor_label).where(audit_entry.c.target_id == "suite 7.1")
    ).all()
    assert sorted(trail) == [("release.corrected", cast.sam.label), ("release.recorded", cast.sam.label)]


def test_newest_come_first_and_products_apart(session: WriteSession, cast: Cast, now: datetime) -> None:
    for version, ago in (("7.0", 30), ("7.2", 1), ("7.1", 10)):
        record_release(session, cast.system, version, released_at=now - ago * DAY, now=now, product="kiosk")
    assert [each.version for each in releases(session, product="kiosk")] == ["7.2", "7.1", "7.0"]
    assert "7.2" not in [each.version for each in releases(session)]


@pytest.mark.parametrize(
    ("version", "given"),
    [
        ("latest", {}),
        ("7.1", {"released_at": AT + DAY}),
        ("7.1", {"supported_until": AT - 2 * DAY}),
        ("7.1", {"notes": "x" * 4_001}),
        ("7.1", {"product": " "}),
        ("7.1", {"released_at": AT.replace(year=1901)}),
        ("7.1", {"supported_until": AT.replace(year=9999)}),
    ],
)
def test_what_is_no_release_is_refused(
    session: WriteSession, cast: Cast, version: str, given: dict[str, object]
) -> None:
    asked = {"released_at": AT - DAY, **given}
    with pytest.raises(InvalidInput):
        record_release(session, cast.sam, version, now=AT, **asked)  # type: ignore[arg-type]


def test_neither_members_nor_customers_record_releases(session: WriteSession, cast: Cast, now: datetime) -> None:
    for actor in (cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            record_release(session, actor, "7.1", released_at=now, now=now)


@pytest.mark.parametrize(
    ("version", "release", "behind", "supported"),
    [
        ("4.3", "4.3", 0, True),
        ("4.3.7", "4.3", 0, True),
        ("4.2.1", "4.2.1", 1, True),
        ("v4.2.0", "4.2", 1, True),
        ("4.2.0-rc.1", None, 1, None),
        ("4.1.9", "4.1", 2, True),
        ("4.0", "4.0", 3, False),
        ("5.0-dev", None, 0, None),
        ("3.9", None, 4, None),
        ("nightly", None, None, None),
        ("", None, None, None),
    ],
)
def test_a_version_stands_by_its_line(
    version: str, release: str | None, behind: int | None, supported: bool | None
) -> None:
    found = standing(version, KNOWN, now=AT)
    assert (found.release.version if found.release else None, found.behind, found.supported) == (
        release,
        behind,
        supported,
    )


def test_what_is_not_out_yet_leaves_nobody_behind() -> None:
    assert standing("4.2", KNOWN, now=AT - 30 * DAY).behind == 0
    assert standing("4.2", [], now=AT).behind is None
