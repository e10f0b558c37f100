"""Why somebody may or may not do something, in words: what People answers to "why can't I"."""

from typing import NamedTuple

from core.access.actor import Realm
from core.access.permissions import ALLOWS, ROLE_PERMISSIONS, Permission, Role

# What the holder of a permission is still held to (core/access/standing.py).
_LIMITS = {
    (Role.MANAGER, Permission.MEMBER_INVITE): "as members and viewers",
    (Role.ADMIN, Permission.MEMBER_UPDATE_ROLE): "below admin",
    (Role.ADMIN, Permission.MEMBER_REMOVE): "below admin",
    (Role.ADMIN, Permission.MEMBER_INVITE): "below admin",
}


class Explained(NamedTuple):
    """One permission, whether it is held, and why or why not in a sentence."""

    permission: Permission
    allowed: bool
    words: str


def explain(role: Role, *, realm: Realm = "vendor") -> list[Explained]:
    """Return all 42 permissions for somebody with this role, in the catalogue's order."""
    return [_explained(role, permission, realm) for permission in Permission]


def _explained(role: Role, permission: Permission, realm: Realm) -> Explained:
    what = ALLOWS[permission]
    if permission not in ROLE_PERMISSIONS[role]:
        others = " and ".join(_plural(one) for one in Role if permission in ROLE_PERMISSIONS[one])
        return Explained(permission, False, f"{_plural(role).capitalize()} may not {what}; {others} may.")
    limit = _LIMITS.get((role, permission))
    where = "" if realm == "vendor" else ", within their own organization"
    return Explained(
        permission, True, f"{_plural(role).capitalize()} may {what}{f' ({limit})' if limit else ''}{where}."
    )


def _plural(role: Role) -> str:
    return f"{role.value}s"
