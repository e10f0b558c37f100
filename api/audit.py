"""The audit trail over HTTP: searched, and its chain checked."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime

from api.depends import CurrentActor, Now, Reading, StrictRoute
from api.schemas.trail import AuditPage, AuditRow, ChainAnswer, ChainBreak, Party, Target
from core.access import audit_reads
from core.access.actor import Actor
from core.access.audit_reads import AuditEntry, cursor_of, place_of
from core.access.chain_verification import verify_chain
from core.access.checkpoints import audit_key, folder_of
from core.security.reads import last_verification
from db.session import ReadSession

# Checked within a second; `manage.py audit verify` checks a longer chain from its beginning.
CHECKED_AT_MOST = 20_000

router = APIRouter(prefix="/security/audit-logs", tags=["Security"], route_class=StrictRoute)

OrganizationId = Annotated[UUID | None, Query(alias="organizationId", description="A customer's, for vendor staff.")]
Instant = Annotated[AwareDatetime | None, Query()]


@router.get("", summary="Search the audit trail")
def audit_logs(
    actor: CurrentActor,
    session: Reading,
    organization_id: OrganizationId = None,
    who: Annotated[str, Query(alias="actor", max_length=254)] = "",
    action: Annotated[str, Query(max_length=100)] = "",
    target: Annotated[str, Query(max_length=200)] = "",
    text: Annotated[str, Query(alias="q", max_length=200)] = "",
    since: Instant = None,
    until: Instant = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=audit_reads.MOST)] = 50,
) -> AuditPage:
    """Return entries of one's own organization's trail, newest first; vendor staff may name a customer's.

    `actor` is part of a name or a whole id; `action` is exact, or a resource when it ends in a dot (`license.`);
    `target` is a whole id or a kind; `q` occurs anywhere in an entry; `since` belongs to the span, `until` does not.
    """
    wanted = audit_reads.Search(who=who, action=action, target=target, since=since, until=until, text=text)
    trail = audit_reads.search(
        session,
        actor,
        organization_id or actor.organization_id,
        wanted,
        after=place_of(cursor) if cursor else None,
        limit=limit,
    )
    entries = [_row(entry) for entry in trail.entries]
    return AuditPage(entries=entries, next_cursor=cursor_of(trail.next) if trail.next else None)


@router.get("/verify", summary="Check the audit trail's chain")
def verify(
    request: Request, actor: CurrentActor, session: Reading, now: Now, organization_id: OrganizationId = None
) -> ChainAnswer:
    """Return whether the newest 20,000 entries hold together, and with the checkpoints kept outside the database."""
    chosen = organization_id or actor.organization_id
    state = audit_reads.chain_state(session, actor, chosen)
    home: Path = request.app.state.settings.home
    report = verify_chain(session, chosen, folder_of(home), audit_key(home).verify_key, newest=CHECKED_AT_MOST)
    return ChainAnswer(
        organization_id=chosen,
        intact=report.intact,
        broken=ChainBreak.model_validate(report.broken) if report.broken else None,
        sealed=state.sealed,
        waiting=report.unsealed,
        oldest_waiting=state.oldest_waiting,
        checked_from=report.first,
        checked=report.entries,
        checkpoints=report.checkpoints,
        everything_verified_at=_everything_verified_at(session, actor, now),
    )


def _everything_verified_at(session: ReadSession, actor: Actor, now: datetime) -> datetime | None:
    """Return when every chain was last verified; customers see none of that."""
    verified = last_verification(session, actor, now=now) if actor.realm == "vendor" else None
    return None if verified is None else verified.at


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        id=entry.id,
        at=entry.at,
        organization_id=entry.organization_id,
        actor=Party(kind=entry.actor_kind, id=entry.actor_id, label=entry.actor_label),
        action=entry.action,
        target=Target(kind=entry.target_kind, id=entry.target_id),
        reason=entry.reason,
        before=dict(entry.before) if entry.before is not None else None,
        after=dict(entry.after) if entry.after is not None else None,
        address=entry.address,
        request_id=entry.request_id,
        sequence=entry.sequence,
        hash=entry.hash.hex() if entry.hash else None,
    )
