"""The people of the demo world: five of the vendor, and Otto of Globex."""

from dataclasses import dataclass

from core.access.permissions import Role


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
