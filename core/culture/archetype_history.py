"""Since when an install is of which archetype: one row where it changed, so that movements can be told."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from core.culture.estimate import value_of
from core.culture.profile import Profile
from db.models.culture import archetype_spell
from db.session import WriteSession


def keep_archetype(session: WriteSession, made: Profile, now: datetime) -> None:
    """Note the archetype of the day where it is another than before; one that changed back within the day is none."""
    c = archetype_spell.c
    day = now.astimezone(UTC).date()
    mine = c.install_id == made.install_id
    until = select(c.first_day, c.archetype).where(mine, c.first_day <= day).order_by(c.first_day.desc()).limit(2)
    known = session.execute(until).all()
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
