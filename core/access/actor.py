"""Who acts: a person, an API key, an installation or the system itself; the first argument of every read and write."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from core.access.permissions import Permission
from core.errors import NotFound, NotPermitted
from db.session import SYSTEM, Tenancy

Realm = Literal["vendor", "customer"]


class ActorKind(StrEnum):
    """The four kinds that an audit entry can name."""

    USER = "user"
    API_KEY = "api_key"
    INSTALLATION = "installation"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """An authenticated caller with what it may do.

    `realm` tells vendor staff, who see all customers, from a customer's people, who see their own organization;
    `organization_id` is the organization acted for, `address` and `request_id` are for the audit trail.
    """

    kind: ActorKind
    id: str
    label: str
    organization_id: UUID
    realm: Realm
    permissions: frozenset[Permission]
    role: str = ""
    session_id: UUID | None = None
    address: str = ""
    request_id: str = ""

    def may(self, permission: Permission) -> bool:
        """Whether the permission is held."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise NotPermitted, in a sentence, unless the permission is held."""
        if permission not in self.permissions:
            raise NotPermitted(permission.denial(self.role or self.kind.value))

    def require_vendor(self) -> None:
        """Raise NotPermitted unless the actor is of the vendor: customers never see the vendor's console."""
        if self.realm != "vendor":
            raise NotPermitted(
                "This belongs to the vendor's console. Your own licenses and usage are in your portal.",
                code="vendor_only",
            )

    def require_sight_of(self, organization_id: UUID) -> None:
        """Raise NotFound unless the organization is the actor's own or the actor is of the vendor."""
        if self.realm != "vendor" and organization_id != self.organization_id:
            raise NotFound("There is no such organization, or you may not see it.")

    def require_hearing(self) -> None:
        """Raise NotPermitted unless it may hear what happens: at every customer for the vendor, else at its own."""
        self.require(Permission.CUSTOMER_READ if self.realm == "vendor" else Permission.ORGANIZATION_READ)

    def tenancy(self) -> Tenancy:
        """Return what row-level security lets this actor's transactions see."""
        if self.kind is ActorKind.SYSTEM:
            return SYSTEM
        return Tenancy("vendor" if self.realm == "vendor" else "customer", self.organization_id)


def system_actor(vendor_id: UUID, label: str = "Calos") -> Actor:
    """Return the actor for work nobody asked for by hand: jobs, start-up, the demo's own build."""
    return Actor(ActorKind.SYSTEM, "system", label, vendor_id, "vendor", frozenset(Permission), role="system")
