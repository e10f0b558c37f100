"""Since when an install is of which archetype: one row where it changed, so that movements can be told."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert

from core.culture.estimate import value_of
from core.culture.profile import Profile
from db.models.culture import archetype_spell
from db.session import WriteSession


def keep_archetypes(session: WriteSession, made: Sequence[Profile], now: datetime) -> None:
    """Note archetypes of the day where they are others than before; one that changed back within the day is none."""
    c = archetype_spell.c
    day = now.astimezone(UTC).date()
    until = select(c.install_id, c.first_day, c.archetype).where(
        c.install_id.in_([each.install_id for each in made]), c.first_day <= day
    )
    known: dict[str, list[Row[Any]]] = {}
    for row in session.execute(until.order_by(c.first_day.desc())):
        known.setdefault(row.install_id, []).append(row)
    for each in made:
        _keep(session, each, known.get(each.install_id, []), day)


def _keep(session: WriteSession, made: Profile, known: Sequence[Row[Any]], day: date) -> None:
    """Note one; `known` are its rows until the day, newest first."""
    c = archetype_spell.c
    mine = c.install_id == made.install_id
    today = next((row for row in known if row.first_day == day), None)
    before = next((row for row in known if row.first_day < day), None)
    if before is not None and before.archetype == made.archetype.id:
        if today is not None:
            session.execute(delete(archetype_spell).where(mine, c.first_day == day))
        return
    if today is None or today.archetype != made.archetype.id:
        values = {"organization_id": made.organization_id, "archetype": made.archetype.id}
        statement = insert(archetype_spell).values(install_id=made.install_id, first_day=day, **values)
        session.execute(statement.on_conflict_do_update(index_elements=["install_id", "first_day"], set_=values))


def traits(made: Profile) -> dict[str, Any]:
    """Return what others are compared with beside features: people seen, and how use lies in time; None if unknown."""
    counts = made.counts
    return {
        "people": made.team.seen or None,
        "weekend_share": value_of(made.rhythm.weekend_share),
        "concentration": value_of(made.rhythm.concentration),
        "api_share": counts.api_calls / counts.events if counts.events else None,
    }
