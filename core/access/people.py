"""People: added to an organization with a role, and changed afterwards."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select

from core.access import audit
from core.access.actor import Actor
from core.access.passwords import check_new_password, hash_password
from core.access.permissions import Permission, Role
from core.errors import Conflict, InvalidInput
from core.ids import new_id
from db.models.access import person
from db.session import WriteSession


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

    Raises Conflict where the e-mail is taken (in any organization: it is the sign-in name).
    """
    actor.require(Permission.MEMBER_INVITE)
    actor.require_sight_of(organization_id)
    email = checked_email(email)
    check_new_password(password, email=email, allow_short=allow_short)
    if session.execute(select(person.c.id).where(person.c.email == email)).first():
        raise Conflict(f"There is already somebody with the e-mail {email}.", code="email_taken", field="email")
    made = new_id()
    session.execute(
        insert(person).values(
            id=made,
            organization_id=organization_id,
            email=email,
            name=name.strip() or email,
            role=role.value,
            password_hash=hash_password(password),
            demo=demo,
            created_at=now,
        )
    )
    after = {"email": email, "role": role.value}
    target = ("person", str(made))
    audit.record(session, actor, "person.created", target, now=now, organization_id=organization_id, after=after)
    return made


def checked_email(email: str) -> str:
    """Return the address in lower case, or raise InvalidInput."""
    email = email.strip().lower()
    local, at, host = email.partition("@")
    if not (local and at and "." in host) or any(c.isspace() or c in "<>,;:" for c in email) or len(email) > 254:
        raise InvalidInput("Give a full e-mail address, such as ada@example.com.", field="email")
    return email
