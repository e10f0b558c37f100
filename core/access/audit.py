"""The audit trail as every write uses it: one entry in the transaction of the mutation it tells of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from core.access.actor import Actor
from core.ids import new_id
from db.models.access import audit_entry
from db.session import WriteSession


def record(
    session: WriteSession,
    actor: Actor,
    action: str,
    target: tuple[str, str],
    *,
    now: datetime,
    organization_id: UUID | None = None,
    reason: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> UUID:
    """Write who did what to what, before and after, and return the entry's id.

    `action` is `resource.verb` in the past's sense of the business (`license.revoked`); `target` is (kind, id).
    `organization_id` is whose trail it belongs to: the customer's concerned, else the actor's own. The entry is
    unchained here; the sealer chains it within a second, so that no writer waits for another.
    """
    entry = new_id()
    session.execute(
        insert(audit_entry).values(
            id=entry,
            organization_id=organization_id or actor.organization_id,
            at=now,
            actor_kind=actor.kind.value,
            actor_id=actor.id,
            actor_label=actor.label,
            action=action,
            target_kind=target[0],
            target_id=target[1],
            reason=reason,
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
            address=actor.address,
            request_id=actor.request_id,
        )
    )
    return entry
