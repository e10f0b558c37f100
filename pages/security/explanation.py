"""Why somebody may or may not do something: a role's 42 answers, and all roles side by side."""

import pandas as pd
import streamlit as st

from core.access.directory import Person
from core.access.explanations import explain
from core.access.permissions import ALLOWS, ROLE_PERMISSIONS, Permission, Role
from pages.parts import columns, filters
from pages.parts.cards import card


def for_person(each: Person, title: str) -> None:
    """List what a person's role allows, searchable: the answer to “why can't I”."""
    place = card("why", title, "Search for a word, such as “revoke”, to see why it is allowed or not.")
    with place.right:
        typed = filters.search("Why can't I …", key="why")
    answers = [one for one in explain(each.role) if typed.lower() in f"{one.permission} {one.words}".lower()]
    frame = pd.DataFrame(
        {
            "may": ["Yes" if one.allowed else "No" for one in answers],
            "permission": [one.permission.value for one in answers],
            "words": [one.words for one in answers],
        }
    )
    with place.body:
        columns.table(
            frame,
            {
                "may": columns.text("May", width=60),
                "permission": columns.text("Permission", width=190),
                "words": columns.text("Why", width="large"),
            },
            key="explained",
            alt=f"Each permission with whether {each.name} holds it and why.",
            height=330,
        )


def matrix() -> None:
    """Show which role holds which permission."""
    frame = pd.DataFrame(
        {
            "what": [ALLOWS[one].capitalize() for one in Permission],
            "permission": [one.value for one in Permission],
            **{role.value: ["✓" if one in ROLE_PERMISSIONS[role] else "" for one in Permission] for role in Role},
        }
    )
    with card("roles", "Roles and permissions", "Each role holds everything that the one below it holds.").body:
        shown = {role.value: columns.text(role.value.capitalize(), width=80) for role in Role}
        columns.table(
            frame,
            {"what": columns.text("May", width="large"), **shown, "permission": columns.text("Permission")},
            key="matrix",
            alt="The 42 permissions and which of the five roles hold them.",
            height="content",
        )
        st.caption("A manager invites members and viewers only; an admin changes people below admin only.")
