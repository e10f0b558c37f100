"""People: who may do what, who is signed in, and why somebody can't."""

from core.access.actor import Actor
from core.access.directory import Person, list_people
from core.access.permissions import ROLE_PERMISSIONS, Permission, Role
from pages.parts import columns, filters, session
from pages.parts import format as say
from pages.parts.cards import Definition, Tile, card, header, tiles
from pages.parts.load import load, minute
from pages.security import explanation, one_person, roster


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.MEMBER_READ)
    now = minute()
    people = load(list_people, actor, actor.organization_id, now=now)
    with header("People", "Who works here, what each may do, and who is signed in right now."):
        view = filters.one_of("View", ["People", "Roles"], key="view")
    tiles(_tiles(people))
    if view == "Roles":
        explanation.matrix()
        return
    with card("people", "People", "Select somebody to see their sessions and what they may do.").body:
        picked = columns.table(
            roster.frame(people, now),
            {
                "name": columns.text("Name", width="medium"),
                "email": columns.text("E-mail", width="medium"),
                "role": columns.text("Role"),
                "may": columns.text("May do", help="How many of the 42 permissions the role holds."),
                "state": columns.pills("status", "State"),
                "sessions": columns.count("Sessions", help="Browsers and scripts signed in right now."),
                "seen": columns.when("Last sign-in"),
            },
            key="roster",
            alt="People with their role, state, open sessions and last sign-in.",
            select="one",
        )
    if picked:
        one_person.show(actor, people[picked[0]], now)
    else:
        _own(actor, people)


def _own(actor: Actor, people: list[Person]) -> None:
    me = next((each for each in people if str(each.id) == actor.id), None)
    if me is not None:
        explanation.for_person(me, f"What you may do as {me.role.value}")


def _tiles(people: list[Person]) -> list[Tile]:
    active = [each for each in people if each.disabled_at is None]
    powerful = [each for each in active if each.role in {Role.OWNER, Role.ADMIN}]
    locked = [each for each in people if each.locked_until is not None]
    most = f"{len(ROLE_PERMISSIONS[Role.OWNER])} and {len(ROLE_PERMISSIONS[Role.ADMIN])} permissions"
    return [
        Tile("people", "People", say.integer(len(active)), note="who can sign in", definition=Definition(
            "People of this organization who are not disabled.")),
        Tile("powerful", "Owners and admins", say.integer(len(powerful)), note=most, definition=Definition(
            "People whose role lets them change roles, revoke licenses and read the audit trail.")),
        Tile("sessions", "Open sessions", say.integer(sum(each.sessions for each in people)), note="right now",
             definition=Definition("Sessions that are neither signed out nor expired, over all people.")),
        Tile("locked", "Locked out", say.integer(len(locked)), note="after wrong passwords", definition=Definition(
            "People who gave a wrong password five times in a row and must wait, at most an hour.")),
    ]  # fmt: skip
