"""Releases of what the vendor sells, newest first, and how a version in use stands against them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.licensing import versions
from db.models.releases import release as release_table
from db.session import ReadSession, WriteSession

SUITE: Final = "suite"
LONGEST_NOTES: Final = 4_000
LONGEST_PRODUCT: Final = 40
EARLIEST, LATEST = 1970, 2200


@dataclass(frozen=True)
class Release:
    """A version of a product, when it came out, and until when it is supported; None where no end is announced."""

    version: str
    released_at: datetime
    supported_until: datetime | None = None
    notes: str = ""
    product: str = SUITE


@dataclass(frozen=True)
class VersionStanding:
    """How a version in use stands: its release, how many newer lines (4.1, 4.2, not their patches) there are.

    `release` is None where the version belongs to no release that was recorded, and `behind` where it can't be read.
    """

    version: str
    release: Release | None
    behind: int | None
    supported: bool | None


def releases(session: ReadSession, *, product: str = SUITE) -> list[Release]:
    """Return the releases of a product, newest first."""
    c = release_table.c
    columns = [c[name] for name in Release.__dataclass_fields__]
    newest = select(*columns).where(c.product == product).order_by(c.released_at.desc(), c.version.desc())
    return [Release(**row) for row in session.execute(newest).mappings()]


def standing(version: str, known: Sequence[Release], *, now: datetime) -> VersionStanding:
    """Return how `version` stands at `now` against the releases that were out by then.

    A patch that was never recorded counts as the newest recorded release of its line that it is not older than.
    """
    asked = versions.parse(version)
    out = [(parsed, each) for each in known if each.released_at <= now and (parsed := versions.parse(each.version))]
    if asked is None or not out:
        return VersionStanding(version, None, None, None)
    behind = len({line for parsed, _ in out if (line := _line(parsed)) > _line(asked)})
    same = [(parsed, each) for parsed, each in out if _line(parsed) == _line(asked) and parsed <= asked]
    if not same:
        return VersionStanding(version, None, behind, None)
    found = max(same, key=lambda one: one[0])[1]
    return VersionStanding(version, found, behind, found.supported_until is None or now < found.supported_until)


def _line(parsed: versions.Version) -> tuple[int, int]:
    numbers = (*parsed[0], 0)
    return numbers[0], numbers[1]


def record_release(
    session: WriteSession,
    actor: Actor,
    version: str,
    *,
    released_at: datetime,
    now: datetime,
    supported_until: datetime | None = None,
    notes: str = "",
    product: str = SUITE,
    demo: bool = False,
) -> Release:
    """Record a release, or correct what is known of one; needs `license:update_tier`, audited where it changes things.

    Raises InvalidInput for what is no version, for days to come, and for a support that ends before it begins.
    """
    actor.require_vendor()
    actor.require(Permission.LICENSE_UPDATE_TIER)
    given = Release(_version(version), released_at, supported_until, notes.strip(), product.strip())
    _check(given, now)
    before = _locked(session, given)
    if before == given:
        return given
    if before is None:
        session.execute(insert(release_table).values(**asdict(given), demo=demo))
    else:
        same = (release_table.c.product == given.product) & (release_table.c.version == given.version)
        session.execute(update(release_table).where(same).values(**asdict(given)))
    audit.record(
        session,
        actor,
        "release.recorded" if before is None else "release.corrected",
        ("release", f"{given.product} {given.version}"),
        now=now,
        before=_plain(before) if before is not None else None,
        after=_plain(given),
    )
    return given


def _locked(session: WriteSession, given: Release) -> Release | None:
    c = release_table.c
    columns = [c[name] for name in Release.__dataclass_fields__]
    same = select(*columns).where(c.product == given.product, c.version == given.version).with_for_update()
    row = session.execute(same).mappings().one_or_none()
    return Release(**row) if row is not None else None


def _version(text: str) -> str:
    stripped = text.strip().removeprefix("v").removeprefix("V")
    if versions.parse(stripped) is None:
        raise InvalidInput(f"“{text[:80]}” is no version. Write for example 4.3 or 4.3.1.", field="version")
    return stripped


def _check(given: Release, now: datetime) -> None:
    if given.released_at.year < EARLIEST or (given.supported_until and given.supported_until.year > LATEST):
        raise InvalidInput(f"Give times from the years {EARLIEST} to {LATEST}.", field="releasedAt")
    if given.released_at > now:
        raise InvalidInput("Record a release once it is out: this day is still to come.", field="releasedAt")
    if given.supported_until is not None and given.supported_until <= given.released_at:
        raise InvalidInput("Support ends after the release came out, not before.", field="supportedUntil")
    if not given.product or len(given.product) > LONGEST_PRODUCT:
        raise InvalidInput(f"Name the product in 1 to {LONGEST_PRODUCT} characters.", field="product")
    if len(given.notes) > LONGEST_NOTES:
        raise InvalidInput(f"Notes have at most {LONGEST_NOTES:,} characters.", field="notes")


def _plain(one: Release) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(one).items()}
