"""Why did this install fail at 10:03: the decision log of a license, and one decision made again."""

from datetime import datetime

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.licensing.decisions import Decision, decisions, replay
from core.licensing.reads import License
from pages.parts import columns, filters
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load, minute

_REFUSED = "Refused only"
_MOST = 200


def show(actor: Actor, held: License) -> None:
    """Draw the log; a selected row is decided again below it."""
    place = card("log", "Decisions", "What verification answered, and how often", height="content")
    with place.right:
        only = filters.at_most_one("Show", [_REFUSED], key="refused")
    with place.body:
        found = load(decisions, actor, held.install_id, now=minute(), limit=_MOST)
        shown = [each for each in found if only is None or not each.valid]
        if not shown:
            _nothing(asked=bool(found))
            return
        picked = _table(shown)
        if picked:
            _replay(shown[picked[0]])
        else:
            st.caption("Select a row to decide it again from what was known then.")


def _nothing(*, asked: bool) -> None:
    if asked:
        st.caption("Nothing was refused. Take the chip away to see every answer.")
    else:
        st.caption("Nobody has asked yet. The first phone home of an installation appears here within a second.")


def _table(shown: list[Decision]) -> list[int]:
    return columns.table(
        pd.DataFrame(
            {
                "at": [each.at for each in shown],
                "verdict": [["Valid" if each.valid else "Refused"] for each in shown],
                "code": [each.code for each in shown],
                "times": [each.times for each in shown],
                "last": [each.last_at for each in shown],
                "from": [_asked(each) for each in shown],
            }
        ),
        {
            "at": columns.moment("First"),
            "verdict": st.column_config.MultiselectColumn(
                "Answer", options=["Valid", "Refused"], color=["green", "red"], width=85
            ),
            "code": columns.text("Code", width=190),
            "times": columns.count("Times"),
            "last": columns.moment("Last"),
            "from": columns.text("Asked by", width=320),
        },
        key="log",
        alt="Decisions with the first and last time, the answer, its code, how often, and who asked.",
        select="one",
    )


def _asked(each: Decision) -> str:
    question = each.question
    known = [question.fingerprint, question.domain, question.version, "" if question.authenticated else "no secret"]
    return ", ".join(word for word in known if word)


def _replay(each: Decision) -> None:
    again = replay(each)
    when = say.moment(each.at)
    if again.agrees:
        st.success(
            f"Decided again from what was known on {say.plain(when)}, the answer is the same.", icon=":material/replay:"
        )
    else:
        st.warning(
            f"The checks have changed: today the answer would be {again.verdict.code.value}, not {each.code}.",
            icon=":material/replay:",
        )
    st.markdown(f"**{again.verdict.code.value}** {say.plain(again.verdict.detail)}")
    st.markdown("  \n".join(f":gray[{label}] {say.plain(value)}" for label, value in _known(each).items() if value))


def _known(each: Decision) -> dict[str, str]:
    """What the decision stood on."""
    state, question = each.state, each.question
    return {
        "Asked": _asked(each) or "by install id alone",
        "Seats in use": "" if question.seats is None else say.integer(question.seats),
        "Entitlements asked for": ", ".join(question.entitlements),
        "Tier then": f"{state.tier}, {state.term}",
        "Ends": _day(state.expires_at),
        "Suspended": _day(state.suspended_at),
        "Revoked": _day(state.revoked_at),
        "Domains allowed": ", ".join(state.domains),
        "Last check-in then": _day(state.last_check_in_at),
        "State version": say.integer(each.state_version),
    }


def _day(at: datetime | None) -> str:
    return "" if at is None else say.moment(at)
