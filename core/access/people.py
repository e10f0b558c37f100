"""People: added to an organization with a role and a password."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.names import readable_name
from core.access.passwords import check_new_password, hash_password
from core.access.permissions import Permission, Role
from core.access.standing import require_may_appoint
from core.errors import Conflict, InvalidInput
from core.ids import new_id
from db.models.access import person
from db.session import WriteSession

LONGEST_NAME = 200


def create_person(
    session: WriteSession,
    actor: Actor,
    organization_id: UUID,
    email: str,
    name: str,
    role: Role,
    password: str,
    *,
    now: datetime,
    demo: bool = False,
    allow_short: bool = False,
) -> UUID:
    """Add a person who may sign in at once, and return their id.

    Raises Conflict where the e-mail is taken (in any organization: it is the sign-in name), NotPermitted for a role
    that the actor may not give.
    """
    actor.require(Permission.MEMBER_INVITE)
    actor.require_sight_of(organization_id)
    require_may_appoint(actor, organization_id, role)
    email = checked_email(email)
    check_new_password(password, email=email, allow_short=allow_short)
    return add_person(session, actor, organization_id, email, name, role, hash_password(password), now=now, demo=demo)


def add_person(
    session: WriteSession,
    actor: Actor,
    organization_id: UUID,
    email: str,
    name: str,
    role: Role,
    password_hash: str,
    *,
    now: datetime,
    demo: bool = False,
) -> UUID:
    """Write a person whose right to be added and whose password the caller has checked; `email` as `checked_email`."""
    made = new_id()
    statement = insert(person).values(
        id=made,
        organization_id=organization_id,
        email=email,
        name=readable_name(name)[:LONGEST_NAME] or email,
        role=role.value,
        password_hash=password_hash,
        demo=demo,
        created_at=now,
    )
    # Two at once with one address: the index decides, and the later one hears of it as anybody would.
    if session.execute(statement.on_conflict_do_nothing().returning(person.c.id)).first() is None:
        raise Conflict(f"There is already somebody with the e-mail {email}.", code="email_taken", field="email")
    after = {"email": email, "role": role.value}
    target = ("person", str(made))
    audit.record(session, actor, "person.created", target, now=now, organization_id=organization_id, after=after)
    return made


def checked_email(email: str) -> str:
    """Return the address in lower case, or raise InvalidInput."""
    email = email.strip().lower()
    local, at, host = email.partition("@")
    if (
        not (local and at and "." in host and all(host.split(".")))
        or "@" in host
        or len(email) > 254
        or not _plain(email)
    ):
        raise InvalidInput("Give a full e-mail address, such as ada@example.com.", field="email")
    return email


def _plain(email: str) -> bool:
    # Beyond readable characters lie NUL and lone surrogates, which the database can't hold.
    return email.isprintable() and not any(c.isspace() or c in '<>,;:"\\' for c in email)
