"""The people of the demo world: five of the vendor, and Otto of Globex."""

from dataclasses import dataclass
from datetime import datetime

from core.access.actor import Actor, ActorKind
from core.access.directory import person_by_email
from core.access.permissions import ROLE_PERMISSIONS, Role
from db.session import ReadSession


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who can sign in to the demo world with the demo password."""

    email: str
    name: str
    role: Role
    title: str
    customer: str | None = None


PEOPLE = (
    DemoPerson("fiona@calos.test", "Fiona Fischer", Role.OWNER, "founder"),
    DemoPerson("adam@calos.test", "Adam Okafor", Role.ADMIN, "operations"),
    DemoPerson("sam@calos.test", "Sam Silva", Role.MANAGER, "sales"),
    DemoPerson("mia@calos.test", "Mia Larsen", Role.MEMBER, "support"),
    DemoPerson("vera@calos.test", "Vera Novak", Role.VIEWER, "investor"),
    DemoPerson("otto@calos.test", "Otto Brandt", Role.ADMIN, "admin of Globex", customer="Globex"),
)


def acting(session: ReadSession, actor: Actor, title: str, *, now: datetime) -> Actor:
    """Return one of the vendor's people as who acts; `actor` looks them up."""
    them = next(one for one in PEOPLE if one.title == title)
    found = person_by_email(session, actor, them.email, now=now)
    allowed = frozenset(ROLE_PERMISSIONS[them.role])
    return Actor(
        ActorKind.USER, str(found.id), them.email, actor.organization_id, "vendor", allowed, role=them.role.value
    )
