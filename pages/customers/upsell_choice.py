"""What the list of upsells is narrowed to: whose, how urgent, by which rule, and whether what sleeps is shown too."""

from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from core.culture.upsell_rules import RULES
from pages.parts import filters, pills
from pages.parts import format as say

ALL, MINE, NOBODYS = "Everybody's", "Mine", "Nobody's"
PRIORITIES: Final = ("HIGH", "MEDIUM", "LOW")
SNOOZED: Final = "Snoozed too"
_RULES: Final = tuple(rule.__name__ for rule in RULES)


@dataclass(frozen=True)
class Chosen:
    """The filters as they stand; `text` is a part of a customer's name or a whole install id."""

    whose: str
    priority: str | None
    rule: str | None
    snoozed: bool
    text: str

    @property
    def narrowed(self) -> bool:
        """Whether anything but the usual list is asked for."""
        return self.whose != ALL or self.priority is not None or self.rule is not None or bool(self.text)

    def as_read(self, me: str) -> dict[str, Any]:
        """The arguments of the read, for the person whose e-mail is `me`."""
        to = {ALL: None, MINE: me, NOBODYS: ""}[self.whose]
        return {"assigned_to": to, "priority": self.priority, "rule": self.rule, "snoozed": self.snoozed}

    def as_report(self, me: str) -> dict[str, Any]:
        """The same for the report of upsells, which finds customers by text, too."""
        return {**self.as_read(me), "text": self.text or None}


def controls(text: str, *, mine: bool) -> Chosen:
    """The row of filters; it begins with one's own list where one has any."""
    with st.container(horizontal=True, vertical_alignment="center", key="upsell-filters"):
        whose = filters.one_of("Whose", [MINE, ALL, NOBODYS], key="whose", default=MINE if mine else ALL)
        priority = filters.at_most_one(
            "Priority", PRIORITIES, key="priority", show=lambda each: pills.word("priority", each)
        )
        rule = filters.pick("Rule", _RULES, key="rule", show=say.phrase, placeholder="Any rule", width=190)
        also = filters.at_most_one("Also", [SNOOZED], key="also")
    return Chosen(whose, priority, rule, also is not None, text)
