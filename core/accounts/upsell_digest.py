"""The list that sales work, as a mail: what is worth most, what is new, and whose limit comes soon."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from core.access.actor import Actor
from core.access.permissions import Permission
from core.config import settings
from core.culture.upsell_reads import MOST, Upsell, upsells
from core.errors import InvalidInput
from core.finance.exchange import REPORTING
from core.finance.reads import exchange_rates
from core.money import Money
from core.usage.attention import SOON_DAYS, days_in_words
from core.usage.standings import standings
from db.session import ReadSession

IN_SIGHT: Final = 5
_PRIORITY: Final = {"HIGH": 0, "MEDIUM": 1, "LOW": 2}


@dataclass(frozen=True)
class Digest:
    """What one person is sent: subject, what the template shows, and how many opportunities are new to them."""

    subject: str
    values: Mapping[str, Any]
    opportunities: int
    new: int
    soon: int


def make_digest(session: ReadSession, actor: Actor, *, since: datetime, now: datetime) -> Digest:
    """Return the digest of a person: nobody's opportunities and their own; money only where they may see it.

    Raises NotPermitted for who may not see upsells.
    """
    listed = [one for one in upsells(session, actor, now=now, limit=MOST) if one.assigned_to in {None, actor.label}]
    values = _values(session, actor, listed, now)
    ranked = sorted(
        listed, key=lambda one: (-(values[one.id].minor if one.id in values else 0), _PRIORITY[one.priority])
    )
    best = ranked[:IN_SIGHT]
    fresh = [one for one in ranked if one.found_at > since]
    others = [one for one in fresh if one not in best][:IN_SIGHT]
    soon = _soon(session, actor, now)
    sections = [
        _section("Worth the most", "By expected value of a year.", [_row(one, values, since) for one in best]),
        _section("New since the last mail", "", [_row(one, values, since) for one in others]),
        _section("Limits reached soon", f"More likely than not within {SOON_DAYS} days.", soon),
    ]
    lead = _lead(listed, fresh, values, len(soon))
    shown = {
        "title": "Your upsells",
        "lead": lead,
        "sections": [section for section in sections if section["rows"]],
        "button": {"label": "Open the list", "href": f"{settings().origin}/upsells"},
        "reason": f"You get this because you have asked for it as {actor.label}.",
    }
    return Digest(_subject(listed, fresh), shown, len(listed), len(fresh), len(soon))


def _subject(listed: Sequence[Upsell], fresh: Sequence[Upsell]) -> str:
    if fresh:
        return f"{_count(len(fresh), 'new upsell')}, {len(listed)} open"
    return f"{_count(len(listed), 'open upsell')}, none new"


def _lead(listed: Sequence[Upsell], fresh: Sequence[Upsell], values: Mapping[UUID, Money], soon: int) -> str:
    if not listed and not soon:
        return "There is nothing to offer right now, and no limit is near."
    high = sum(one.priority == "HIGH" for one in listed)
    parts = [f"{_count(len(listed), 'open opportunity', 'open opportunities')}, {high} of high priority"]
    worth = sum(value.minor for value in values.values())
    if worth:
        parts.append(f"{_whole(Money(worth, REPORTING))} expected in a year")
    parts.append(f"{len(fresh)} new since the last mail" if fresh else "none new since the last mail")
    return f"{', '.join(parts)}."


def _section(title: str, note: str, rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    # Not "items": a template would find the dictionary's own.
    return {"title": title, "note": note, "rows": list(rows)}


def _row(one: Upsell, values: Mapping[UUID, Money], since: datetime) -> dict[str, str]:
    details = [one.offer_label]
    if one.days_left is not None:
        details.append(f"{_count(one.days_left, 'day')} left")
    if one.found_at > since:
        details.append("new")
    if one.assigned_to:
        details.append("yours")
    return {
        "name": one.organization,
        "href": f"{settings().origin}/customer?install_id={quote(one.install_id)}",
        "line": one.sentence,
        "detail": ", ".join(details),
        "value": _whole(values[one.id]) if one.id in values else "",
        "pill": one.priority.capitalize(),
    }


def _soon(session: ReadSession, actor: Actor, now: datetime) -> list[dict[str, str]]:
    found = []
    for one in standings(session, actor, now=now, sort="days", limit=IN_SIGHT).items:
        rows = [row for row in one.meters if row.days_to_limit is not None and row.days_to_limit.p50 is not None]
        first = min(rows, key=lambda row: row.days_to_limit.p50 or 0, default=None)  # type: ignore[union-attr]  # as above
        if first is None or first.days_to_limit is None or (first.days_to_limit.p50 or 0) > SOON_DAYS:
            continue
        found.append(
            {
                "name": one.organization,
                "href": f"{settings().origin}/usage?install_id={quote(one.install_id)}&meter={first.meter}",
                "line": f"{first.label}: {_percent(first.share)} of the limit on a busy day",
                "detail": "",
                "value": f"in {days_in_words(first)}",
                "pill": "",
            }
        )
    return found


def _values(session: ReadSession, actor: Actor, listed: Sequence[Upsell], now: datetime) -> dict[UUID, Money]:
    """Return what each is worth in the reporting currency; empty for who may not see money."""
    if not actor.may(Permission.FINANCE_READ):
        return {}
    rates, found = exchange_rates(session), {}
    for one in listed:
        if one.expected_value_minor and one.currency:
            # Of a currency without a rate no worth is said; the list comes all the same.
            with suppress(InvalidInput):
                found[one.id] = rates.report([Money(one.expected_value_minor, one.currency)], now.date())
    return found


def _minor(values: Mapping[UUID, Money], one: Upsell) -> int:
    return values[one.id].minor if one.id in values else 0


def _whole(amount: Money) -> str:
    return f"${amount.major():,.0f}"


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.0%}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
