"""Destinations as the vendor's admins keep them: added, changed, switched on and off, given another secret, removed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, select, update

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.config import settings
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import new_id
from core.notify.destinations import (
    LABELS,
    OVERLAP,
    SECRETS,
    Destination,
    checked_address,
    checked_events,
    checked_kind,
    checked_name,
    checked_secrets,
    new_signing_secret,
    shown,
)
from core.notify.sealed import seal, unseal
from db.models.notify import destination
from db.session import ReadSession, WriteSession

LONGEST_REASON = 500
MOST = 50
_COLUMNS = tuple(destination.c[name] for name in Destination.__dataclass_fields__)


def destinations(session: ReadSession, actor: Actor) -> tuple[Destination, ...]:
    """Return every destination, by name; for the vendor's people who may change security policy."""
    may_manage(actor)
    found = session.execute(select(*_COLUMNS).order_by(destination.c.name, destination.c.id))
    return tuple(_destination(row) for row in found)


def destination_by_id(session: ReadSession, actor: Actor, destination_id: UUID) -> Destination:
    """Return one destination, else raise NotFound."""
    may_manage(actor)
    return _destination(
        _row(session.execute(select(*_COLUMNS).where(destination.c.id == destination_id)).one_or_none())
    )


def add_destination(
    session: WriteSession,
    actor: Actor,
    *,
    kind: str,
    name: str,
    events: Sequence[str],
    now: datetime,
    url: str = "",
    secrets: Mapping[str, str] | None = None,
) -> tuple[UUID, str | None]:
    """Add a destination, switched on, and return its id with a webhook's signing secret, which is shown this once.

    What happens from now on is sent to it. Needs `security:manage_policy`, and is audited.
    """
    may_manage(actor)
    current, of = settings(), checked_kind(kind)
    if len(destinations(session, actor)) >= MOST:
        raise Conflict(f"There are {MOST} destinations already. Remove one that nobody needs.")
    address = checked_address(of, url, private=current.webhook_private)
    kept = checked_secrets(of, secrets or {})
    signing = new_signing_secret() if of == "webhook" else None
    if signing is not None:
        kept["secret"] = signing
    made, title, chosen = new_id(), checked_name(name), checked_events(of, events)
    session.execute(
        insert(destination).values(
            id=made,
            organization_id=actor.organization_id,
            kind=of,
            name=title,
            url=shown(of, address),
            sealed=seal(current, made, {**kept, "url": address}),
            events=chosen,
            enabled=True,
            made_by=actor.label,
            made_at=now,
        )
    )
    after = {"kind": of, "name": title, "url": shown(of, address), "events": chosen}
    _audited(session, actor, "destination.added", made, now, after=after)
    return made, signing


