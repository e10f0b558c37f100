"""What happened that somebody outside may hear of: looked for in upsells, health, limits and the audit trail."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Text, and_, cast, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert

from core.access.actor import Actor
from core.accounts.crm import customer_url
from core.accounts.limit_mail import FEATURES
from core.accounts.wording import entry_title
from core.culture.health_rules import band
from core.culture.keeping import REVIVED_WITHIN
from core.licensing.reads import tiers
from core.notify.deliveries import tell, wanted
from core.notify.destination_writes import destination_by_id
from core.notify.destinations import EVENTS
from core.organizations.reads import vendor_id
from core.organizations.viewpoint import viewpoint
from db.models.access import audit_entry
from db.models.culture import culture_profile, health_day, upsell
from db.models.licensing import license as licenses
from db.models.notify import happening, happening_mark, limit_notice
from db.models.organizations import organization
from db.session import ReadSession, WriteSession

# A transaction may commit so much later than the instant that it notes.
OVERLAP: Final = timedelta(minutes=10)
# Whoever was away for longer hears of what comes from now on.
LONGEST_BACK: Final = timedelta(days=3)
# Health of so many days ago is compared with, where none was kept nearer.
_PAST: Final = timedelta(days=14)
_LICENSE_EVENTS: Final = tuple(event for event in EVENTS if event.startswith("license."))
# What vanishes for so long is told of: rules that a figure near their threshold switches on and off would tell daily.
REST: Final = timedelta(days=1)
_CLOSED: Final = ("won", "lost", "ignored")
_ENDED: Final = {"gone": "no longer found"}
MOST: Final = 1_000


@dataclass(frozen=True)
class News:
    """One thing that happened; `key` is the same however often it is found."""

    organization_id: UUID
    key: str
    event: str
    subject: str
    at: datetime
    data: Mapping[str, Any]


def look_for_news(session: WriteSession, *, now: datetime) -> int:
    """Find what happened since the last look, put it on its way to whoever wants it, and return how many deliveries.

    Nothing is told while books of the past are looked at, nor of what happened before a destination was added.
    """
    vendor, wants = vendor_id(session), wanted(session)
    if vendor is None or not wants or viewpoint(session) is not None:
        return 0
    since = _move_mark(session, vendor, now)
    told = 0
    for one in _found(session, since, now, wants):
        told += tell(session, one.organization_id, one.key, one.event, one.subject, one.data, at=one.at, now=now)
    return told


def send_open_upsells(session: WriteSession, actor: Actor, destination_id: UUID, *, now: datetime) -> int:
    """Put every open upsell that a destination has not heard of on its way to it; how a CRM is filled at first."""
    to = destination_by_id(session, actor, destination_id)
    statement = _upsells().where(upsell.c.state == "open").order_by(upsell.c.found_at).limit(MOST)
    sent = 0
    for row in session.execute(statement).all():
        one = _upsell_news(row, "upsell.found", row.found_at)
        sent += tell(
            session, one.organization_id, one.key, one.event, one.subject, one.data, at=one.at, now=now, only=to.id
        )
    return sent


def _move_mark(session: WriteSession, vendor: UUID, now: datetime) -> datetime:
    """Return since when to look, and remember that it was looked until now."""
    mark = happening_mark.c
    before = session.execute(
        select(mark.at).where(mark.organization_id == vendor).with_for_update()
    ).scalar_one_or_none()
    statement = insert(happening_mark).values(organization_id=vendor, at=now)
    session.execute(statement.on_conflict_do_update(index_elements=["organization_id"], set_={"at": now}))
    return max((before or now) - OVERLAP, now - LONGEST_BACK)


def _found(session: ReadSession, since: datetime, now: datetime, wants: frozenset[str]) -> Iterator[News]:
    if "upsell.found" in wants:
        for row in session.execute(_upsells().where(upsell.c.found_at.between(since, now))).all():
            yield _upsell_news(row, "upsell.found", row.found_at)
        yield from _found_again(session, now)
    if "upsell.closed" in wants:
        ended = and_(upsell.c.closed_at.between(since, now), upsell.c.state.in_(_CLOSED))
        rested = and_(upsell.c.updated_at.between(since - REST, now - REST), upsell.c.state == "gone")
        for row in session.execute(_upsells().where(or_(ended, rested))).all():
            yield _upsell_news(row, "upsell.closed", row.updated_at if row.state == "gone" else row.closed_at)
    if "health.band_changed" in wants:
        yield from _health(session, since, now)
    if "limit.crossed" in wants:
        yield from _limits(session, since, now)
    if wants & set(_LICENSE_EVENTS):
        yield from _licenses(session, since, now, [event for event in _LICENSE_EVENTS if event in wants])


def _found_again(session: ReadSession, now: datetime) -> Iterator[News]:
    """Yield the upsells that are open and were told of as closed, once for each time they were."""
    h = happening.c
    told = select(h.subject, func.max(h.at).label("told_at")).where(
        h.type == "upsell.closed", h.at > now - REVIVED_WITHIN
    )
    last = told.group_by(h.subject).subquery()
    statement = _upsells().add_columns(last.c.told_at).join(last, last.c.subject == cast(upsell.c.id, Text))
    for row in session.execute(statement.where(upsell.c.state == "open")).all():
        one = _upsell_news(row, "upsell.found", row.updated_at)
        yield replace(one, key=f"{one.key}:{row.told_at.timestamp():.0f}")


def _upsells() -> Select[Any]:
    return select(upsell, organization.c.name.label("organization")).join(
        organization, organization.c.id == upsell.c.organization_id
    )


def _upsell_news(row: Any, event: str, at: datetime) -> News:
    closed = event == "upsell.closed"
    ended = f"{_ENDED.get(row.state, row.state)}."
    sentence = f"{row.offer_label}: {ended if closed else row.sentence}"
    more = {
        "upsellId": str(row.id),
        "priority": row.priority,
        "rules": list(row.rules),
        "offer": row.offer,
        "expectedValue": {"minor": row.expected_value_minor, "currency": row.currency} if row.currency else None,
        "state": row.state,
        "details": [["priority", row.priority.capitalize()]],
    }
    key = f"{event}:{row.id}" + (f":{at.timestamp():.0f}" if closed else "")
    data = _data(row.organization_id, row.organization, row.install_id, sentence, more)
    return News(row.organization_id, key, event, str(row.id), at, data)


def _health(session: ReadSession, since: datetime, now: datetime) -> Iterator[News]:
    """Yield whose band today is another than that of the last day before; once a day and band, lest it flicker."""
    today, before = health_day, health_day.alias("before")
    last = (
        select(before.c.score)
        .where(before.c.install_id == today.c.install_id, before.c.day < today.c.day, before.c.score.is_not(None))
        .where(before.c.day >= now.astimezone(UTC).date() - _PAST)
        .order_by(before.c.day.desc())
        .limit(1)
        .lateral("last")
    )
    computed = culture_profile.c.computed_at
    statement = (
        select(
            today.c.install_id,
            today.c.organization_id,
            today.c.day,
            today.c.score,
            last.c.score.label("score_before"),
            computed,
            organization.c.name.label("organization"),
        )
        .join(culture_profile, culture_profile.c.install_id == today.c.install_id)
        .join(organization, organization.c.id == today.c.organization_id)
        .join(last, true())
        .where(today.c.day == now.astimezone(UTC).date(), today.c.score.is_not(None), computed.between(since, now))
    )
    for row in session.execute(statement).all():
        old, new = band(float(row.score_before)), band(float(row.score))
        if old != new:
            score = round(row.score)
            more = {"health": score, "band": new, "bandBefore": old, "details": [["health", str(score)]]}
            data = _data(
                row.organization_id, row.organization, row.install_id, f"Health: {old} → {new} ({score}).", more
            )
            key = f"health:{row.install_id}:{row.day}:{new}"
            yield News(row.organization_id, key, "health.band_changed", row.install_id, row.computed_at, data)


def _limits(session: ReadSession, since: datetime, now: datetime) -> Iterator[News]:
    """Yield the levels that were crossed and told of; of several at once the highest."""
    n = limit_notice.c
    statement = (
        select(limit_notice, licenses.c.install_id, organization.c.name.label("organization"))
        .join(licenses, licenses.c.id == n.license_id)
        .join(organization, organization.c.id == n.organization_id)
        .where(n.crossed_at.between(since, now), n.mails > 0)
    )
    for row in session.execute(statement).all():
        percent = int(row.share * 100)
        feature = FEATURES[row.meter]
        more = {"meter": row.meter, "level": row.level, "percent": percent, "details": [["limit", feature]]}
        sentence = f"{percent}% of the {feature} limit is used."
        data = _data(row.organization_id, row.organization, row.install_id, sentence, more)
        yield News(row.organization_id, f"limit:{row.id}", "limit.crossed", row.install_id, row.crossed_at, data)


def _licenses(session: ReadSession, since: datetime, now: datetime, events: Sequence[str]) -> Iterator[News]:
    """Yield what the audit trail says of licenses; reasons are for the trail alone."""
    e = audit_entry.c
    labels = {tier.id: tier.label for tier in tiers(session)}
    statement = (
        select(audit_entry, organization.c.name.label("organization"))
        .join(organization, organization.c.id == e.organization_id)
        .where(e.at.between(since, now), e.action.in_(events), e.target_kind == "license")
        .order_by(e.at)
    )
    for row in session.execute(statement).all():
        title = entry_title(row.action, row.before or {}, row.after or {}, labels)
        more = {"by": row.actor_label, "details": [["by", row.actor_label]]}
        data = _data(row.organization_id, row.organization, row.target_id, f"{title}.", more)
        yield News(row.organization_id, f"audit:{row.id}", row.action, row.target_id, row.at, data)


def _data(organization_id: UUID, name: str, install_id: str, sentence: str, more: Mapping[str, Any]) -> dict[str, Any]:
    known = {"organizationId": str(organization_id), "organization": name, "installId": install_id}
    return {**known, "sentence": sentence, "url": customer_url(install_id), **more}
