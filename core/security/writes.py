"""What the score's past is made of: each day's score, verifications of the audit chains, and signed reviews."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.access import audit
from core.access.actor import Actor, system_actor
from core.access.chain_verification import Report, verify
from core.access.checkpoints import audit_key, folder_of
from core.access.permissions import Permission
from core.config import Settings
from core.config import settings as current_settings
from core.errors import InvalidInput
from core.ids import new_id
from core.organizations.reads import vendor_id
from core.security.observing import REVIEWED, last_verified, observe
from core.security.scoring import Assessment, assess
from db.models.security import audit_verification
from db.models.security import security_score_day as days
from db.session import WriteSession

# Every day, with some hours left for a machine that was off.
VERIFY_EVERY: Final = timedelta(hours=20)
SHORTEST_NOTE: Final = 10
LONGEST_NOTE: Final = 2_000


def keep_watch(session: WriteSession, *, now: datetime, settings: Settings) -> None:
    """Verify the chains if that is due, and keep today's score: what a job does every few minutes."""
    vendor = vendor_id(session)
    if vendor is None:
        return
    actor = system_actor(vendor)
    verified = last_verified(session, now=now)
    # Soon after set-up nothing is sealed yet, and a verification of nothing proves nothing.
    if verified is None or not verified.entries or now - verified.at >= VERIFY_EVERY:
        verify_chains(session, actor, now=now, settings=settings)
    else:
        keep_score(session, actor, now=now, settings=settings)


def keep_score(
    session: WriteSession, actor: Actor, *, now: datetime, settings: Settings | None = None, demo: bool = False
) -> Assessment:
    """Look at the installation and write the day's score, if it changed since it was last written; return it."""
    actor.require_vendor()
    found = assess(observe(session, settings or current_settings(), now=now))
    if found.score is None:
        return found
    values = {
        "score": round(found.score, 6),
        "uncapped": round(found.uncapped or 0.0, 6),
        "gates": [gate.id for gate in found.gates],
        "checks": {one.id: [one.weight, one.share] for one in found.checks},
    }
    day = now.astimezone(UTC).date()
    kept = session.execute(select(*(days.c[name] for name in values)).where(days.c.day == day)).mappings().one_or_none()
    if kept is None or dict(kept) != values:
        statement = upsert(days).values(day=day, at=now, demo=demo, **values)
        session.execute(statement.on_conflict_do_update(index_elements=[days.c.day], set_={**values, "at": now}))
    return found


def verify_chains(
    session: WriteSession, actor: Actor, *, now: datetime, settings: Settings | None = None, demo: bool = False
) -> Report:
    """Verify every audit chain from its first entry, record what was found, and keep the score that follows."""
    actor.require(Permission.AUDIT_READ)
    actor.require_vendor()
    home = (settings or current_settings()).home
    report = verify(session, folder_of(home), audit_key(home).verify_key)
    found = {
        "intact": report.intact,
        "organizations": report.organizations,
        "entries": report.entries,
        "checkpoints": report.checkpoints,
        "unsealed": report.unsealed,
    }
    breaks = [
        {
            "organizationId": str(chain.organization_id),
            "kind": chain.broken.kind.value,
            "sequence": chain.broken.sequence,
            "sentence": chain.broken.sentence,
        }
        for chain in report.broken
        if chain.broken is not None
    ]
    made = new_id()
    session.execute(
        insert(audit_verification).values(id=made, at=now, by=actor.label, breaks=breaks, demo=demo, **found)
    )
    audit.record(session, actor, "audit.verified", ("verification", str(made)), now=now, after=found)
    keep_score(session, actor, now=now, settings=settings, demo=demo)
    return report


def sign_review(
    session: WriteSession, actor: Actor, note: str, *, now: datetime, settings: Settings | None = None
) -> None:
    """Put one's name to a review of security: what was unusual until now counts as looked at.

    `note` says what was found (10 to 2,000 characters) and stays in the audit trail; raises InvalidInput without it.
    """
    actor.require(Permission.SECURITY_MANAGE_POLICY)
    actor.require_vendor()
    note = note.strip()
    if not SHORTEST_NOTE <= len(note) <= LONGEST_NOTE or "\x00" in note:
        raise InvalidInput(
            f"Say in {SHORTEST_NOTE} to {LONGEST_NOTE:,} characters what you looked at and what you found.",
            field="note",
        )
    before = assess(observe(session, settings or current_settings(), now=now))
    points = None if before.score is None else round(before.score, 1)
    audit.record(session, actor, REVIEWED, ("security", "review"), now=now, reason=note, after={"score": points})
    keep_score(session, actor, now=now, settings=settings)