def change_destination(
    session: WriteSession,
    actor: Actor,
    destination_id: UUID,
    *,
    now: datetime,
    name: str | None = None,
    url: str | None = None,
    events: Sequence[str] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> None:
    """Change what is given and leave the rest; secrets are replaced as a whole. Audited without any secret."""
    row = _locked(session, actor, destination_id)
    changed: dict[str, Any] = {}
    if name is not None:
        changed["name"] = checked_name(name)
    if events is not None:
        changed["events"] = checked_events(row.kind, events)
    if url is not None or secrets:
        changed |= _resealed(row, url, secrets)
    if not changed:
        return
    session.execute(update(destination).where(destination.c.id == destination_id).values(**changed))
    told = [name for name in changed if name != "sealed"]
    before = {name: row._mapping[name] for name in told}
    after = {**{name: changed[name] for name in told}, **({"secrets": "replaced"} if secrets else {})}
    _audited(session, actor, "destination.changed", destination_id, now, before=before, after=after)


def switch(
    session: WriteSession, actor: Actor, destination_id: UUID, *, enabled: bool, reason: str, now: datetime
) -> None:
    """Switch a destination on or off; what happens while it is off is not sent to it later."""
    row = _locked(session, actor, destination_id)
    reason = checked_reason(reason)
    if row.enabled == enabled:
        raise Conflict(f"“{row.name}” is switched {'on' if enabled else 'off'} already.")
    values = {"enabled": enabled, "disabled_reason": None if enabled else reason, "failing_since": None}
    session.execute(update(destination).where(destination.c.id == destination_id).values(**values))
    action = "destination.switched_on" if enabled else "destination.switched_off"
    _audited(session, actor, action, destination_id, now, reason=reason)


def rotate_secret(session: WriteSession, actor: Actor, destination_id: UUID, *, now: datetime) -> str:
    """Give a webhook another signing secret and return it, this once; for a day both sign, so that none is missed."""
    row = _locked(session, actor, destination_id)
    if row.kind != "webhook":
        raise InvalidInput("Only webhooks are signed. Enter another token instead.", field="kind")
    held, made = unseal(settings(), row.id, row.sealed), new_signing_secret()
    old = {"oldSecret": held["secret"], "oldUntil": (now + OVERLAP).isoformat()}
    sealed = seal(settings(), row.id, {**held, **old, "secret": made})
    session.execute(update(destination).where(destination.c.id == destination_id).values(sealed=sealed))
    _audited(session, actor, "destination.secret_rotated", destination_id, now)
    return made


def remove_destination(
    session: WriteSession, actor: Actor, destination_id: UUID, *, reason: str, now: datetime
) -> None:
    """Remove a destination with its log and its secrets."""
    row = _locked(session, actor, destination_id)
    reason = checked_reason(reason)
    session.execute(delete(destination).where(destination.c.id == destination_id))
    before = {"kind": row.kind, "name": row.name, "url": row.url}
    _audited(session, actor, "destination.removed", destination_id, now, reason=reason, before=before)


def may_manage(actor: Actor) -> None:
    """Raise NotPermitted unless the actor is of the vendor and may change security policy."""
    actor.require(Permission.SECURITY_MANAGE_POLICY)
    actor.require_vendor()


def checked_reason(reason: str) -> str:
    """Return the reason trimmed, or raise InvalidInput."""
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidInput(f"Say why, in at most {LONGEST_REASON} characters.", field="reason")
    return reason


def _resealed(row: Row[Any], url: str | None, secrets: Mapping[str, str] | None) -> dict[str, Any]:
    current = settings()
    held: dict[str, str] = {}
    if url is None or not secrets:
        # What is not replaced has to be read; who gives everything anew need not have the old key.
        held = unseal(current, row.id, row.sealed)
    address = held["url"] if url is None else checked_address(row.kind, url, private=current.webhook_private)
    if not secrets and SECRETS[row.kind] and address != held["url"]:
        # Else whoever may change an address could have the secrets sent to one of their own.
        needed = next(iter(SECRETS[row.kind]))
        raise InvalidInput(f"Give the secrets of {LABELS[row.kind]} anew, together with the new address.", field=needed)
    kept = checked_secrets(row.kind, secrets) if secrets else held
    sealed = seal(current, row.id, {**kept, "url": address})
    return {"url": shown(row.kind, address), "sealed": sealed}


def _locked(session: WriteSession, actor: Actor, destination_id: UUID) -> Row[Any]:
    may_manage(actor)
    mine = select(destination).where(destination.c.id == destination_id).with_for_update()
    return _row(session.execute(mine).one_or_none())


def _row(found: Row[Any] | None) -> Row[Any]:
    if found is None:
        raise NotFound("There is no such destination; somebody may have removed it.")
    return found


def _destination(row: Row[Any]) -> Destination:
    return Destination(**{**row._mapping, "events": tuple(row.events)})


def _audited(
    session: WriteSession,
    actor: Actor,
    action: str,
    destination_id: UUID,
    now: datetime,
    *,
    reason: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    target = ("destination", str(destination_id))
    audit.record(session, actor, action, target, now=now, reason=reason, before=before, after=after)
