"""Keeping computed profiles: the cached profile, the health of the day, the upsells found, and marks on the cards."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Text, bindparam, cast, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from core.culture.archetype_history import keep_archetypes, traits
from core.culture.health_past import kept
from core.culture.peers import size_band
from core.culture.profile import Profile, to_text
from core.culture.upsells import Opportunity
from core.ids import new_id
from core.organizations.marks import mark_cards
from db.models.culture import culture_profile, health_day, upsell
from db.session import WriteSession

# What vanished and comes back within this time is the same conversation, with its notes.
REVIVED_WITHIN = timedelta(days=90)


def keep_profiles(session: WriteSession, made: Sequence[Profile], now: datetime) -> None:
    """Keep profiles of several installs, with the health of the day and what sales are told of each."""
    if not made:
        return
    _keep_rows(session, made)
    _keep_health(session, made, now)
    keep_archetypes(session, made, now)
    _keep_upsells(session, made, now)
    mark_cards(session, {each.organization_id for each in made}, now)


def _keep_rows(session: WriteSession, made: Sequence[Profile]) -> None:
    rows = [
        {
            "install_id": each.install_id,
            "organization_id": each.organization_id,
            "computed_at": each.computed_at,
            "method_version": each.method_version,
            "tier_id": each.tier_id,
            "size_band": size_band(each.team.seen),
            "person_days": each.features.person_days,
            "adopted": sorted(item.feature for item in each.features.in_state("adopted", "habitual")),
            "feature_days": {item.feature: item.actor_days for item in each.features.items if item.actor_days},
            "events": each.counts.events,
            "errors": each.counts.errors,
            "main_version": each.stack.main_version,
            **traits(each),
            "as_text": to_text(each),
        }
        for each in made
    ]
    statement = insert(culture_profile).values(profile=cast(bindparam("as_text", type_=Text), JSONB))
    changed = {
        name: statement.excluded[name] for name in (*rows[0], "profile") if name not in {"install_id", "as_text"}
    }
    session.execute(statement.on_conflict_do_update(index_elements=["install_id"], set_=changed), rows)


def _keep_health(session: WriteSession, made: Sequence[Profile], now: datetime) -> None:
    day = now.astimezone(UTC).date()
    rows = [
        {
            "install_id": each.install_id,
            "day": day,
            "organization_id": each.organization_id,
            "low": each.health.low,
            "high": each.health.high,
            "score": each.health.score,
            "parts": kept(each.health),
            "weights_version": each.health.weights_version,
        }
        for each in made
    ]
    statement = insert(health_day)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in {"install_id", "day"}}
    session.execute(statement.on_conflict_do_update(index_elements=["install_id", "day"], set_=changed), rows)


def _keep_upsells(session: WriteSession, made: Sequence[Profile], now: datetime) -> None:
    """Bring the open rows to what was found; what people wrote on a row stays, what vanished is gone."""
    c = upsell.c
    own = select(c.install_id, c.id, c.kind, c.subject, c.state).where(
        c.install_id.in_([each.install_id for each in made])
    )
    recent = own.where((c.state == "open") | ((c.state == "gone") & (c.updated_at > now - REVIVED_WITHIN)))
    known: dict[str, list[Row[Any]]] = {}
    # The open row of a conversation comes last and so wins over one that went before.
    for row in session.execute(recent.order_by(c.state == "open", c.updated_at)):
        known.setdefault(row.install_id, []).append(row)
    for each in made:
        _keep_found(session, each, known.get(each.install_id, []), now)


def _keep_found(session: WriteSession, made: Profile, rows: Sequence[Row[Any]], now: datetime) -> None:
    c = upsell.c
    known = {(row.kind, row.subject): row.id for row in rows}
    found = {(one.kind, one.subject): one for one in made.upsells}
    for key, one in found.items():
        if key in known:
            session.execute(
                update(upsell).where(c.id == known[key]).values(**_columns(one), state="open", updated_at=now)
            )
        else:
            _open(session, made, one, now)
    vanished = [row.id for row in rows if row.state == "open" and (row.kind, row.subject) not in found]
    if vanished:
        session.execute(update(upsell).where(c.id.in_(vanished)).values(state="gone", updated_at=now))


def _open(session: WriteSession, made: Profile, one: Opportunity, now: datetime) -> None:
    values = {
        "organization_id": made.organization_id,
        "install_id": made.install_id,
        "found_at": now,
        "updated_at": now,
    }
    session.execute(
        insert(upsell).values(id=new_id(), kind=one.kind, subject=one.subject, state="open", **values, **_columns(one))
    )


def _columns(one: Opportunity) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "rule_version": one.rule_version,
        "rules": list(one.rules),
        "priority": one.priority,
        "offer": one.offer,
        "offer_label": one.offer_label,
        "sentence": one.sentence,
        "evidence": [asdict(fact) for fact in one.evidence],
        "expected_value_minor": one.expected_value_minor,
        "currency": one.currency,
        "expected_value_basis": one.expected_value_basis,
        "days_left": one.days_left,
        "days_p10": one.days_p10,
        "days_p90": one.days_p90,
        "confidence": one.confidence,
    }
