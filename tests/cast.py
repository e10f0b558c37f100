"""The people that tests, demo and pictures share: five of the vendor, and Otto, who belongs to a customer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.access.actor import Actor, ActorKind, Realm, system_actor
from core.access.people import create_person
from core.access.permissions import ROLE_PERMISSIONS, Role
from core.ids import new_id
from core.organizations.writes import create_organization
from db.session import WriteSession

PASSWORD = "calos-demo-password"
ROLES = {
    "fiona": Role.OWNER,
    "adam": Role.ADMIN,
    "sam": Role.MANAGER,
    "mia": Role.MEMBER,
    "vera": Role.VIEWER,
}


@dataclass(frozen=True)
class Cast:
    """Each person as the actor they are once signed in, and the two organizations they belong to."""

    system: Actor
    fiona: Actor
    adam: Actor
    sam: Actor
    mia: Actor
    vera: Actor
    otto: Actor
    vendor: UUID
    globex: UUID

    def staff(self) -> tuple[Actor, ...]:
        """Return the vendor's five, most powerful first."""
        return (self.fiona, self.adam, self.sam, self.mia, self.vera)


def make_cast(session: WriteSession, now: datetime) -> Cast:
    """Create vendor, Globex and the six people, through the product's own writes."""
    builder = system_actor(new_id())
    vendor = create_organization(session, builder, "Calos", realm="vendor", now=now)
    system = system_actor(vendor)
    globex = create_organization(session, system, "Globex", now=now, country="DE")
    people = {name: _person(session, system, vendor, name, role, now) for name, role in ROLES.items()}
    otto = _person(session, system, globex, "otto", Role.ADMIN, now)
    return Cast(system=system, otto=otto, vendor=vendor, globex=globex, **people)


def _person(session: WriteSession, system: Actor, organization_id: UUID, name: str, role: Role, now: datetime) -> Actor:
    email = f"{name}@calos.test"
    made = create_person(
        session, system, organization_id, email, name.title(), role, PASSWORD, now=now, allow_short=True
    )
    realm: Realm = "vendor" if organization_id == system.organization_id else "customer"
    return Actor(ActorKind.USER, str(made), email, organization_id, realm, ROLE_PERMISSIONS[role], role=role.value)
