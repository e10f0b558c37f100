"""People: who may do what, who is signed in, and why somebody can't."""

import streamlit as st

from core.access.actor import Actor
from core.access.directory import Person, list_people
from core.access.permissions import ROLE_PERMISSIONS, Permission, Role
from pages.parts import columns, filters, session
from pages.parts import format as say
from pages.parts.cards import Definition, Tile, card, header, tiles
from pages.parts.load import load, present
from pages.security import explanation, one_person, roster


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.MEMBER_READ)
    now = present()
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
                "factor": columns.text("Second factor", help="Nobody can set one up in this version of Calos."),
                "state": columns.pills("status", "State"),
                "sessions": columns.count("Sessions", help="Browsers and scripts signed in right now."),
                "seen": columns.when("Last sign-in"),
            },
            key="roster",
            alt="People with their role, state, open sessions and last sign-in.",
            select="one",
        )
    chosen = people[picked[0]] if picked else _named(people)
    if chosen is not None:
        one_person.show(actor, chosen, now)
    else:
        _own(actor, people)


def _named(people: list[Person]) -> Person | None:
    """Return whom the address names: a link from elsewhere leads to one person."""
    return next((each for each in people if str(each.id) == st.query_params.get("person")), None)


def _own(actor: Actor, people: list[Person]) -> None:
    me = next((each for each in people if str(each.id) == actor.id), None)
    if me is not None:
        explanation.for_person(me, f"What you may do as {me.role.value}")


def _tiles(people: list[Person]) -> list[Tile]:
    active = [each for each in people if each.disabled_at is None]
    powerful = [each for each in active if each.role in {Role.OWNER, Role.ADMIN}]
    locked = sum(each.locked_until is not None for each in people)
    most = f"{len(ROLE_PERMISSIONS[Role.OWNER])} and {len(ROLE_PERMISSIONS[Role.ADMIN])} permissions"
    return [
        Tile("people", "People", say.integer(len(active)),
             note=f"can sign in; {locked} locked out" if locked else "can sign in, nobody locked out",
             definition=Definition("People of this organization who are not disabled. Five wrong passwords in a row "
                                   "lock somebody out, at most for an hour.")),
        Tile("powerful", "Owners and admins", say.integer(len(powerful)), note=most, definition=Definition(
            "People whose role lets them change roles, revoke licenses and read the audit trail.")),
        Tile("factor", "Without a second factor", say.integer(len(active)), note="none can be set up yet",
             definition=Definition("People who sign in by password alone. This version of Calos has no second factor "
                                   "to offer; the security score counts that.")),
        Tile("sessions", "Open sessions", say.integer(sum(each.sessions for each in people)), note="right now",
             definition=Definition("Sessions that are neither signed out nor expired, over all people.")),
    ]  # fmt: skip
